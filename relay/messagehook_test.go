package relay_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
	mail "github.com/interchange-smtp/interchange/relay/message"
)

// seeing returns a Hooks with Message only.
func seeing(f func(context.Context, *relay.Envelope, *mail.Message) error) []relay.Hooks {
	return []relay.Hooks{{Message: f}}
}

// TestMessageHook: Hooks read the whole message twice and change its header, behind the
// inbound firewall and with this server's Received field; the Handler gets the result.
func TestMessageHook(t *testing.T) {
	for _, size := range []int{10, 600 << 10} { // in memory, in a file
		var seen string
		w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
			s.Hooks = append(seeing(func(_ context.Context, env *relay.Envelope, m *mail.Message) error {
				for range 2 {
					all, err := io.ReadAll(m.Open())
					if err != nil {
						return err
					}
					seen = string(all)
				}
				m.Header().Drop("X-Forged")
				return m.Header().Prepend("Authentication-Results: " + hubName + "; none")
			}), seeing(func(_ context.Context, env *relay.Envelope, m *mail.Message) error {
				if !m.Header().Has("authentication-results") || m.Header().Has("X-Forged") || len(env.To) != 1 {
					return errors.New("the second Hooks don't see what the first did")
				}
				return nil
			})...)
		})
		c := w.hello(stranger, hub)
		c.Do("MAIL FROM:<"+elsewhere+">", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		send(c, "X-MS-Exchange-Organization-SCL: -1\r\nX-Forged: yes\r\n"+message+strings.Repeat("xxxxxxxx\r\n", size/10), 250)
		got := w.mailbox.last(t).data
		if !strings.HasPrefix(got, "Authentication-Results: "+hubName+"; none\r\nReceived: from ") || strings.Contains(got, "X-Forged") {
			t.Errorf("the handler got %.300q", got)
		}
		if !strings.HasPrefix(seen, "Received: from ") || !strings.Contains(seen, "X-Forged: yes") || strings.Contains(seen, "SCL") {
			t.Errorf("the hook saw %.300q", seen)
		}
		if _, body, _ := strings.Cut(got, "X-Forged"); len(body) != 0 {
			t.Error("the field is still there")
		}
	}
}

// TestMessageHookRefuses: the Handler gets no message that Hooks refuse, and none that the
// client doesn't finish or that is too large reaches the Hooks.
func TestMessageHookRefuses(t *testing.T) {
	asked := 0
	r := defaultHub()
	r.MaxMessageSize = 100 << 10
	w := serve(t, policy(t, r), func(s *relay.Server) {
		s.Hooks = seeing(func(context.Context, *relay.Envelope, *mail.Message) error {
			asked++
			return &relay.Error{Reply: replyOf(554, "Content refused")}
		})
	})
	c := w.begin()
	if text := send(c, message, 554); text != "5.1.1 Content refused" {
		t.Errorf("the client reads %q", text)
	}
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	send(c, message+strings.Repeat("xxxxxxxx\r\n", 20<<10), 552)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("DATA", 354)
	c.Send("Subject: x")
	c.Close()
	w.waitForEnd()
	if n := len(w.mailbox.letters()); n > 0 || asked != 1 {
		t.Errorf("%d messages, Hooks asked %d times, want 1", n, asked)
	}
}

// TestMessageHookUnread: a Handler that doesn't read the message to its end can't accept it,
// with Hooks as without.
func TestMessageHookUnread(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.Hooks = seeing(func(context.Context, *relay.Envelope, *mail.Message) error { return nil })
		s.Handler = relay.HandlerFunc(func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			_, err := io.ReadFull(body, make([]byte, 10))
			return err
		})
	})
	send(w.begin(), message, 451)
}
