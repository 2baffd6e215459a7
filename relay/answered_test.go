package relay_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
)

// answers returns the events of connections and commands, each in a few words.
func (r *recorder) answers() (list []string) {
	for _, e := range r.list() {
		switch e.Kind {
		case event.ConnectionBegun, event.TLSBegun:
			list = append(list, e.Kind.String())
		case event.CommandAnswered:
			text := fmt.Sprintf("%s %d %v", e.Command, e.Code, e.Reason)
			if e.Mechanism != "" {
				text += " " + e.Mechanism
			}
			if e.ID != "" {
				text += fmt.Sprintf(" %d to %d", e.Size, e.Recipients)
			}
			list = append(list, text)
		}
	}
	return list
}

// TestCommandAnswered: each command has one event with its code and the reason of its answer, whether the
// policy, the SMTP server or the Handler has decided, and also with an explanation.
func TestCommandAnswered(t *testing.T) {
	for _, explained := range []bool{false, true} {
		read := new(recorder)
		w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
			s.Events, s.Explain = []event.Reader{read.read}, func(string) bool { return explained }
		})
		c := w.client(stranger, hub)
		c.Do("MAIL FROM:<>", 503)
		c.Do("FROB", 500)
		c.Do("EHLO client.contoso.com", 250)
		c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
		c.Do("EHLO client.contoso.com", 250)
		c.Do("AUTH PLAIN "+plain(userName, "wrong"), 535)
		c.Do("AUTH FROB", 504)
		c.Do("AUTH PLAIN "+plain(userName, password), 235)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
		send(c, "From: "+userName+"\r\n\r\nHello.\r\n", 250)
		c.Do("MAIL FROM:<"+userName+">", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 250)
		c.Send("BDAT 100", "RSET") // broken off: RSET is content, and the client goes
		c.Close()
		w.waitForEnd()
		got := strings.Join(read.answers(), "; ")
		for _, want := range []string{
			"connection begun; MAIL 503 send-hello-first; ", " 500 unrecognized-command; EHLO 250 hello-ok; ", "TLS begun; STARTTLS 0 ", "AUTH 535 bad-credentials PLAIN; ",
			"AUTH 504 mechanism-not-offered; AUTH 235 login-ok PLAIN; MAIL 250 sender-ok; RCPT 250 recipient-ok; DATA 250 message-ok ", " to 1; MAIL 250 ", "; BDAT 0 ",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("explained %v: %q lacks %q", explained, got, want)
			}
		}
	}
}

// TestCommandAnsweredTimes: a message takes as long as its transfer and the Handler, and the client is held for
// as long as the Handler takes after its end. Waiting for the client's command doesn't count.
func TestCommandAnsweredTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := new(recorder)
		w := serve(t, policy(t, fromAnonymousGateway(anyRecipient())), func(s *relay.Server) {
			s.Events = []event.Reader{read.read}
			s.Handler = slow{s.Handler}
		})
		c := w.hello(gateway, hub)
		time.Sleep(20 * time.Second)
		c.Do("MAIL FROM:<a@contoso.com>", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		c.Do("DATA", 354)
		c.Send("Subject: x", "")
		time.Sleep(3 * time.Second)
		c.Send("Hello.", ".")
		c.Expect(250)
		c.Do("QUIT", 221)
		w.waitForEnd()
		all := read.list()
		at := slices.IndexFunc(all, func(e event.Event) bool { return e.Kind == event.CommandAnswered && e.Command == "DATA" })
		mail := slices.IndexFunc(all, func(e event.Event) bool { return e.Kind == event.CommandAnswered && e.Command == "MAIL" })
		accepted := slices.IndexFunc(all, func(e event.Event) bool { return e.Kind == event.MessageAccepted })
		if accepted < 0 || all[accepted].Held != 2*time.Second {
			t.Errorf("%+v", all)
		}
		if at < 0 || all[at].Duration != 5*time.Second || all[at].Held != 2*time.Second || mail < 0 || all[mail].Duration != 0 {
			t.Errorf("%+v", all)
		}
	})
}

// slow is a Handler that needs two seconds for a whole message.
type slow struct{ relay.Handler }

func (h slow) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	tx, err := h.Handler.Begin(ctx, env)
	return slowTransaction{tx}, err
}

// TestPanicIsTold: a reader of events can tell a panic from a lost connection.
func TestPanicIsTold(t *testing.T) {
	read := new(recorder)
	w := serve(t, policy(t, fromAnonymousGateway(anyRecipient())), func(s *relay.Server) {
		s.Events = []event.Reader{read.read}
		s.Hooks = []relay.Hooks{{Mail: func(context.Context, *relay.Envelope) (context.Context, error) { panic("boom") }}}
	})
	c := w.hello(gateway, hub)
	c.Do("MAIL FROM:<a@contoso.com>", 421)
	w.stop()
	all := read.list()
	if !slices.ContainsFunc(all, func(e event.Event) bool {
		return e.Kind == event.ConnectionEnded && errors.Is(e.Err, relay.ErrPanic)
	}) {
		t.Errorf("%+v", all)
	}
}

type slowTransaction struct{ relay.Transaction }

func (tx slowTransaction) Deliver(ctx context.Context, body io.Reader) (relay.Receipt, error) {
	r, err := tx.Transaction.Deliver(ctx, body)
	time.Sleep(2 * time.Second)
	return r, err
}
