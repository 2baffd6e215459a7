package relay_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	mail "github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

type contextKey string

// diary keeps what Hooks were asked.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

// hooks returns Hooks that write into the diary under a name, and refuse at a phase.
func (d *diary) hooks(name, refuse string) relay.Hooks {
	ask := func(phase, about string) error {
		d.add("%s %s %s", name, phase, about)
		if phase == refuse {
			return &relay.Error{Reply: replyOf(554, "Refused at "+phase)}
		}
		return nil
	}
	return relay.Hooks{
		Connect: func(ctx context.Context, c *relay.Conn) (context.Context, error) {
			return context.WithValue(ctx, contextKey(name), c.Remote.Addr()), ask("connect", c.Inbound.Name())
		},
		Hello: func(_ context.Context, c *relay.Conn) error { return ask("hello", c.Helo) },
		Login: func(_ context.Context, c *relay.Conn, user auth.Identity) error {
			return ask("login", user.Principal.Name+c.User)
		},
		Mail: func(ctx context.Context, env *relay.Envelope) (context.Context, error) {
			return context.WithValue(ctx, contextKey(name+"mail"), env.From), ask("mail", fmt.Sprint(ctx.Value(contextKey(name))))
		},
		Rcpt: func(ctx context.Context, env *relay.Envelope, rcpt envelope.Recipient) error {
			return ask("rcpt", fmt.Sprint(ctx.Value(contextKey(name+"mail")), " ", rcpt.To, " ", len(env.To)))
		},
		Done: func(ctx context.Context, env *relay.Envelope, r relay.Result) {
			d.add("%s done %v %d %v %v", name, ctx.Value(contextKey(name)), r.Reply.Code, r.Size > 0, r.Err != nil)
		},
	}
}

// TestHooks asks two Hooks, and lets the first refuse at each phase: then neither the
// second nor the Handler is asked.
func TestHooks(t *testing.T) {
	all := []string{
		"a connect Default HubA", "b connect Default HubA", "a hello client.example.com", "b hello client.example.com",
		"a mail " + stranger, "b mail " + stranger, "handler mail",
		"a rcpt " + elsewhere + " " + inside + " 0", "b rcpt " + elsewhere + " " + inside + " 0", "handler rcpt",
		"a done " + stranger + " 250 true false", "b done " + stranger + " 250 true false",
	}
	for _, phase := range []string{"", "connect", "hello", "mail", "rcpt"} {
		t.Run("refused at "+phase, func(t *testing.T) {
			var d diary
			w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
				s.Hooks = []relay.Hooks{d.hooks("a", phase), d.hooks("b", "")}
				s.Handler = &noting{new(mailbox), &d}
			})
			client := relaytest.NewClient(t, w.dial(stranger, hub))
			want := func(at string, code int) int {
				if at == phase {
					return 554
				}
				return code
			}
			client.Expect(want("connect", 220))
			if phase != "connect" {
				client.Do("EHLO client.example.com", want("hello", 250))
			}
			if phase != "connect" && phase != "hello" {
				client.Do("MAIL FROM:<"+elsewhere+">", want("mail", 250))
			}
			if phase == "" || phase == "rcpt" {
				client.Do("RCPT TO:<"+inside+">", want("rcpt", 250))
			}
			if phase == "" {
				send(client, message, 250)
			}
			client.Close()
			if phase != "connect" {
				w.waitForEnd()
			}
			expected := slices.Clone(all)
			if phase != "" {
				i := slices.IndexFunc(all, func(s string) bool { return strings.HasPrefix(s, "a "+phase) })
				expected = slices.Clone(all[:i+1])
				switch phase {
				case "mail":
					expected = append(expected, "a done "+stranger+" 554 false true")
				case "rcpt":
					expected = append(expected, "a done "+stranger+" 0 false false", "b done "+stranger+" 0 false false")
				}
			}
			if got := d.take(); !slices.Equal(got, expected) {
				t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(expected, "\n"))
			}
		})
	}
}

// noting is a Handler that writes its calls into a diary.
type noting struct {
	*mailbox
	d *diary
}

func (n *noting) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	n.d.add("handler mail")
	tx, err := n.mailbox.Begin(ctx, env)
	return &notingTransaction{tx, n.d}, err
}

type notingTransaction struct {
	relay.Transaction
	d *diary
}

