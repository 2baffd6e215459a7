package smtpserver_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// smuggled is a second transaction as it would stand behind a false end.
const smuggled = "MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nsmuggled\r\n"

// TestEndOfData sends "A", something that might be taken for an end of data, and
// a transaction behind it. Nothing that is not CRLF.CRLF ends the message; what
// has a bare CR, LF or NUL is refused, and nothing behind it is believed.
func TestEndOfData(t *testing.T) {
	const (
		ends = iota // the message is "A\r\n", and a second transaction follows
		body        // it is content of one good message
		bad         // the message is refused and the connection closed
	)
	for _, row := range []struct {
		variant string
		want    int
	}{
		{"\r\n.\r\n", ends},
		{"\n.\n", bad},
		{"\n.\r\n", bad},
		{"\r\n.\n", bad},
		{"\r.\r", bad},
		{"\r.\r\n", bad},
		{"\r.\n", bad},
		{"\n.\r", bad},
		{"\r\n.\r", bad},
		{"\r\n.\r\r\n", bad},
		{"\n\n.\r\n", bad},
		{"\n\r.\r\n", bad},
		{"\r\r.\r\n", bad},
		{"\r\n\x00.\r\n", bad},
		{"\r\n.\x00\r\n", bad},
		{"\r\n. \r\n", body},
		{"\r\n..\r\n", body},
		{"\r\n.\n\r\n", bad},
		{"\r\r\n.\r\n", bad},
		{"\r\r\n.\r\r\n", bad},
		{"\n\r\n.\r\n", bad},
		{"\r\n\r.\r\n", bad},
		{"\r\n.\r\n.\r\n", ends}, // the second dot is a bad command
		{"\x00\r\n.\r\n", bad},
		{"\r\n.\t\r\n", body},
		{"\x85.\x85", body}, // NEL is no line end either
		{"\v.\v", body},
	} {
		for _, pace := range []int{0, 1, 7} {
			s := &session{}
			c := serve(t, context.Background(), config(), s)
			c.hello()
			c.transaction()
			c.talk("> DATA\n< 354 ...")
			c.sendSlowly("A"+row.variant+smuggled+".\r\n", pace)
			first := c.line()
			switch row.want {
			case ends:
				if !strings.HasPrefix(first, "250 2.6.0") || len(s.bodies()) < 1 || s.bodies()[0] != "A\r\n" {
					t.Errorf("%q: %q, %q; want the message to end", row.variant, first, s.bodies())
				}
			case body:
				if got := s.bodies(); !strings.HasPrefix(first, "250 2.6.0") || len(got) != 1 ||
					got[0] != "A"+strings.ReplaceAll(row.variant, "\r\n.", "\r\n")+smuggled {
					t.Errorf("%q: %q, %q; want one message", row.variant, first, got)
				}
			case bad:
				if got := s.bodies(); !strings.HasPrefix(first, "550 5.6.11 ") || len(got) != 0 {
					t.Errorf("%q: %q, %q; want a refusal", row.variant, first, got)
				}
				c.talk("<<")
			}
			if err := c.end(); err != nil {
				t.Errorf("%q: Serve: %v", row.variant, err)
			}
		}
	}
}

// sendSlowly sends s in pieces of n bytes; 0 is all at once.
func (c *client) sendSlowly(s string, n int) {
	if n == 0 {
		n = len(s)
	}
	for len(s) > 0 {
		k := min(n, len(s))
		c.send(s[:k])
		s = s[k:]
	}
}

// TestBareLinefeedOK: where a bare LF is allowed it is read as CRLF. It ends a
// line and never the message, whatever stands around it.
func TestBareLinefeedOK(t *testing.T) {
	for _, row := range []struct{ sent, body string }{
		{"A\nB\n\nC\n\r\n.\r\n", "A\r\nB\r\n\r\nC\r\n\r\n"},
		{"A\n.\nB\n.\r\nC\r\n.\r\n", "A\r\n.\r\nB\r\n.\r\nC\r\n"},
		{"A\n.\r\n" + smuggled + ".\r\n", "A\r\n.\r\n" + smuggled},
		{"A\n.\n" + smuggled + ".\r\n", "A\r\n.\r\n" + smuggled},
		{"A\r\n.\n" + smuggled + ".\r\n", "A\r\n\r\n" + smuggled}, // the dot was stuffing
		{"A\r\n.\n.\r\n" + smuggled + ".\r\n", "A\r\n\r\n.\r\n" + smuggled},
		{"A\n..B\n.C\r\n.\r\n", "A\r\n..B\r\n.C\r\n"}, // behind a bare LF no dot is stuffing
		{"\n\r\n.\r\n", "\r\n\r\n"},
		{strings.Repeat("x\n", 200_000) + "\r\n.\r\n", strings.Repeat("x\r\n", 200_000) + "\r\n"},
		{"A\r\r\n.\r\n", ""},
		{"A\rB\r\n.\r\n", ""},
		{"A\n\r.\r\n.\r\n", ""},
		{"A\n\x00\n.\r\n.\r\n", ""},
	} {
		s := &session{}
		cfg := config()
		cfg.BareLinefeedOK = true
		c := serve(t, context.Background(), cfg, s)
		c.hello()
		c.transaction()
		c.talk("> DATA\n< 354 ...")
		c.send(row.sent)
		got := c.line()
		if row.body == "" && (!strings.HasPrefix(got, "550 5.6.11") || len(s.bodies()) != 0) {
			t.Errorf("%q: %q, %q", row.sent, got, s.bodies())
		}
		if row.body != "" && (len(s.bodies()) != 1 || s.bodies()[0] != row.body) {
			t.Errorf("%q: %q, %q", row.sent, got, s.bodies())
		}
		c.end()
	}
}

