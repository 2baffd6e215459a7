package relay_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

var decisionID = regexp.MustCompile(`\[([0-9A-F]{16}-[0-9]+)\]$`)

// idOf returns the decision's id at the end of a reply.
func idOf(t *testing.T, text string) string {
	t.Helper()
	m := decisionID.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no id in the reply %q", text)
	}
	return m[1]
}

// logged returns the records of a JSON log by the id of their decision.
func logged(t *testing.T, log string) map[string]map[string]any {
	t.Helper()
	records := map[string]map[string]any{}
	for line := range strings.Lines(log) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if id, ok := record["decision"].(string); ok {
			records[id] = record
		}
	}
	return records
}

// TestExplain checks that every decision of an explained connector is in the log with
// its steps, under the id in the reply, and no decision of other connectors.
func TestExplain(t *testing.T) {
	log := new(relaytest.Log)
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway(anyRecipient())), func(s *relay.Server) {
		s.Explain = func(name string) bool { return name == "Default HubA" }
		s.Logger = slog.New(slog.NewJSONHandler(log, nil))
	})
	w.log = log

	c := w.client(stranger, hub)
	early := idOf(t, c.Do("MAIL FROM:<>", 503))
	c.Do("EHLO client.contoso.com", 250)
	norcpt := idOf(t, c.Do("DATA", 503))
	c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	c.Do("EHLO client.contoso.com", 250)
	again := idOf(t, c.Do("STARTTLS", 503))
	login := idOf(t, c.Do("AUTH PLAIN "+plain(userName, password), 235))
	mail := idOf(t, c.Do("MAIL FROM:<"+userName+">", 250))
	rcpt := idOf(t, c.Do("RCPT TO:<"+elsewhere+">", 250))
	data := idOf(t, send(c, message, 550)) // its From is Amy's
	c.Do("RSET", 250)
	c.Do("MAIL FROM:<"+inside+">", 550)
	c.Do("QUIT", 221)
	w.waitForEnd()

	records := logged(t, w.log.String())
	for _, tt := range []struct{ id, command, reason, check string }{
		{early, "MAIL", "send-hello-first", "order"},
		{norcpt, "DATA", "need-mail", "order"},
		{again, "STARTTLS", "bad-sequence", "order"},
		{login, "AUTH", "login-ok", "submit"},
		{mail, "MAIL", "sender-ok", "own-address"},
		{rcpt, "RCPT", "recipient-ok", "any-recipient"},
		{data, "DATA", "send-as-denied", "any-sender"},
	} {
		record := records[tt.id]
		steps, _ := json.Marshal(record["steps"])
		if record["command"] != tt.command || record["reason"] != tt.reason || record["connector"] != "Default HubA" ||
			!strings.Contains(string(steps), `"check":"`+tt.check+`"`) || !strings.Contains(string(steps), `"basis":[`) && tt.check != "own-address" && tt.check != "order" {
			t.Errorf("%s: %v", tt.id, record)
		}
	}
	if text := w.log.String(); strings.Contains(text, password) || strings.Contains(text, plain(userName, password)) {
		t.Errorf("the log has the password:\n%s", text)
	}

	before := len(records)
	c = w.hello(gateway, hub)
	if text := c.Do("MAIL FROM:<a@contoso.com>", 250); decisionID.MatchString(text) {
		t.Errorf("a connector that isn't to tell says %q", text)
	}
	c.Do("QUIT", 221)
	w.waitForEnd()
	if n := len(logged(t, w.log.String())); n != before {
		t.Errorf("%d decisions of a connector that isn't to tell", n-before)
	}
}

// TestExplainTLS: each decision about STARTTLS is made once, refused or not, and so is the
// choice of the connector.
func TestExplainTLS(t *testing.T) {
	for _, certified := range []bool{true, false} {
		log := new(relaytest.Log)
		w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
			s.Explain, s.Logger = func(string) bool { return true }, slog.New(slog.NewJSONHandler(log, nil))
			if !certified {
				s.Certificates = nil
			}
		})
		w.log = log
		c := w.hello(stranger, hub)
		want := map[string]int{"receive-connector": 1, "session": 1, "hello-syntax": 1, "tls-offered": 1}
		if certified {
			c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
			want["session"]++
		} else {
			id := idOf(t, c.Do("STARTTLS", 500))
			want["session"] = 1
			defer func() {
				if r := logged(t, log.String())[id]; r["command"] != "STARTTLS" || r["reason"] != "unrecognized-command" {
					t.Errorf("%s: %v", id, r)
				}
			}()
		}
		c.Do("QUIT", 221)
		w.waitForEnd()
		got := map[string]int{}
		for _, check := range regexp.MustCompile(`"check":"([a-z-]+)"`).FindAllStringSubmatch(log.String(), -1) {
			got[check[1]]++
		}
		if !maps.Equal(got, want) {
			t.Errorf("certified %v: steps %v, want %v\n%s", certified, got, want, log)
		}
	}
}

