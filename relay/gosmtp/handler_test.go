package gosmtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
)

// strictly serves a backend with relay.Server.
func strictly(t *testing.T, backend smtp.Backend, change func(*relay.Server)) *world {
	w := &world{t: t, mailbox: new(mailbox)}
	if m, ok := backend.(*mailbox); ok {
		w.mailbox = m
	}
	certificate, _ := issue(t, "hub.contoso.com")
	server := &relay.Server{Policy: compile(t, internet()), Handler: &gosmtp.Handler{Backend: backend}, Verifier: users, Certificates: []tls.Certificate{certificate}}
	if change != nil {
		change(server)
	}
	l, err := w.network.Listen(hub)
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { _ = server.Close() })
	return w
}

// A backend runs behind the strict server: it hears what the policy allows.
func TestHandler(t *testing.T) {
	m := new(mailbox)
	w := strictly(t, m, nil)
	c := w.hello(stranger)
	c.Do("MAIL FROM:<someone@example.com>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 550)
	c.Do(`RCPT TO:<"k m"@contoso.com>`, 250)
	if text := send(c, message, 250); !strings.Contains(text, "Queued mail for delivery") {
		t.Errorf("accepted with %q", text)
	}
	c.Do("MAIL FROM:<>", 250)
	c.Do("RSET", 250)
	if got := m.last(t); got.from != "someone@example.com" || !strings.HasPrefix(got.data, "Received: from client.example.com") || !strings.HasSuffix(got.data, message) {
		t.Errorf("%+v", got)
	}
	want := []string{"session", "mail someone@example.com", `rcpt "k m"@contoso.com`, "data", "reset", "logout", "session", "mail ", "logout"}
	if got := m.noted(); !slices.Equal(got, want) {
		t.Errorf("calls: %q", got)
	}
}

// Errors of a backend are its replies, and nothing else reaches the client.
func TestHandlerErrors(t *testing.T) {
	m := new(mailbox)
	var answer error
	m.session = func() error { return answer }
	m.rcpt, m.data = func(string) error { return answer }, func(letter) error { return answer }
	c := strictly(t, m, nil).hello(stranger)
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 2, 1}, Message: "Mailbox disabled"}, "550 5.2.1 Mailbox disabled"},
		{fmt.Errorf("store: %w", &smtp.SMTPError{Code: 452, Message: "Mailbox full"}), "452 4.0.0 Mailbox full"},
		{&smtp.SMTPError{Code: 450, EnhancedCode: smtp.NoEnhancedCode, Message: "Busy"}, "450 Busy"},
		{errors.New("pq: secret"), "451 4.3.0 Temporary server error. Please try again later"},
		{&smtp.SMTPError{Code: 250, Message: "taken"}, "451 4.3.0 Temporary server error. Please try again later"},
	} {
		said := func(what string) {
			t.Helper()
			if code, text := c.Reply(); fmt.Sprint(code, " ", text) != tc.want {
				t.Errorf("%s, %v: %d %s", what, tc.err, code, text)
			}
		}
		answer = tc.err
		c.Send("MAIL FROM:<>")
		said("MAIL")
		answer = nil
		c.Do("MAIL FROM:<>", 250)
		answer = tc.err
		c.Send("RCPT TO:<" + inside + ">")
		said("RCPT")
		answer = nil
		c.Do("RCPT TO:<"+inside+">", 250)
		c.Do("DATA", 354)
		answer = tc.err
		c.SendRaw(message + ".\r\n")
		said("DATA")
	}
	if n := len(m.all()); n != 0 {
		t.Errorf("%d messages were accepted", n)
	}
}

// An LMTPSession answers for each recipient. The client gets 250 because of one of them.
func TestHandlerLMTP(t *testing.T) {
	m := new(mailbox)
	var full []string
	m.lmtp = func(l letter, status smtp.StatusCollector) error {
		for _, to := range l.to {
			if slices.Contains(full, to) {
				status.SetStatus(to, &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 2, 2}, Message: "Mailbox full"})
			}
		}
		return nil
	}
	reports := 0
	w := strictly(t, m, func(s *relay.Server) {
		s.Reports = relay.HandlerFunc(func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
			reports++
			_, err := io.Copy(io.Discard, body)
			return err
		})
	})
	c := w.hello(stranger)
	for _, tc := range []struct {
		full          []string
		code, reports int
	}{{nil, 250, 0}, {[]string{amy}, 250, 1}, {[]string{amy, inside}, 552, 1}} {
		full = tc.full
		c.Do("MAIL FROM:<someone@example.com>", 250)
		c.Do("RCPT TO:<"+amy+">", 250)
		c.Do("RCPT TO:<"+inside+">", 250)
		send(c, message, tc.code)
		if reports != tc.reports {
			t.Errorf("%q: %d reports", tc.full, reports)
		}
	}
}

// witness is a backend that notes what it can learn of a transaction.
type witness struct {
	*mailbox
	conn *smtp.Conn
	seen []string
}

func (w *witness) NewSession(c *smtp.Conn) (smtp.Session, error) {
	w.conn = c
	return &witnessed{visit{mailbox: w.mailbox}, w}, nil
}

type witnessed struct {
	visit
	of *witness
}

func (v *witnessed) Mail(from string, opts *smtp.MailOptions) error {
	w, env := v.of, gosmtp.EnvelopeOf(v.of.conn)
	who := ""
	if env != nil {
		who = env.User
	} else {
		who = gosmtp.SessionOf(w.conn).Identity().Name
	}
	w.seen = append(w.seen, fmt.Sprint(w.conn.Hostname(), " ", w.conn.Conn().RemoteAddr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Addr(), " ", who, " ", *opts))
	return nil
}

func (v *witnessed) Rcpt(_ string, opts *smtp.RcptOptions) error {
	v.of.seen = append(v.of.seen, fmt.Sprint(opts.Notify, opts.OriginalRecipientType, opts.OriginalRecipient))
	return nil
}

func (v *witnessed) Data(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }

// A session learns who the client is, and the parameters of MAIL and RCPT, behind
// relay.Server and behind a Backend.
func TestWhatSessionsLearn(t *testing.T) {
	behind := &witness{mailbox: new(mailbox)}
	middle := newWorld(t, internet())
	after := &witness{mailbox: new(mailbox)}
	middle.backend.Next, middle.server.EnableDSN = after, true
	middle.start()
	for w, got := range map[*world]*witness{strictly(t, behind, nil): behind, middle: after} {
		c := w.encrypted(stranger)
		c.Do("AUTH PLAIN "+plain(amy, password), 235)
		c.Do("MAIL FROM:<"+amy+"> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=a+2Bb", 250)
		c.Do("RCPT TO:<"+inside+"> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;kim+2Bx@contoso.com", 250)
		send(c, strings.Replace(message, "someone@example.com", amy, 1), 250)
		want := []string{"client.example.com 203.0.113.9 amy@contoso.com {8BITMIME 1000 false false HDRS a+b <nil>}", "[SUCCESS FAILURE]RFC822kim+x@contoso.com"}
		if !slices.Equal(got.seen, want) {
			t.Errorf("%q", got.seen)
		}
	}
	if gosmtp.EnvelopeOf(after.conn) != nil {
		t.Error("a Backend's client has an envelope")
	}
}