// TestBytesUnchanged: long lines, 8-bit and dots arrive as they were sent.
func TestBytesUnchanged(t *testing.T) {
	for _, body := range []string{
		"",
		"\r\n",
		"x",
		strings.Repeat("x", 3_000_000) + "\r\n",
		strings.Repeat(".\r\n", 100_000),
		strings.Repeat("..", 100_000) + "\r\n",
		strings.Repeat("\xff\xfe\x80\x7f\x01\t", 50_000) + "\r\n",
		strings.Repeat(strings.Repeat("x", 998)+"\r\n", 1000),
		strings.Repeat("\r\n", 100_000),
	} {
		if body != "" && !strings.HasSuffix(body, "\r\n") {
			body += "\r\n"
		}
		s := &session{}
		c := serve(t, context.Background(), config(), s)
		c.hello()
		c.transaction()
		c.talk("> DATA\n< 354 ...")
		stuffed := strings.ReplaceAll("\r\n"+body, "\r\n.", "\r\n..")[2:]
		c.send(stuffed + ".\r\n")
		c.talk("< 250 2.6.0 ...")
		if got := s.bodies(); len(got) != 1 || got[0] != body {
			t.Errorf("body of %d bytes changed", len(body))
		}
		c.end()
	}
}

// TestClientGoesAway: a message without its end is dropped, and its session's
// reply goes nowhere.
func TestClientGoesAway(t *testing.T) {
	for _, sent := range []string{
		"DATA\r\nhalf",
		"DATA\r\nhalf\r\n",
		"DATA\r\nhalf\r\n.",
		"DATA\r\nhalf\r\n.\r",
		"BDAT 10 LAST\r\n123456789",
		"BDAT 10\r\n1234567890",
		"BDAT 10\r\n1234567890BDAT 0 LAST\r",
		"BDAT 0\r\n",
	} {
		s := &session{}
		c := serve(t, context.Background(), config(), s)
		c.hello()
		c.transaction()
		c.send(sent)
		if err := c.end(); err != nil {
			t.Errorf("%q: Serve: %v", sent, err)
		}
		if len(s.messages) != 0 || s.aborts != 1 {
			t.Errorf("%q: %d messages, %d aborts", sent, len(s.messages), s.aborts)
		}
		for l := c.line(); l != ""; l = c.line() {
			if strings.HasPrefix(l, "250 2.6.0") {
				t.Errorf("%q was accepted", sent)
			}
		}
	}
}

// TestEarlyRefusal: what a session refuses without reading is read to its end.
func TestEarlyRefusal(t *testing.T) {
	tooBig := reply.Reply{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "too big"}
	early := func(r reply.Reply, name string) func(io.Reader) reply.Reply {
		return func(body io.Reader) reply.Reply {
			if !strings.HasSuffix(name, "unread") {
				_, _ = io.ReadFull(body, make([]byte, 3))
			}
			return r
		}
	}
	for _, row := range []struct {
		name  string
		reply reply.Reply
		talk  string
	}{
		{"DATA", tooBig, `>> DATA\r\n12345\r\nMAIL FROM:<evil@example.org>\r\n.\r\n
			< 354 ...
			< 552 5.3.4 too big
			> RCPT TO:<b@example.net>
			< 503 5.5.2 Need mail command
			> QUIT
			< 221 ...`},
		{"DATA with a doubtful end, unread", tooBig, `>> DATA\r\n12345\r\r\n.\r\nMAIL FROM:<evil@example.org>\r\n
			< 354 ...
			< 552 5.3.4 too big
			<<`},
		{"DATA that goes on and on", tooBig, ">> DATA\\r\\n" + strings.Repeat("x", 2000) + `
			< 354 ...
			< 552 5.3.4 too big
			<<`},
		{"BDAT", tooBig, `>> BDAT 9\r\n12345\r\n..BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n
			< 552 5.3.4 too big
			< 503 5.5.2 Need mail command
			< 250 2.0.0 OK`},
		{"accepted unread", ok, `>> DATA\r\n12345\r\n.\r\n
			< 354 ...
			< 451 4.3.0 ...`},
		{"nothing said", reply.Reply{}, `>> DATA\r\n12345\r\n.\r\n
			< 354 ...
			< 451 4.3.0 ...`},
		{"closing", reply.Reply{Code: 421, Enhanced: [3]int{4, 3, 2}, Text: "away"}, `>> DATA\r\n12345\r\n.\r\n
			< 354 ...
			< 421 4.3.2 away
			<<`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &session{onData: early(row.reply, row.name)}
			cfg := config()
			cfg.SetMaxDiscard(1000)
			c := serve(t, context.Background(), cfg, s)
			c.hello()
			c.transaction()
			c.talk(row.talk)
			if err := c.end(); err != nil {
				t.Errorf("Serve: %v", err)
			}
		})
	}
}

// TestBodyIsDeadAfterData: a reader that a session keeps gives nothing more.
func TestBodyIsDeadAfterData(t *testing.T) {
	var kept io.Reader
	s := &session{onData: func(body io.Reader) reply.Reply {
		kept = body
		return reply.Reply{Code: 554, Text: "no"}
	}}
	c := serve(t, context.Background(), config(), s)
	c.hello()
	c.transaction()
	c.talk(`>> DATA\r\nsecret\r\n.\r\n
		< 354 ...
		< 554 no`)
	var abort *smtpserver.Abort
	if n, err := kept.Read(make([]byte, 10)); n != 0 || !errors.As(err, &abort) {
		t.Errorf("Read = %d, %v", n, err)
	}
	c.end()
}