func (tx *notingTransaction) Rcpt(ctx context.Context, rcpt envelope.Recipient) error {
	tx.d.add("handler rcpt")
	return tx.Transaction.Rcpt(ctx, rcpt)
}

// TestLoginHook refuses a user whose password is right: the client isn't logged on. An
// error without a reply is a temporary failure of the logon.
func TestLoginHook(t *testing.T) {
	for _, tc := range []struct {
		err  error
		code int
	}{
		{&relay.Error{Reply: reply.Reply{Code: 535, Enhanced: [3]int{5, 7, 8}, Text: "Not from there"}}, 535},
		{errors.New(secretDSN), 454},
		{nil, 235},
	} {
		w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
			s.Hooks = []relay.Hooks{{Login: func(context.Context, *relay.Conn, auth.Identity) error { return tc.err }}}
		})
		c := w.encrypted(stranger, hub)
		text := c.Do("AUTH PLAIN "+plain(userName, password), tc.code)
		if strings.Contains(text, "hunter2") {
			t.Errorf("the client reads %q", text)
		}
		if tc.err != nil {
			c.Do("MAIL FROM:<>", 250)
			c.Do("RCPT TO:<"+elsewhere+">", 550) // as a stranger
		}
	}
}

// TestConnContext checks which context Hooks, Verifier, Handler and Logger get, and that
// it ends with the Server.
func TestConnContext(t *testing.T) {
	type key string
	var seen sync.Map
	note := func(who string, ctx context.Context) {
		seen.Store(who, fmt.Sprint(ctx.Value(key("listener")), " ", ctx.Value(key("conn"))))
	}
	var ended context.Context
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.BaseContext = func(l net.Listener) context.Context {
			return context.WithValue(context.Background(), key("listener"), l.Addr().String())
		}
		s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, key("conn"), c.RemoteAddr().(*net.TCPAddr).IP.String())
		}
		s.Verifier = auth.VerifierFunc(func(ctx context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
			note("verifier", ctx)
			return users{}.Verify(ctx, c, ch)
		})
		s.Hooks = []relay.Hooks{{Hello: func(ctx context.Context, _ *relay.Conn) error { note("hook", ctx); return nil }}}
		s.Handler = relay.HandlerFunc(func(ctx context.Context, _ *relay.Envelope, body io.Reader) error {
			note("handler", ctx)
			ended = ctx
			_, err := io.Copy(io.Discard, body)
			return err
		})
		s.Logger = slog.New(contextHandler{s.Logger.Handler(), func(ctx context.Context, r slog.Record) { note("log: "+r.Message, ctx) }})
	})
	c := w.encrypted(stranger, hub)
	c.Do("AUTH PLAIN "+plain(userName, password), 235)
	c.Do("MAIL FROM:<"+userName+">", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	send(c, "Subject: x\r\n\r\nx\r\n", 250)
	c.Close()
	w.waitForEnd()
	for _, who := range []string{"hook", "verifier", "handler", "log: message accepted", "log: connection ended"} {
		if got, _ := seen.Load(who); got != "0.0.0.0:25 "+stranger {
			t.Errorf("%s has the context of %v", who, got)
		}
	}
	if ended.Err() == nil {
		t.Error("the context of the connection hasn't ended with it")
	}
}

// contextHandler shows the context of each record.
type contextHandler struct {
	slog.Handler
	see func(context.Context, slog.Record)
}

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	h.see(ctx, r)
	return h.Handler.Handle(ctx, r)
}

