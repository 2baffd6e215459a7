package relay_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// verify starts a server whose connector takes Basic authentication in the
// clear, which makes dialogs short.
func verify(t *testing.T, f auth.VerifierFunc) *world {
	t.Helper()
	r := defaultHub()
	r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
	r.PermissionGroups = param.Value(permission.ExchangeUsers)
	return serve(t, policy(t, r), func(s *relay.Server) { s.Verifier = f })
}

// What the client hears of what a Verifier says.
func TestVerifierAnswers(t *testing.T) {
	yes := auth.Identity{Principal: permission.Authenticated(userName)}
	for _, c := range []struct {
		name string
		id   auth.Identity
		err  error
		code int
		text string
	}{
		{"yes", yes, nil, 235, "2.7.0 Authentication successful"},
		{"no", auth.Identity{}, auth.ErrBadCredentials, 535, "5.7.3 Authentication unsuccessful"},
		{"no, with a reason", auth.Identity{}, fmt.Errorf("%w: %s", auth.ErrBadCredentials, secretDSN), 535, "5.7.3 Authentication unsuccessful"},
		{"no, and an identity", yes, auth.ErrBadCredentials, 535, ""},
		{"can't say", auth.Identity{}, errors.New(secretDSN), 454, "4.7.0 Temporary authentication failure"},
		{"success without an identity", auth.Identity{}, nil, 535, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := verify(t, func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) { return c.id, c.err })
			client := w.hello(stranger, hub)
			text := client.Do("AUTH PLAIN "+plain(userName, password), c.code)
			if c.text != "" && text != c.text {
				t.Errorf("got %q, want %q", text, c.text)
			}
			mail := 250
			if c.code != 235 {
				mail = 530
			}
			client.Do("MAIL FROM:<>", mail)
			// A verifier that answers neither yes nor no is broken: one line says so.
			failed := strings.Count(w.log.String(), `level=ERROR msg="command refused"`)
			if all := strings.Count(w.log.String(), "level=ERROR"); (failed == 1) != (c.code == 454) || failed != all {
				t.Errorf("%d errors in the log, %d of AUTH:\n%s", all, failed, w.log)
			}
			if strings.Contains(w.log.String(), password) {
				t.Error("the password is in the log")
			}
		})
	}
}

// Login without the right to submit is no login.
func TestLoginWithoutSubmit(t *testing.T) {
	r := defaultHub()
	r.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
	r.PermissionGroups = param.Value(permission.AnonymousUsers)
	c := serve(t, policy(t, r), nil).hello(stranger, hub)
	c.Do("AUTH PLAIN "+plain(userName, password), 535)
	c.Do("MAIL FROM:<>", 250) // anonymous as before
}

// The Verifier gets the channel and the credentials.
func TestVerifierSeesChannelAndCredentials(t *testing.T) {
	var seen auth.Credentials
	var channel auth.Channel
	w := verify(t, func(_ context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
		seen, channel = c, ch
		return auth.Identity{}, auth.ErrBadCredentials
	})
	c := w.encrypted(stranger, hub)
	c.Do("AUTH LOGIN", 334)
	c.Do(base64.StdEncoding.EncodeToString([]byte("a user")), 334)
	c.Do(base64.StdEncoding.EncodeToString([]byte("a password")), 535)
	if seen.Username != "a user" || string(seen.Password) != "a password" || seen.Mechanism != "LOGIN" {
		t.Errorf("credentials %s %s", seen.Mechanism, seen.Username)
	}
	if !channel.TLS || channel.Remote.Addr().String() != stranger || channel.Local != at(hub) {
		t.Errorf("channel %+v", channel)
	}
}

// A wrong password is logged with the user name that was tried, in printable
// text of a bounded length, and never itself. A token of some kilobytes is a
// password like others.
func TestTriedUserIsLogged(t *testing.T) {
	w := verify(t, func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
		if len(c.Password) == 9000 {
			return auth.Identity{}, errors.New("the directory is away")
		}
		return auth.Identity{}, auth.ErrBadCredentials
	})
	for _, row := range []struct {
		user, password string
		code           int
		want           string
	}{
		{"scan\nner=x@fabrikam.com", "guess-1", 535, `tried="scan<0A>ner=x@fabrikam.com"`},
		{strings.Repeat("u", 200), "guess-2", 535, "tried=" + strings.Repeat("u", 64) + " "},
		{"app@fabrikam.com", strings.Repeat("t", 9000), 454, "tried=app@fabrikam.com"},
	} {
		c := w.hello(stranger, hub)
		c.Do("AUTH PLAIN "+plain(row.user, row.password), row.code)
		if log := w.log.String(); !strings.Contains(log, row.want) || strings.Contains(log, row.password) {
			t.Errorf("log lacks %s, or has the password:\n%s", row.want, log)
		}
	}
}

// A password that isn't checked, because of too many guesses from other connections, is logged
// with the user name too.
func TestTriedUserOfTooManyGuesses(t *testing.T) {
	w := verify(t, func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
		return auth.Identity{}, auth.ErrBadCredentials
	})
	for i := range 11 {
		c := w.hello(stranger, hub)
		c.Do("AUTH PLAIN "+plain(fmt.Sprintf("user%d@fabrikam.com", i), "guess"), []int{535, 454}[i/10])
	}
	if log := w.log.String(); !strings.Contains(log, "reason=too-many-guesses") || !strings.Contains(log, "tried=user10@fabrikam.com") {
		t.Errorf("the log lacks the guess that wasn't checked:\n%s", log)
	}
}

// A Verifier that hangs is given up.
func TestVerifierTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := verify(t, func(ctx context.Context, _ auth.Credentials, _ auth.Channel) (auth.Identity, error) {
			<-ctx.Done()
			return auth.Identity{}, ctx.Err()
		})
		c := w.hello(stranger, hub)
		start := time.Now()
		c.Send("AUTH PLAIN " + plain(userName, password))
		c.Conn.SetDeadline(time.Time{})
		buf := make([]byte, 200)
		n, err := c.Conn.Read(buf)
		if err != nil || !strings.HasPrefix(string(buf[:n]), "454 ") {
			t.Errorf("got %q, %v", buf[:n], err)
		}
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("after %v", took)
		}
		relaytest.NewClient(t, c.Conn).Do("NOOP", 250)
	})
}
