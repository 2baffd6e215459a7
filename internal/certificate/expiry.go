package certificate

import (
	"crypto/tls"
	"time"
)

// Expiry returns when the first of some certificates expires; zero without certificates. Those
// that can't be read don't count.
func Expiry(all []tls.Certificate) (first time.Time) {
	for i := range all {
		leaf, err := leafOf(&all[i])
		if err == nil && (first.IsZero() || leaf.NotAfter.Before(first)) {
			first = leaf.NotAfter
		}
	}
	return first
}
