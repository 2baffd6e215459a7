package guard_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/guard"
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

// sendSlowly sends s in pieces of n octets; 0 is all at once.
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

// TestBareLinefeedOK: LF passes where it is allowed to, and ends nothing.
func TestBareLinefeedOK(t *testing.T) {
	for _, row := range []struct{ sent, body string }{
		{"A\nB\n.\nC\n.\r\nD\r\n.\r\n", "A\nB\n.\nC\n.\r\nD\r\n"},
		{"\n\r\n.\r\n", "\n\r\n"},
		{"A\r\n.\nB\r\n.\r\n", "A\r\n\nB\r\n"}, // the dot was stuffing
		{"A\r\r\n.\r\n", ""},
		{"A\rB\r\n.\r\n", ""},
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
			t.Errorf("body of %d octets changed", len(body))
		}
		c.end()
	}
}

// TestClientGoesAway: a message without its end is none, and its session's
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
	tooBig := connector.Reply{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "too big"}
	early := func(r connector.Reply, name string) func(context.Context, io.Reader) connector.Reply {
		return func(_ context.Context, body io.Reader) connector.Reply {
			if !strings.HasSuffix(name, "unread") {
				_, _ = io.ReadFull(body, make([]byte, 3))
			}
			return r
		}
	}
	for _, row := range []struct {
		name  string
		reply connector.Reply
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
		{"nothing said", connector.Reply{}, `>> DATA\r\n12345\r\n.\r\n
			< 354 ...
			< 451 4.3.0 ...`},
		{"closing", connector.Reply{Code: 421, Enhanced: [3]int{4, 3, 2}, Text: "away"}, `>> DATA\r\n12345\r\n.\r\n
			< 354 ...
			< 421 4.3.2 away
			<<`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &session{onData: early(row.reply, row.name)}
			cfg := config()
			cfg.MaxDiscard = 1000
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
	s := &session{onData: func(_ context.Context, body io.Reader) connector.Reply {
		kept = body
		return connector.Reply{Code: 554, Text: "no"}
	}}
	c := serve(t, context.Background(), config(), s)
	c.hello()
	c.transaction()
	c.talk(`>> DATA\r\nsecret\r\n.\r\n
		< 354 ...
		< 554 no`)
	var abort *guard.Abort
	if n, err := kept.Read(make([]byte, 10)); n != 0 || !errors.As(err, &abort) {
		t.Errorf("Read = %d, %v", n, err)
	}
	c.end()
}

// TestChunks plays with BDAT.
func TestChunks(t *testing.T) {
	for _, row := range []struct {
		name, dialog string
		want         []string
	}{
		{"chunks", `>> BDAT 5\r\nab\r\ncBDAT 3\r\nd\r\nBDAT 0\r\nNOOP\r\nBDAT 2 last\r\n.\r
			< 250 2.0.0 5 octets received
			< 250 2.0.0 3 octets received
			< 250 2.0.0 0 octets received
			< 250 2.0.0 OK
			< 550 5.6.11 ...`, nil},
		{"CRLF over a border", `>> BDAT 3\r\nab\rBDAT 1 LAST\r\n\n
			< 250 2.0.0 3 octets received
			< 250 2.6.0 ...`, []string{"ab\r\n"}},
		{"content that looks like commands", `>> BDAT 8 LAST\r\nQUIT\r\n.\nNOOP\r\n
			< 550 5.6.11 ...
			< 250 2.0.0 OK`, nil},
		{"dots are content", `>> BDAT 10 LAST\r\n..\r\n.\r\n.\r\n
			< 250 2.6.0 ...`, []string{"..\r\n.\r\n.\r\n"}},
		{"empty", `> BDAT 0 LAST
			< 250 2.6.0 ...`, []string{""}},
		{"RSET in the middle", `>> BDAT 2\r\nabRSET\r\nBDAT 2 LAST\r\nxyNOOP\r\n
			< 250 2.0.0 2 octets received
			< 250 2.0.0 Resetting
			< 503 5.5.2 Need mail command
			< 250 2.0.0 OK`, nil},
		{"QUIT in the middle", `>> BDAT 2\r\nabQUIT\r\n
			< 250 2.0.0 2 octets received
			< 221 ...
			<<`, nil},
		{"EHLO in the middle", `>> BDAT 2\r\nabHELO x\r\nMAIL FROM:<>\r\n
			< 250 2.0.0 2 octets received
			< 250 mx.example.net Hello [pipe]
			< 250 2.0.0 OK`, nil},
		{"other commands in the middle", `>> BDAT 2\r\nabMAIL FROM:<>\r\nRCPT TO:<x@example.net>\r\nBDAT 2 LAST\r\nyz
			< 250 2.0.0 2 octets received
			< 503 5.5.1 Bad sequence of commands
			< 503 5.5.1 Bad sequence of commands
			< 250 2.6.0 ...`, []string{"abyz"}},
		{"DATA in the middle", `>> BDAT 2\r\nab
			< 250 2.0.0 2 octets received
			> DATA
			< 503 5.5.1 Bad sequence of commands
			>> BDAT 2 LAST\r\nyz
			< 250 2.6.0 ...`, []string{"abyz"}},
		{"DATA and its message in the middle", `>> BDAT 2\r\nabDATA\r\nx\r\n.\r\n
			< 250 2.0.0 2 octets received
			< 503 5.5.1 Bad sequence of commands
			< 554 5.5.0 ...
			<<`, nil},
		{"bad argument", `>> BDAT 5 LATS\r\nQUIT\r\n` + smuggledQuoted + `
			< 501 5.5.4 Invalid arguments
			<<`, nil},
		{"bad argument later", `>> BDAT 2\r\nabBDAT x\r\n` + smuggledQuoted + `
			< 250 2.0.0 2 octets received
			< 501 5.5.4 Invalid arguments
			<<`, nil},
		{"no argument", `>> BDAT\r\nQUIT\r\n
			< 501 5.5.4 Invalid arguments
			<<`, nil},
		{"negative", `>> BDAT -1\r\nQUIT\r\n
			< 501 5.5.4 Invalid arguments
			<<`, nil},
		{"huge", `>> BDAT 1234567890123456789\r\nQUIT\r\n
			< 501 5.5.4 Invalid arguments
			<<`, nil},
		{"refused content, session lives", `>> BDAT 3\r\na\nbRSET\r\n
			< 550 5.6.11 ...
			< 250 2.0.0 Resetting`, nil},
		{"NUL", `>> BDAT 1 LAST\r\n\x00
			< 550 5.6.11 ...`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &session{}
			c := serve(t, context.Background(), config(), s)
			c.hello()
			c.transaction()
			c.talk(row.dialog)
			if err := c.end(); err != nil {
				t.Errorf("Serve: %v", err)
			}
			if got := s.bodies(); strings.Join(got, "|") != strings.Join(row.want, "|") || len(got) != len(row.want) {
				t.Errorf("messages %q, want %q", got, row.want)
			}
		})
	}
}

