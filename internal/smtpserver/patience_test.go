package smtpserver_test

import (
	"context"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// answers sends lines again and again until the connection ends, and returns how
// many replies came, the last one included.
func answers(c *client, lines string, most int) (n int, last string) {
	go func() {
		for range most {
			if _, err := c.conn.Write([]byte(lines)); err != nil {
				return
			}
		}
		_ = c.conn.Close()
	}()
	for {
		line := c.line()
		if line == "" {
			return n, last
		}
		if len(line) > 3 && line[3] == ' ' {
			n, last = n+1, line
		}
	}
}

// TestCommandsThatLeadNowhere: they end the connection after a while, also where
// no number of errors does.
func TestCommandsThatLeadNowhere(t *testing.T) {
	busy := reply.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}, Text: "Insufficient system resources"}
	for _, row := range []struct {
		name, before, lines string
		each                int // replies to lines
		s                   *session
		least, most         int
	}{
		{name: "NOOP", lines: "NOOP\r\n", each: 1, least: 100, most: 110},
		{name: "VRFY", lines: "VRFY amy\r\n", each: 1, least: 100, most: 110},
		{name: "HELP", lines: "HELP\r\n", each: 1, least: 100, most: 110},
		{name: "RSET", lines: "RSET\r\n", each: 1, least: 100, most: 110},
		{name: "EHLO", lines: "EHLO x\r\n", each: 1, least: 100, most: 110},
		{name: "HELO", lines: "HELO x\r\n", each: 1, least: 100, most: 110},
		{name: "MAIL and RSET", lines: "MAIL FROM:<>\r\nRSET\r\n", each: 2, least: 200, most: 220},
		{name: "MAIL that is put off", lines: "MAIL FROM:<>\r\n", each: 1, least: 100, most: 110,
			s: &session{onMail: func(envelope.Envelope) reply.Reply { return busy }}},
		{name: "NOOP in a message", before: "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nBDAT 1\r\nx", lines: "NOOP\r\n", each: 1, least: 100, most: 115},
		{name: "empty chunks", before: "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n", lines: "BDAT 0\r\n", each: 1, least: 100, most: 115},
		{name: "tiny chunks", before: "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n", lines: "BDAT 1\r\nx", each: 1, least: 1000, most: 1010},
		{name: "recipients that are put off", before: "MAIL FROM:<>\r\n", lines: "RCPT TO:<b@example.net>\r\n", each: 1, least: 1000, most: 1010,
			s: &session{onRcpt: func(envelope.Recipient) reply.Reply { return busy }}},
	} {
		for _, unlimited := range []bool{false, true} {
			s := row.s
			if s == nil {
				s = new(session)
			}
			cfg := config()
			if unlimited {
				cfg.MaxProtocolErrors = -1
			}
			c := serve(t, context.Background(), cfg, s)
			c.hello()
			c.send(row.before)
			n, last := answers(c, row.lines, 30_000)
			least, most := row.least, row.most
			if unlimited && row.name != "tiny chunks" {
				least, most = 10*least, 10*most
			}
			if n < least || n > most {
				t.Errorf("%s, errors unlimited: %v: %d replies, want %d to %d", row.name, unlimited, n, least, most)
			}
			if last[0] != '4' && last[0] != '5' {
				t.Errorf("%s, errors unlimited: %v: the last reply is %q", row.name, unlimited, last)
			}
			_ = c.end()
		}
	}
}

// TestMessagesForgiveIdling: a client that sends mail may test the connection
// before each message, as connection pools do.
func TestMessagesForgiveIdling(t *testing.T) {
	s := new(session)
	c := serve(t, context.Background(), config(), s)
	c.hello()
	for range 30 {
		for range 20 {
			c.talk("> NOOP\n< 250 ...")
		}
		c.transaction()
		c.talk(`>> DATA\r\nx\r\n.\r\n
			< 354 ...
			< 250 ...`)
	}
	if err := c.end(); err != nil || len(s.messages) != 30 {
		t.Errorf("%d messages, %v", len(s.messages), err)
	}
}

// TestBuffersAreShared: with all buffers in use a message still passes, in small
// pieces, and a line that is too long for a small buffer is put off.
func TestBuffersAreShared(t *testing.T) {
	cfg := config()
	cfg.Buffers = smtpserver.NewBuffers(4) // one for each source
	hog := serve(t, context.Background(), cfg, new(session))
	hog.hello()
	hog.send("MAIL FROM:<" + strings.Repeat("a", 1000)) // holds the buffer
	s := new(session)
	c := serve(t, context.Background(), cfg, s)
	c.hello()
	c.transaction()
	body := strings.Repeat(strings.Repeat("z", 998)+"\r\n", 200) + ".dots\r\n"
	c.send("DATA\r\n" + strings.ReplaceAll(body, "\r\n.", "\r\n..") + ".\r\n")
	c.talk("< 354 ...\n< 250 ...")
	if len(s.messages) != 1 || s.messages[0].body != body {
		t.Errorf("the message didn't arrive as it was")
	}
	c.send("MAIL FROM:<" + strings.Repeat("a", 1000))
	c.talk("< 452 4.3.1 ...\n<<")
	if err := c.end(); err != nil {
		t.Error(err)
	}
	_ = hog.end()
	d := serve(t, context.Background(), cfg, new(session))
	d.hello()
	d.send("MAIL FROM:<a@example.org> X=" + strings.Repeat("a", 1000) + "\r\n") // the buffer is free again
	d.talk("< 555 ...")
	_ = d.end()
}
