package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	mail "github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/routing"
)

// archive is a recipient that Hooks add.
const archive = "archive@contoso.com"

func recipient(a string) envelope.Recipient {
	return envelope.Recipient{To: routing.MustParseAddress(a)}
}

// TestHooksChangeEnvelope: the Handler gets the sender and the recipients that Hooks have left, in a
// transaction that has them from its beginning.
func TestHooksChangeEnvelope(t *testing.T) {
	otherOnly := func(r envelope.Recipient) bool { return r.To.String() == inside }
	for _, tc := range []struct {
		name   string
		change func(env *relay.Envelope, m *mail.Message) error
		code   int
		want   string // sender, recipients, body type and SMTPUTF8 of the message; "": no message
		calls  string // of the Handler
		logged string
	}{
		{"nothing", func(*relay.Envelope, *mail.Message) error { return nil }, 250,
			elsewhere + " [" + inside + " kim@fabrikam.com] 7BIT false", "begin rcpt rcpt deliver close", "message accepted"},
		{"a new header", func(_ *relay.Envelope, m *mail.Message) error { return m.Header().Append("X: y") }, 250,
			elsewhere + " [" + inside + " kim@fabrikam.com] 7BIT false", "begin rcpt rcpt deliver close", "message accepted"},
		{"the sender", func(env *relay.Envelope, _ *mail.Message) error {
			env.From = routing.MustParseAddress("scanner@fabrikam.com")
			return nil
		}, 250, "scanner@fabrikam.com [" + inside + " kim@fabrikam.com] 7BIT false", "begin rcpt rcpt close begin rcpt rcpt deliver close", "from=scanner@fabrikam.com"},
		{"the null sender", func(env *relay.Envelope, _ *mail.Message) error { env.From = routing.Address{}; return nil }, 250,
			" [" + inside + " kim@fabrikam.com] 7BIT false", "begin rcpt rcpt close begin rcpt rcpt deliver close", ""},
		{"one more recipient", func(env *relay.Envelope, _ *mail.Message) error {
			env.To = append(env.To, recipient(archive))
			return nil
		}, 250, elsewhere + " [" + inside + " kim@fabrikam.com " + archive + "] 7BIT false", "begin rcpt rcpt close begin rcpt rcpt rcpt deliver close", "to=" + archive},
		{"one recipient less", func(env *relay.Envelope, _ *mail.Message) error {
			env.To = slices.DeleteFunc(env.To, otherOnly)
			return nil
		}, 250, elsewhere + " [kim@fabrikam.com] 7BIT false", "begin rcpt rcpt close begin rcpt deliver close", `msg="recipient removed"`},
		{"no recipients", func(env *relay.Envelope, _ *mail.Message) error { env.To = nil; return nil }, 250, "", "begin rcpt rcpt close", `msg="recipient removed"`},
		{"a recipient with UTF-8", func(env *relay.Envelope, _ *mail.Message) error {
			env.To = []envelope.Recipient{recipient("gr\u00fcn@fabrikam.com")}
			return nil
		}, 250, elsewhere + " [gr\u00fcn@fabrikam.com] 7BIT true", "begin rcpt rcpt close begin rcpt deliver close", ""},
		{"a body with 8 bits", func(_ *relay.Envelope, m *mail.Message) error { return m.SetBody(strings.NewReader("gr\u00fcn\n")) }, 250,
			elsewhere + " [" + inside + " kim@fabrikam.com] 8BITMIME false", "begin rcpt rcpt close begin rcpt rcpt deliver close", ""},
		{"what a hook may not change", func(env *relay.Envelope, _ *mail.Message) error {
			env.ID, env.User = "x", "y"
			return nil
		}, 250, elsewhere + " [" + inside + " kim@fabrikam.com] 7BIT false", "begin rcpt rcpt deliver close", "message accepted"},
		{"an added recipient that is refused", func(env *relay.Envelope, _ *mail.Message) error {
			env.To = append(env.To, recipient("refused@contoso.com"))
			return nil
		}, 451, "", "begin rcpt rcpt close begin rcpt rcpt rcpt close", "recipient refused@contoso.com, which Hooks have added: 550"},
		{"no address", func(env *relay.Envelope, _ *mail.Message) error {
			env.To = append(env.To, envelope.Recipient{})
			return nil
		}, 451, "", "begin rcpt rcpt close", "not a valid address"},
		{"a change and an error", func(env *relay.Envelope, _ *mail.Message) error {
			env.To = nil
			return errors.New("broken")
		}, 451, "", "begin rcpt rcpt close", "to=kim@fabrikam.com"},
		{"a large header", func(_ *relay.Envelope, m *mail.Message) error {
			return m.Header().Append("X: y" + strings.Repeat("\r\n\txxxxxxxx", 1<<10))
		}, 552, "", "begin rcpt rcpt close", "message refused"},
		{"a large body", func(_ *relay.Envelope, m *mail.Message) error {
			return m.SetBody(strings.NewReader(strings.Repeat("xxxxxxxx\r\n", 10<<10)))
		}, 552, "", "begin rcpt rcpt close", "message refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := defaultHub()
			r.MaxHeaderSize, r.MaxMessageSize = 8<<10, 64<<10
			calls := &counting{mailbox: new(mailbox)}
			w := serve(t, policy(t, r), func(s *relay.Server) {
				s.Handler = calls
				s.Hooks = seeing(func(_ context.Context, env *relay.Envelope, m *mail.Message) error { return tc.change(env, m) })
			})
			c := w.hello(stranger, hub)
			c.Do("MAIL FROM:<"+elsewhere+">", 250)
			c.Do("RCPT TO:<"+inside+">", 250)
			c.Do("RCPT TO:<kim@fabrikam.com>", 250)
			send(c, message, tc.code)
			c.Do("RSET", 250)
			got := ""
			for _, l := range calls.letters() {
				var to []string
				for _, r := range l.env.To {
					to = append(to, r.To.String())
				}
				got = fmt.Sprint(l.env.From, " ", to, " ", l.env.Body, " ", l.env.UTF8)
			}
			if got != tc.want {
				t.Errorf("the Handler got %q, want %q", got, tc.want)
			}
			if got := strings.Join(calls.all, " "); got != tc.calls {
				t.Errorf("calls %q, want %q", got, tc.calls)
			}
			if !strings.Contains(w.log.String(), tc.logged) {
				t.Errorf("the log lacks %q:\n%s", tc.logged, w.log.String())
			}
		})
	}
}

// counting is a mailbox that notes what it is called for, and refuses a recipient.
type counting struct {
	*mailbox
	all []string
}

func (c *counting) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	if c.all = append(c.all, "begin"); len(env.To) > 0 {
		return nil, errors.New("the transaction begins with recipients")
	}
	tx, err := c.mailbox.Begin(ctx, env)
	return &countingTransaction{tx, c}, err
}

type countingTransaction struct {
	relay.Transaction
	c *counting
}

func (tx *countingTransaction) Rcpt(ctx context.Context, rcpt envelope.Recipient) error {
	tx.c.all = append(tx.c.all, "rcpt")
	if rcpt.To.Local() == "refused" {
		return &relay.Error{Reply: replyOf(550, "No such user")}
	}
	return tx.Transaction.Rcpt(ctx, rcpt)
}

func (tx *countingTransaction) Deliver(ctx context.Context, body io.Reader) (relay.Receipt, error) {
	tx.c.all = append(tx.c.all, "deliver")
	return tx.Transaction.Deliver(ctx, body)
}

func (tx *countingTransaction) Close() {
	tx.c.all = append(tx.c.all, "close")
	tx.Transaction.Close()
}
