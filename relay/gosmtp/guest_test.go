package gosmtp_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
)

// members is a backend as it is written for a go-smtp server: with users of its own, and no mail
// without a logon.
type members struct {
	mechanism string
	answer    error // of the check of a password

	mu    sync.Mutex
	lines []string
}

func (m *members) note(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

func (m *members) noted() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

func (m *members) NewSession(c *smtp.Conn) (smtp.Session, error) {
	m.note("session %s %s %s", c.Hostname(), c.Conn().LocalAddr(), strings.Split(c.Conn().RemoteAddr().String(), ":")[0])
	return &member{m: m, c: c}, nil
}

// member is a session of members.
type member struct {
	m    *members
	c    *smtp.Conn
	user string
}

func (s *member) AuthMechanisms() []string { return []string{s.m.mechanism} }

func (s *member) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, secret string) error {
		if s.m.answer != nil {
			return s.m.answer
		}
		if user != amy || secret != password {
			return errors.New("wrong password")
		}
		s.user = user
		return nil
	}
	if mechanism == sasl.Plain {
		return sasl.NewPlainServer(func(_, user, secret string) error { return check(user, secret) }), nil
	}
	return &loginServer{check: check}, nil
}

// loginServer is the server's side of LOGIN.
type loginServer struct {
	check func(user, secret string) error
	asked int
	user  string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch l.asked++; l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

func (s *member) Mail(from string, _ *smtp.MailOptions) error {
	if s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.m.note("mail %s by %s, TLS %v", from, s.user, gosmtp.EnvelopeOf(s.c).TLS != nil)
	return nil
}

func (s *member) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s *member) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	s.m.note("data")
	return err
}

func (s *member) Reset() { s.m.note("reset") }

func (s *member) Logout() error { s.m.note("logout %s", s.user); return nil }

// ownUsers makes the Server ask a backend for everything, its users too.
func ownUsers(h *gosmtp.Handler) func(*relay.Server) {
	return func(s *relay.Server) { s.Handler, s.Verifier, s.Hooks = h, h, []relay.Hooks{h.Hooks()} }
}

// TestOwnUsers: a backend with users of its own runs behind relay.Server unchanged. The session that
// accepts the password is that of all transactions, and ends with the connection.
func TestOwnUsers(t *testing.T) {
	for _, mechanism := range []string{auth.Plain, auth.Login} {
		m := &members{mechanism: mechanism}
		w := strictly(t, m, ownUsers(&gosmtp.Handler{Backend: m}))
		c := w.encrypted(stranger)
		c.Do("MAIL FROM:<"+amy+">", 502)
		c.Do("AUTH PLAIN "+plain(amy, "guess"), 535)
		c.Do("AUTH PLAIN "+plain(amy, password), 235)
		for range 2 {
			c.Do("MAIL FROM:<"+amy+">", 250)
			c.Do("RCPT TO:<"+inside+">", 250)
			send(c, strings.Replace(message, "someone@example.com", amy, 1), 250)
		}
		c.Do("MAIL FROM:<"+amy+">", 250)
		c.Do("RSET", 250)
		c.Do("QUIT", 221)
		session, mail := "session client.example.com "+hub+" "+stranger, "mail "+amy+" by "+amy+", TLS true"
		want := []string{session, "logout ", session, "logout ", session, mail, "data", "reset", mail, "data", "reset", mail, "reset", "logout " + amy}
		for end := time.Now().Add(10 * time.Second); len(m.noted()) < len(want) && time.Now().Before(end); {
			runtime.Gosched()
		}
		if got := m.noted(); !slices.Equal(got, want) {
			t.Errorf("%s: calls\n%s\nwant\n%s", mechanism, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestOwnUsersFails: what isn't a wrong password is the server's trouble, and a Handler without its Hooks
// lets no user log on.
func TestOwnUsersFails(t *testing.T) {
	temporary := &smtp.SMTPError{Code: 454, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "The directory is away"}
	for name, tc := range map[string]struct {
		backend smtp.Backend
		change  func(*gosmtp.Handler, *relay.Server)
		code    int
	}{
		"temporary":             {&members{mechanism: auth.Plain, answer: temporary}, nil, 454},
		"permanent":             {&members{mechanism: auth.Plain, answer: smtp.ErrAuthFailed}, nil, 535},
		"without Hooks":         {&members{mechanism: auth.Plain}, func(_ *gosmtp.Handler, s *relay.Server) { s.Hooks = nil }, 454},
		"other mechanisms":      {&members{mechanism: "GSSAPI"}, nil, 454},
		"sessions without AUTH": {new(mailbox), nil, 454},
		"not identified": {&members{mechanism: auth.Plain}, func(h *gosmtp.Handler, _ *relay.Server) {
			h.Identify = func(smtp.AuthSession) (auth.Identity, error) { return auth.Identity{}, errors.New("no such person") }
		}, 454},
		"identified": {&members{mechanism: auth.Plain}, func(h *gosmtp.Handler, _ *relay.Server) {
			h.Identify = func(s smtp.AuthSession) (auth.Identity, error) {
				return auth.Identity{Principal: permission.Authenticated("x" + s.(*member).user)}, nil
			}
		}, 235},
	} {
		h := &gosmtp.Handler{Backend: tc.backend}
		w := strictly(t, tc.backend, func(s *relay.Server) {
			if ownUsers(h)(s); tc.change != nil {
				tc.change(h, s)
			}
		})
		c := w.encrypted(stranger)
		c.Send("AUTH PLAIN " + plain(amy, password))
		if code, text := c.Reply(); code != tc.code {
			t.Errorf("%s: %d %s, want %d", name, code, text, tc.code)
		}
	}
}
