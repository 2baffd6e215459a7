package smtpserver_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// TestPanics: a panic ends the connection, not the process.
func TestPanics(t *testing.T) {
	boom := func() reply.Reply { panic("boom") }
	for _, row := range []struct {
		name, dialog string
		s            *session
	}{
		{"Hello", "> EHLO x\n< 421 4.3.0 ...\n<<", &session{onHello: func(string) reply.Reply { return boom() }}},
		{"Hello again", "> EHLO x\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250 ...\n> EHLO bad\n< 421 4.3.0 ...\n<<",
			&session{onHello: func(name string) reply.Reply {
				if name == "bad" {
					boom()
				}
				return ok
			}}},
		{"Mail", "> HELO x\n< 250 ...\n> MAIL FROM:<>\n< 421 4.3.0 ...\n<<",
			&session{onMail: func(envelope.Envelope) reply.Reply { return boom() }}},
		{"Rcpt", "> HELO x\n< 250 ...\n> MAIL FROM:<>\n< 250 ...\n> RCPT TO:<b@example.net>\n< 421 4.3.0 ...\n<<",
			&session{onRcpt: func(envelope.Recipient) reply.Reply { return boom() }}},
		{"Data", "> HELO x\n< 250 ...\n> MAIL FROM:<>\n< 250 ...\n> RCPT TO:<b@example.net>\n< 250 ...\n>> DATA\\r\\nx\\r\\n.\\r\\n" + smuggledQuoted +
			"\n< 354 ...\n< 421 4.3.0 ...\n<<",
			&session{onData: func(io.Reader) reply.Reply { return boom() }}},
		{"Auth", "> EHLO x\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250-...\n< 250 ...\n> AUTH PLAIN\n< 421 4.3.0 ...\n<<",
			&session{onAuth: func(string) (auth.Exchange, reply.Reply) { panic("boom") }}},
		{"Close", "> QUIT\n< 221 ...\n<<", &session{onClose: func() { boom() }}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := serve(t, context.Background(), config(), row.s)
			c.line()
			c.talk(row.dialog)
			err := c.end()
			if err == nil || !strings.Contains(err.Error(), "boom") {
				t.Errorf("Serve: %v", err)
			}
			if got := row.s.calls[len(row.s.calls)-1]; got != "close" {
				t.Errorf("last call %s", got)
			}
		})
	}
}