const smuggledQuoted = `MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.net>\r\nBDAT 1 LAST\r\nx`

// TestChunksOutOfPlace: the octets of a chunk are content in every state.
func TestChunksOutOfPlace(t *testing.T) {
	s := &session{onRcpt: refuseNo}
	c := serve(t, context.Background(), config(), s)
	c.talk(`< 220 ...
		>> BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n
		< 503 5.5.2 Send hello first
		< 250 2.0.0 OK
		> HELO x
		< 250 mx.example.net Hello [pipe]
		>> BDAT 6\r\nQUIT\r\nNOOP\r\n
		< 503 5.5.1 Bad sequence of commands
		< 250 2.0.0 OK
		> MAIL FROM:<>
		< 250 ...
		> RCPT TO:<no@example.net>
		< 550 ...
		> EHLO x
		< 250-...
		< 250-...
		< 250-...
		< 250-...
		< 250-...
		< 250-...
		< 250 CHUNKING
		>> MAIL FROM:<>\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n
		< 250 ...
		< 503 5.5.2 Need rcpt command
		< 503 5.5.2 Need rcpt command
		< 250 2.0.0 OK`)
	c.end()

	s = &session{}
	cfg := config()
	cfg.Chunking = false
	cfg.MaxDiscard = 100
	c = serve(t, context.Background(), cfg, s)
	c.hello()
	c.transaction()
	c.talk(`>> BDAT 6\r\nQUIT\r\nNOOP\r\n
		< 500 5.3.3 Unrecognized command
		< 250 2.0.0 OK
		>> BDAT 101\r\nQUIT\r\n
		< 500 5.3.3 Unrecognized command
		<<`)
	c.end()
	if len(s.messages) != 0 {
		t.Errorf("messages %q", s.bodies())
	}
}

// TestBinaryMIME: no octet is refused, and DATA is not the way.
func TestBinaryMIME(t *testing.T) {
	s := &session{}
	c := serve(t, context.Background(), config(), s)
	c.hello()
	c.talk(`> MAIL FROM:<a@example.org> BODY=BINARYMIME
		< 250 ...
		> RCPT TO:<b@example.net>
		< 250 ...
		> DATA
		< 503 5.5.1 Bad sequence of commands
		>> BDAT 6 LAST\r\n\r\x00\n\xff.\r
		< 250 2.6.0 ...`)
	c.end()
	if got := s.bodies(); len(got) != 1 || got[0] != "\r\x00\n\xff.\r" {
		t.Errorf("messages %q", got)
	}
}
