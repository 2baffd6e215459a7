package smtpserver_test

import (
	"context"
	"strings"
	"testing"
)

// TestChunks plays with BDAT.
func TestChunks(t *testing.T) {
	for _, row := range []struct {
		name, dialog string
		want         []string
	}{
		{"chunks", `>> BDAT 5\r\nab\r\ncBDAT 3\r\nd\r\nBDAT 0\r\nNOOP\r\nBDAT 2 last\r\n.\r
			< 250 2.0.0 Chunk received
			< 250 2.0.0 Chunk received
			< 250 2.0.0 Chunk received
			< 250 2.0.0 OK
			< 550 5.6.11 ...`, nil},
		{"CRLF over a border", `>> BDAT 3\r\nab\rBDAT 1 LAST\r\n\n
			< 250 2.0.0 Chunk received
			< 250 2.6.0 ...`, []string{"ab\r\n"}},
		{"content that looks like commands", `>> BDAT 8 LAST\r\nQUIT\r\n.\nNOOP\r\n
			< 550 5.6.11 ...
			< 250 2.0.0 OK`, nil},
		{"dots are content", `>> BDAT 10 LAST\r\n..\r\n.\r\n.\r\n
			< 250 2.6.0 ...`, []string{"..\r\n.\r\n.\r\n"}},
		{"empty", `> BDAT 0 LAST
			< 250 2.6.0 ...`, []string{""}},
		{"RSET in the middle", `>> BDAT 2\r\nabRSET\r\nBDAT 2 LAST\r\nxyNOOP\r\n
			< 250 2.0.0 Chunk received
			< 250 2.0.0 Resetting
			< 503 5.5.2 Need mail command
			< 250 2.0.0 OK`, nil},
		{"QUIT in the middle", `>> BDAT 2\r\nabQUIT\r\n
			< 250 2.0.0 Chunk received
			< 221 ...
			<<`, nil},
		{"EHLO in the middle", `>> BDAT 2\r\nabHELO x\r\nMAIL FROM:<>\r\n
			< 250 2.0.0 Chunk received
			< 250 mx.example.net Hello [pipe]
			< 250 2.0.0 OK`, nil},
		{"other commands in the middle", `>> BDAT 2\r\nabMAIL FROM:<>\r\nRCPT TO:<x@example.net>\r\nBDAT 2 LAST\r\nyz
			< 250 2.0.0 Chunk received
			< 503 5.5.1 Bad sequence of commands
			< 503 5.5.1 Bad sequence of commands
			< 250 2.6.0 ...`, []string{"abyz"}},
		{"DATA in the middle", `>> BDAT 2\r\nab
			< 250 2.0.0 Chunk received
			> DATA
			< 503 5.5.1 Bad sequence of commands
			>> BDAT 2 LAST\r\nyz
			< 250 2.6.0 ...`, []string{"abyz"}},
		{"DATA and its message in the middle", `>> BDAT 2\r\nabDATA\r\nx\r\n.\r\n
			< 250 2.0.0 Chunk received
			< 503 5.5.1 Bad sequence of commands
			< 554 5.5.0 ...
			<<`, nil},
		{"bad argument", `>> BDAT 5 LATS\r\nQUIT\r\n` + smuggledQuoted + `
			< 501 5.5.4 Invalid arguments
			<<`, nil},
		{"bad argument later", `>> BDAT 2\r\nabBDAT x\r\n` + smuggledQuoted + `
			< 250 2.0.0 Chunk received
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

// TestChunksBareLinefeedOK: over BDAT, too, a bare LF is read as CRLF where it is
// allowed, also when a chunk ends between CR and LF, and not in BINARYMIME.
func TestChunksBareLinefeedOK(t *testing.T) {
	for _, row := range []struct{ mail, dialog, want string }{
		{"", `>> BDAT 4\r\na\n.\nBDAT 3 LAST\r\n.\r\n
			< 250 2.0.0 Chunk received
			< 250 2.6.0 ...`, "a\r\n.\r\n.\r\n"},
		{"", `>> BDAT 2\r\na\rBDAT 2 LAST\r\n\n\n
			< 250 2.0.0 Chunk received
			< 250 2.6.0 ...`, "a\r\n\r\n"},
		{"", `>> BDAT 3 LAST\r\na\rb
			< 550 5.6.11 ...`, ""},
		{" BODY=BINARYMIME", `>> BDAT 4 LAST\r\na\n\rb
			< 250 2.6.0 ...`, "a\n\rb"},
	} {
		s := &session{}
		cfg := config()
		cfg.BareLinefeedOK = true
		c := serve(t, context.Background(), cfg, s)
		c.hello()
		c.talk("> MAIL FROM:<a@example.org>" + row.mail + "\n< 250 ...\n> RCPT TO:<b@example.net>\n< 250 ...\n" + row.dialog)
		c.end()
		if got := strings.Join(s.bodies(), "|"); got != row.want {
			t.Errorf("%q: messages %q, want %q", row.dialog, got, row.want)
		}
	}
}

const smuggledQuoted = `MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.net>\r\nBDAT 1 LAST\r\nx`

// TestBrokenBdatLines: where the length of a chunk is unknown, or a BDAT is not
// seen as one here but perhaps elsewhere, the chunk is not taken for commands.
func TestBrokenBdatLines(t *testing.T) {
	const chunk = "RSET\r\nMAIL FROM:<evil@example.net>\r\n"
	for _, line := range []string{
		"BDAT 37\tLAST", "BDAT\t37", " BDAT 37 LAST", "\tbdat 37", "BDAT 37 LAST\r", "BDAT 37 \x00", "BDAT 37 \u00e9",
		"BDAT37 LAST", "BDAT " + strings.Repeat("0", 3000) + "37 LAST", "BDAT 37 " + strings.Repeat(" ", 40_000) + "LAST",
	} {
		s := new(session)
		c := serve(t, context.Background(), config(), s)
		c.hello()
		c.transaction()
		go c.send(line + "\r\n" + chunk) // all of it may not be read
		if got := c.line(); !strings.HasPrefix(got, "50") {
			t.Errorf("%.20q: answered with %q", line, got)
		}
		if got := c.line(); got != "" {
			t.Errorf("%.20q: the session goes on with %q", line, got)
		}
		_ = c.end() // a client that is cut off is no error
		if strings.Contains(strings.Join(s.calls, "\n"), "evil") {
			t.Errorf("%.20q: the chunk was obeyed: %q", line, s.calls)
		}
	}
}

// TestChunksOutOfPlace: the bytes of a chunk are content in every state.
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
		< 503 5.5.2 Need mail command
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
	cfg.SetMaxDiscard(100)
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

// TestBinaryMIME: every byte is allowed, and DATA is refused.
func TestBinaryMIME(t *testing.T) {
	s := &session{}
	c := serve(t, context.Background(), config(), s)
	c.hello()
	c.talk(`> MAIL FROM:<a@example.org> BODY=BINARYMIME
		< 250 ...
		> RCPT TO:<b@example.net>
		< 250 ...
		> DATA
		< 503 5.5.1 BINARYMIME requires BDAT
		>> BDAT 6 LAST\r\n\r\x00\n\xff.\r
		< 250 2.6.0 ...`)
	c.end()
	if got := s.bodies(); len(got) != 1 || got[0] != "\r\x00\n\xff.\r" {
		t.Errorf("messages %q", got)
	}
}
