package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// invoice is mail of an application.
func invoice(to ...string) dispatch.Mail {
	m := dispatch.Mail{From: routing.MustParseAddress("billing@contoso.com"), EnvID: "invoice-7"}
	for _, a := range to {
		m.To = append(m.To, envelope.Recipient{To: routing.MustParseAddress(a)})
	}
	return m
}

// TestFate: an application learns by the ID that one recipient has its mail, and that the
// other was refused and reported.
func TestFate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, tr := tracked(t)
		home := w.home()
		sink := w.sink("192.0.2.1", &relaytest.Sink{Script: func(s relaytest.Stage, arg string) string {
			if s == relaytest.StageRcpt && strings.Contains(arg, "unknown") {
				return "550 5.1.1 no such user"
			}
			return ""
		}}, "b.example")
		id, err := w.d.Enqueue(context.Background(), invoice("kim@b.example", "unknown@b.example"), strings.NewReader("Subject: Invoice 7\n\nPlease pay 5 \u20ac.\n"))
		if err != nil || id == "" {
			t.Fatalf("%q, %v", id, err)
		}
		time.Sleep(time.Minute)
		var got []string
		for _, e := range tr.all() {
			if e.ID != id {
				continue
			}
			got = append(got, fmt.Sprint(e.Kind, " ", e.To))
			if e.EnvID != "invoice-7" {
				t.Errorf("%v has the envelope ID %q", e.Kind, e.EnvID)
			}
			if e.Kind == event.Delivered && (e.Reply != "250 2.0.0 OK: queued" || e.Host != "b.example" || e.TLS != 0 || e.Delay != 0 || e.Attempts != 1) ||
				e.Kind == event.Refused && e.Reply != "550 5.1.1 no such user" ||
				e.Kind == event.MessageAccepted && (e.Recipients != 2 || e.MessageID == "") {
				t.Errorf("%+v", e)
			}
		}
		want := "[message accepted kim@b.example message accepted unknown@b.example delivered kim@b.example refused unknown@b.example delivery report queued billing@contoso.com]"
		if fmt.Sprint(got) != want {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if sent := tr.ids(event.ReportSent); len(sent) != 1 || len(home.Messages()) != 1 {
			t.Errorf("reports sent: %q", sent)
		}
		mails := sink.Messages()
		if len(mails) != 1 {
			t.Fatalf("%d messages", len(mails))
		}
		text := string(mails[0].Data)
		if mails[0].Body != "8BITMIME" {
			t.Errorf("BODY=%s", mails[0].Body)
		}
		for _, line := range []string{"Subject: Invoice 7\r\n", "\r\n\r\nPlease pay 5 \u20ac.\r\n", "From: <billing@contoso.com>\r\n", "Message-ID: <" + id + "@", "Date: "} {
			if !strings.Contains(text, line) {
				t.Errorf("%q is not in %q", line, text)
			}
		}
		if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
			t.Errorf("bare line feeds: %q", text)
		}
	})
}

// TestEnqueueRefuses: what can't be delivered is refused at once, and nothing is queued.
func TestEnqueueRefuses(t *testing.T) {
	limited := byDNS()
	limited.MaxMessageSize = 4 * param.KB
	w := newWorld(t, config(limited))
	lost := errors.New("lost")
	ok := "Subject: s\r\n\r\ntext\r\n"
	bad := invoice("kim@b.example")
	bad.EnvID = "two words"
	for name, tc := range map[string]struct {
		mail dispatch.Mail
		text string
		want string
	}{
		"no recipients": {invoice(), ok, "the mail has no recipients"},
		"no address":    {dispatch.Mail{To: make([]envelope.Recipient, 2)}, ok, "recipient 1 of 2: not a valid address"},
		"envelope ID":   {bad, ok, "xtext"},
		"bare CR":       {invoice("kim@b.example"), "Subject: s\n\na\rb\n", "line 3 has a carriage return without a line feed"},
		"NUL":           {invoice("kim@b.example"), "Subject: s\n\n\x00\n", "line 3 has a NUL byte"},
		"too large":     {invoice("kim@b.example"), ok + strings.Repeat("0123456\n", 1000), "5.3.4"},
		"header":        {invoice("kim@b.example"), strings.Repeat("X-A: b\n", 100_000), "the header is larger than allowed"},
	} {
		id, err := w.d.Enqueue(context.Background(), tc.mail, strings.NewReader(tc.text))
		if err == nil || id != "" || !strings.Contains(errorText(err), tc.want) {
			t.Errorf("%s: %q, %v; want %q", name, id, err, tc.want)
		}
	}
	if _, err := w.d.Enqueue(context.Background(), invoice("kim@b.example"), iotest.ErrReader(lost)); !errors.Is(err, lost) {
		t.Errorf("a broken reader: %v", err)
	}
	if _, err := new(dispatch.Dispatcher).Enqueue(context.Background(), invoice("kim@b.example"), strings.NewReader(ok)); !errors.Is(err, dispatch.ErrStopped) {
		t.Errorf("not started: %v", err)
	}
	if q := w.queued(); q != "" {
		t.Errorf("queued: %q", q)
	}
}

// errorText returns the text of err with the whole reply in it.
func errorText(err error) string {
	text := err.Error()
	if e := new(relay.Error); errors.As(err, &e) {
		text += " " + e.Reply.String()
	}
	return text
}

// TestLocalLines: lines that end in LF, of a message that no Server received, become CRLF, however it can
// be read; what can't be mended is refused at once.
func TestLocalLines(t *testing.T) {
	sources := map[string]func(string) io.Reader{
		"source": func(s string) io.Reader { return strings.NewReader(s) },
		"stream": func(s string) io.Reader { return io.MultiReader(strings.NewReader(s)) },
	}
	long := strings.Repeat("x\n", 300_000)
	for name, source := range sources {
		for _, tc := range []struct{ body, want, reply string }{
			{letter, letter, "250"},
			{strings.ReplaceAll(letter, "\r\n", "\n"), letter, "250"},
			{letter + long, letter + strings.ReplaceAll(long, "\n", "\r\n"), "250"},
			{letter + "a\rb\r\n", "", "550 5.6.11"},
			{letter + "\x00\r\n", "", "550 5.6.11"},
			{letter + long + "\x00\r\n", "", "550 5.6.11"},
		} {
			bubble(t, func(t *testing.T) {
				box := &double{}
				w := newWorld(t, config(byDNS(), mailboxes()), withTransport(box))
				env := w.envelope("", "a@contoso.com")
				env.To = []envelope.Recipient{rcpt("1@box.example")}
				_, err := relay.Deliver(t.Context(), w.d, env, source(tc.body))
				expect(t, name, said(t, err), tc.reply)
				time.Sleep(time.Second)
				if got := strings.Join(box.received(), ""); got != tc.want {
					t.Errorf("%s: %d bytes arrived, %.50q, want %d", name, len(got), got, len(tc.want))
				}
				if got := w.queued(); got != "" {
					t.Errorf("%s: queued: %s", name, got)
				}
			})
		}
	}
}
