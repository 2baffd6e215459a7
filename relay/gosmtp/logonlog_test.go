package gosmtp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
)

// A refused logon is logged as relay.Server logs it: with the user name that was tried, in
// printable text of a bounded length, and never with the password.
func TestRefusedLogonIsLogged(t *testing.T) {
	w := newWorld(t, internet())
	w.backend.Verifier = auth.VerifierFunc(func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
		if c.Password == "guess-3" {
			return auth.Identity{}, errors.New("the directory is away")
		}
		return auth.Identity{}, auth.ErrBadCredentials
	})
	w.start()
	for _, row := range []struct {
		user, password string
		code           int
		want           []string
	}{
		{"scan\nner=x@fabrikam.com", "guess-1", 535, []string{"level=INFO", `tried="scan<0A>ner=x@fabrikam.com" reason=bad-credentials`}},
		{strings.Repeat("u", 200), "guess-2", 535, []string{"level=INFO", "tried=" + strings.Repeat("u", 64) + " "}},
		{"app@fabrikam.com", "guess-3", 454, []string{"level=ERROR", "tried=app@fabrikam.com", `error="the directory is away"`}},
	} {
		w.encrypted(stranger).Do("AUTH PLAIN "+plain(row.user, row.password), row.code)
		w.logs(append(row.want, `msg="command refused" connector=Internet remote=203.0.113.9:`, "command=AUTH")...)
		if log := w.log.String(); strings.Contains(log, row.password) {
			t.Errorf("the password is in the log:\n%s", log)
		}
	}
}

// A client that is refused without end doesn't fill the disk.
func TestRefusedLogonsAreLoggedWithinBounds(t *testing.T) {
	in := internet()
	in.MaxLogonFailures = param.Value(0)
	w := serve(t, in)
	c := w.encrypted(stranger)
	for range 120 {
		c.Send("AUTH PLAIN " + plain(amy, "guess"))
		c.Reply()
	}
	if n := strings.Count(w.log.String(), "tried="+amy); n != 100 {
		t.Errorf("%d lines", n)
	}
}
