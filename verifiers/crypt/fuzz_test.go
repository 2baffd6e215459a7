package crypt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/verifiers/crypt"
)

// FuzzParse: the mistakes of a line are some of source.Diagnostics that don't quote the hash, and
// a line without mistakes is a user by its name, who may be one that can't log on.
func FuzzParse(f *testing.F) {
	for _, hash := range teaHashes {
		f.Add("ann", hash)
	}
	f.Add("ann", "!")
	f.Add("#ann", "$6$rounds=99999999999999999999")
	f.Add("ann", "{CRYPT}$6$rounds=")
	f.Add("an\xffn\r", "$y$j9T$")
	f.Add("", "{SSHA}")
	const tail = "Q8x/7zK"
	f.Fuzz(func(t *testing.T, name, hash string) {
		for _, hash := range []string{hash, hash + tail} {
			users, err := crypt.Parse("shadow", strings.NewReader(name+":"+hash+":1000"))
			if err != nil {
				list, ok := err.(source.Diagnostics)
				if !ok || len(list) == 0 || len(list) > 50 || users != nil || strings.HasSuffix(hash, tail) && !strings.Contains(name, tail) && strings.Contains(err.Error(), tail) {
					t.Fatalf("%q, %q: %v, %v", name, hash, users, err)
				}
				continue
			}
			if strings.ContainsAny(name+hash, "\n:") || strings.HasPrefix(name, "#") {
				continue // other lines or fields, or a comment
			}
			id, err := users.Identity(t.Context(), name)
			if err == nil && id.Name != name || err != nil && !errors.Is(err, auth.ErrBadCredentials) {
				t.Fatalf("%q, %q: %+v, %v", name, hash, id, err)
			}
		}
	})
}