// TestRefusedAtTheEnd: a Handler that takes a message for some recipients only has a
// report sent about the others, and refuses the message if it takes it for none.
func TestRefusedAtTheEnd(t *testing.T) {
	full := &relay.Error{Reply: reply.Reply{Code: 552, Enhanced: [3]int{5, 2, 2}, Text: "Mailbox full"}}
	for _, tc := range []struct {
		name    string
		from    string
		notify  string
		refuse  []string
		code    int
		reports int
	}{
		{"one of two", elsewhere, "", []string{inside}, 250, 1},
		{"both", elsewhere, "", []string{inside, "kim@fabrikam.com"}, 552, 0},
		{"null sender", "", "", []string{inside}, 250, 0},
		{"NOTIFY=NEVER", elsewhere, " NOTIFY=NEVER", []string{inside}, 250, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			reports := new(mailbox)
			var result relay.Result
			w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
				s.Handler, s.Reports = quota{tc.refuse, full}, reports
				s.Hooks = []relay.Hooks{{Done: func(_ context.Context, _ *relay.Envelope, r relay.Result) { result = r }}}
			})
			c := w.hello(stranger, hub)
			c.Do("MAIL FROM:<"+tc.from+">", 250)
			c.Do("RCPT TO:<"+inside+">"+tc.notify, 250)
			c.Do("RCPT TO:<kim@fabrikam.com>", 250)
			text := send(c, message, tc.code)
			if tc.code == 250 && text != "2.6.0 In the mailbox" {
				t.Errorf("the client reads %q", text)
			}
			c.Close()
			w.waitForEnd()
			if taken := result.Receipt.Text != ""; taken != (tc.code == 250) || result.Reply.Code != tc.code {
				t.Errorf("the hooks see %+v", result)
			}
			all := reports.letters()
			if len(all) != tc.reports {
				t.Fatalf("%d reports, want %d", len(all), tc.reports)
			}
			if tc.reports > 0 {
				l := all[0]
				if !l.env.Report || !l.env.From.IsNull() || l.env.To[0].To.String() != elsewhere ||
					!strings.Contains(l.data, "Final-Recipient: rfc822; "+inside) || !strings.Contains(l.data, "552 5.2.2 Mailbox full") ||
					!strings.Contains(l.data, "Subject: ") || strings.Contains(l.data, "kim@") {
					t.Errorf("report to %v:\n%s", l.env.To, l.data)
				}
			}
		})
	}
}

// quota is a Handler that refuses recipients at the end of the message.
type quota struct {
	full []string
	err  error
}

func (q quota) Begin(context.Context, *relay.Envelope) (relay.Transaction, error) {
	return &quotaTransaction{quota: q}, nil
}

type quotaTransaction struct {
	quota
	to []envelope.Recipient
}

func (tx *quotaTransaction) Rcpt(_ context.Context, rcpt envelope.Recipient) error {
	tx.to = append(tx.to, rcpt)
	return nil
}

func (tx *quotaTransaction) Deliver(_ context.Context, body io.Reader) (relay.Receipt, error) {
	_, err := io.Copy(io.Discard, body)
	r := relay.Receipt{Text: "In the mailbox"}
	for _, rcpt := range tx.to {
		if slices.Contains(tx.full, rcpt.To.String()) {
			r.Refused = append(r.Refused, relay.Refused{Recipient: rcpt, Err: tx.err})
		}
	}
	return r, err
}

func (*quotaTransaction) Close() {}

// TestWhatHooksKnow: Hooks know the client's rights, which address it has called, and by which
// TLS, without a logon and with one.
func TestWhatHooksKnow(t *testing.T) {
	d := new(diary)
	bypasses := func(rights permission.Set) bool { return rights.Has(permission.BypassAntiSpam) }
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.Hooks = []relay.Hooks{{
			Hello: func(_ context.Context, c *relay.Conn) error {
				d.add("hello %v %v", c.TLS, bypasses(c.Rights))
				return nil
			},
			Rcpt: func(_ context.Context, env *relay.Envelope, _ envelope.Recipient) error {
				d.add("rcpt %v %v %v", env.Local, env.TLS != nil && env.TLS.HandshakeComplete, bypasses(env.Rights))
				return nil
			},
			Message: func(_ context.Context, env *relay.Envelope, _ *mail.Message) error {
				d.add("message %v %s %s", bypasses(env.Rights), env.Helo, env.Inbound.Fqdn())
				return nil
			},
		}}
	})
	c := w.hello(stranger, hub)
	c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	c.Do("EHLO client.contoso.com", 250)
	c.Do("AUTH PLAIN "+plain(userName, password), 235)
	c.Do("MAIL FROM:<"+userName+">", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	send(c, strings.Replace(message, inside, userName, 1), 250)
	c = w.hello(stranger, hub)
	c.Do("MAIL FROM:<"+elsewhere+">", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	want := []string{"hello false false", "hello true false", "rcpt " + hub + " true true", "message true client.contoso.com " + hubName,
		"hello false false", "rcpt " + hub + " false false"}
	if got := d.take(); !slices.Equal(got, want) {
		t.Errorf("Hooks saw\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