// TestExplainText checks that the text form names connectors and their settings.
func TestExplainText(t *testing.T) {
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway()), func(s *relay.Server) {
		s.Explain = func(string) bool { return true }
	})
	conn := w.client(stranger, hub)
	conn.Do("EHLO client.contoso.com", 250)
	conn.Do("MAIL FROM:<>", 250)
	id := idOf(t, conn.Do("RCPT TO:<"+elsewhere+">", 550))
	conn.Do("QUIT", 221)
	w.waitForEnd()
	for _, want := range []string{
		`command=connect`, `yes receive-connector: \"Default HubA\" serves the connection`, "others=1",
		"decision=" + id, "reason=relay-denied", "no accepted-domain: contoso.com is not an accepted domain {Accepted = fabrikam.com}",
		`{Receive[\"Default HubA\"].PermissionGroups = AnonymousUsers, ExchangeUsers}`,
	} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("%s is missing from\n%s", want, w.log)
		}
	}
}

// wordy refuses with more text than a reply can hold.
func wordy(context.Context, *relay.Envelope, io.Reader) error {
	return &relay.Error{Reply: reply.Reply{Code: 554, Enhanced: [3]int{5, 999, 999}, Text: strings.Repeat("no ", 300)}, Err: errors.New("no")}
}

// TestExplainKeepsReplyShort checks that lines have at most 512 bytes, with the id whole.
func TestExplainKeepsReplyShort(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.Handler, s.Explain = relay.HandlerFunc(wordy), func(string) bool { return true }
	})
	text := send(w.begin(), message, 554)
	idOf(t, text)
	if n := len("554 ") + len(text) + len("\r\n"); n > 512 {
		t.Errorf("a reply of %d bytes", n)
	}
}

// TestExplainTamesClient attacks the log with what a client may put into commands:
// nothing but printable ASCII may get into it, in either form.
func TestExplainTamesClient(t *testing.T) {
	for name, handler := range map[string]func(w io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			log := new(relaytest.Log)
			w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
				s.Explain, s.Logger = func(string) bool { return true }, slog.New(handler(log))
			})
			w.log = log
			c := w.hello(stranger, hub)
			c.Do("MAIL FROM:<\u202ejürgen😀@contoso.com> SMTPUTF8", 250)
			c.Do("RCPT TO:<\u202ejürgen@fabrikam.com>", 250)
			send(c, "From: <\u2028evil@fabrikam.com>\r\nX\u202e: y\r\n\r\n", 250)
			c.Do("QUIT", 221)
			w.waitForEnd()
			for _, b := range []byte(w.log.String()) {
				if b != '\n' && (b < ' ' || b > '~') {
					t.Fatalf("the log has the byte %#x:\n%s", b, w.log)
				}
			}
			if name == "json" {
				logged(t, w.log.String())
			}
		})
	}
}

// TestExplainRoute checks that a recipient is routed once at RCPT: the record has the
// steps of that route, and the Handler, which compares, gets the same.
func TestExplainRoute(t *testing.T) {
	log := new(relaytest.Log)
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.Handler, s.Explain = &counter{}, func(string) bool { return true }
		s.Logger = slog.New(slog.NewJSONHandler(log, nil))
	})
	w.log = log
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<"+elsewhere+">", 250)
	rcpt := idOf(t, c.Do("RCPT TO:<"+inside+">", 250))
	c.Do("QUIT", 221)
	w.waitForEnd()
	steps, _ := json.Marshal(logged(t, log.String())[rcpt]["steps"])
	// The first step of a decision about a recipient, and of a route.
	if n := strings.Count(string(steps), `"check":"recipient"`); n != 2 {
		t.Errorf("%d first steps of a decision or a route, want one of each: %s", n, steps)
	}
}
