package relay_test

import (
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// The tests of this file have the client of go-smtp talk to the relay: what this
// project's server says must mean the same to software that others wrote. That
// client knows neither pipelining nor BDAT; package smtpclient has the tests in the
// other direction, which use both.

// peer connects go-smtp's client from an address.
func (w *world) peer(from string) *smtp.Client {
	c := smtp.NewClient(w.dial(from, hub))
	w.t.Cleanup(func() { c.Close() })
	return c
}

// peerTLS is peer under TLS.
func (w *world) peerTLS(from string) *smtp.Client {
	w.t.Helper()
	c, err := smtp.NewClientStartTLS(w.dial(from, hub), &tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return c
}

// everyExtension serves the hub of the guide with every extension.
func everyExtension(t *testing.T) *world {
	r := defaultHub()
	r.SmtpUtf8Enabled = param.Value(true)
	r.SizeEnabled = param.SizeEnabled
	return serve(t, policy(t, r), nil)
}

// refusedWith checks that err is go-smtp's form of a reply.
func refusedWith(t *testing.T, err error, code int, enhanced smtp.EnhancedCode) {
	t.Helper()
	var refusal *smtp.SMTPError
	if !errors.As(err, &refusal) || refusal.Code != code || refusal.EnhancedCode != enhanced {
		t.Errorf("%v, want %d %v", err, code, enhanced)
	}
}

func TestPeerReadsExtensions(t *testing.T) {
	w := everyExtension(t)
	plain, encrypted := w.peer(stranger), w.peerTLS(stranger)
	for _, row := range []struct {
		keyword, parameter string
		onlyBefore         bool // before TLS
		onlyUnder          bool // under TLS
	}{
		{keyword: "SIZE", parameter: "37748736"}, {keyword: "PIPELINING"}, {keyword: "DSN"}, {keyword: "ENHANCEDSTATUSCODES"},
		{keyword: "8BITMIME"}, {keyword: "BINARYMIME"}, {keyword: "CHUNKING"}, {keyword: "SMTPUTF8"},
		{keyword: "STARTTLS", onlyBefore: true}, {keyword: "AUTH", parameter: "LOGIN PLAIN", onlyUnder: true},
	} {
		for _, c := range []struct {
			*smtp.Client
			want bool
		}{{plain, !row.onlyUnder}, {encrypted, !row.onlyBefore}} {
			got, parameter := c.Extension(row.keyword)
			if got != c.want || got && parameter != row.parameter {
				t.Errorf("%s: %v %q", row.keyword, got, parameter)
			}
		}
	}
	if size, ok := plain.MaxMessageSize(); !ok || size != 37748736 {
		t.Errorf("size %d", size)
	}
}

func TestPeerSends(t *testing.T) {
	w := everyExtension(t)
	c := w.peer(stranger)
	var got string
	for i, body := range []string{"Hello.\r\n", ".\r\n..\r\n.x\r\n", "Grüße\r\n", strings.Repeat(strings.Repeat("x", 76)+"\r\n", 20_000)} {
		message := "From: <" + elsewhere + ">\r\nSubject: x\r\n\r\n" + body
		if err := c.Mail(elsewhere, &smtp.MailOptions{Body: smtp.Body8BitMIME, Size: int64(len(message))}); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt(inside, nil); err != nil {
			t.Fatal(err)
		}
		data, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(data, message); err != nil {
			t.Fatal(err)
		}
		r, err := data.CloseWithResponse()
		if err != nil || !strings.Contains(r.StatusText, "Queued mail for delivery") {
			t.Fatalf("%+v, %v", r, err)
		}
		letters := w.mailbox.letters()
		if len(letters) != i+1 {
			t.Fatalf("%d messages, want %d", len(letters), i+1)
		}
		last := letters[i]
		if _, got, _ = strings.Cut(last.data, "\r\n\r\n"); got != body {
			t.Errorf("the body of message %d changed", i)
		}
		if last.env.Body != envelope.EightBitMIME || last.env.Size != int64(len(message)) {
			t.Errorf("declared %v, %d bytes", last.env.Body, last.env.Size)
		}
	}
	for _, err := range []error{c.Noop(), c.Reset(), c.Quit()} {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestPeerAsksForReports(t *testing.T) {
	w := everyExtension(t)
	c := w.peer(stranger)
	if err := c.Mail("käte@bücher.example", &smtp.MailOptions{UTF8: true, Return: smtp.DSNReturnHeaders, EnvelopeID: "order 17+4"}); err != nil {
		t.Fatal(err)
	}
	for address, options := range map[string]*smtp.RcptOptions{
		inside: {Notify: []smtp.DSNNotify{smtp.DSNNotifySuccess, smtp.DSNNotifyDelayed},
			OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: "amy+old@fabrikam.com"},
		"jürgen@fabrikam.com": {Notify: []smtp.DSNNotify{smtp.DSNNotifyNever},
			OriginalRecipientType: smtp.DSNAddressTypeUTF8, OriginalRecipient: "jürgen@alt.example"},
	} {
		if err := c.Rcpt(address, options); err != nil {
			t.Fatal(err)
		}
	}
	data, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(data, "Subject: Grüße\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	e := w.mailbox.last(t).env
	if id, _ := envelope.DecodeXtext(e.EnvID); !e.UTF8 || e.From.String() != "käte@xn--bcher-kva.example" || e.Return != envelope.ReturnHeader || id != "order 17+4" {
		t.Errorf("envelope %+v", e.Envelope)
	}
	for _, r := range e.To {
		kind, original, _ := envelope.DecodeORcpt(r.ORcpt)
		switch r.To.String() {
		case inside:
			if r.Notify != envelope.NotifySuccess|envelope.NotifyDelay || !strings.EqualFold(kind, "rfc822") || original != "amy+old@fabrikam.com" {
				t.Errorf("recipient %+v", r)
			}
		case "jürgen@fabrikam.com":
			if r.Notify != envelope.NotifyNever || !strings.EqualFold(kind, "utf-8") || original != "jürgen@alt.example" {
				t.Errorf("recipient %+v", r)
			}
		default:
			t.Errorf("recipient %v", r.To)
		}
	}
}

func TestPeerLogsOn(t *testing.T) {
	w := everyExtension(t)
	for name, credentials := range map[string]sasl.Client{
		"PLAIN": sasl.NewPlainClient("", userName, password), "LOGIN": sasl.NewLoginClient(userName, password),
	} {
		c := w.peerTLS(stranger)
		if !c.SupportsAuth(name) {
			t.Errorf("%s is not offered", name)
		}
		if err := c.Auth(credentials); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.SendMail(userName, []string{elsewhere}, strings.NewReader("Subject: x\r\n\r\n")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, l := range w.mailbox.letters() {
		if l.env.User != userName || l.env.TLS == nil {
			t.Errorf("from %q, TLS %v", l.env.User, l.env.TLS != nil)
		}
	}
	refusedWith(t, w.peerTLS(stranger).Auth(sasl.NewPlainClient("", userName, "guess")), 535, smtp.EnhancedCode{5, 7, 3})
}

func TestPeerIsRefused(t *testing.T) {
	w := everyExtension(t)
	c := w.peer(stranger)
	if err := c.Hello("client.contoso.com"); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, c.Rcpt(inside, nil), 503, smtp.EnhancedCode{5, 5, 2})
	refusedWith(t, c.Mail(elsewhere, &smtp.MailOptions{Size: 1 << 40}), 552, smtp.EnhancedCode{5, 3, 4})
	if err := c.Mail(elsewhere, nil); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, c.Rcpt(elsewhere, nil), 550, smtp.EnhancedCode{5, 7, 54})
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
}
