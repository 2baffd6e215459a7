package mutation

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/connector/param"
)

// ends are the first and the last address of a range.
type ends struct{ low, high netip.Addr }

// span returns the range as first-last.
func (e ends) span() param.Range {
	return param.MustParseRange(e.low.String() + "-" + e.high.String())
}

// mapped returns an IPv4 range as IPv4-mapped IPv6 addresses.
func (e ends) mapped() param.Range {
	return param.MustParseRange("::ffff:" + e.low.String() + "-::ffff:" + e.high.String())
}
