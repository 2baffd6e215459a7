package relaytest

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"io"
	"log"
	"net"
	"strconv"
	"strings"
	"time"
)

// defaultTimeout is longer than what a server may hold a reply for: the tarpit, and the 30 s of
// MaxAcknowledgementDelay.
const defaultTimeout = 2 * time.Minute

// maxReplyLines bounds a reply.
const maxReplyLines = 200

// TB is the part of *testing.T and *testing.B that a Client needs. Fatalf must not return.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Fatal is a TB for programs and examples: a failure ends the program.
var Fatal TB = fatal{}

type fatal struct{}

func (fatal) Helper()                           {}
func (fatal) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

// Client is the client of an SMTP connection. It sends exactly the lines of the test,
// right or wrong, and ends the test if a reply is not the expected one. One goroutine
// at a time may use it.
type Client struct {
	Conn net.Conn // replaced by StartTLS

	// Timeout is how long the Client waits for each reply before the test fails. 0: two
	// minutes; negative: no limit.
	Timeout time.Duration

	tb     TB
	reader *bufio.Reader
}

// NewClient returns a Client on conn that reports to tb. It has not read the
// greeting.
func NewClient(tb TB, conn net.Conn) *Client {
	return &Client{Conn: conn, tb: tb, reader: bufio.NewReader(conn)}
}

// Send writes lines in one segment, CRLF after each.
func (c *Client) Send(lines ...string) {
	c.tb.Helper()
	c.SendRaw(strings.Join(lines, "\r\n") + "\r\n")
}

// SendRaw writes bytes as they are.
func (c *Client) SendRaw(text string) {
	c.tb.Helper()
	c.extend()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.tb.Fatalf("send %.60q: %v", text, err)
	}
}

// Reply reads one reply and returns its code and its text without the codes,
// lines joined by "\n".
func (c *Client) Reply() (code int, text string) {
	c.tb.Helper()
	c.extend()
	var lines []string
	for range maxReplyLines {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			c.tb.Fatalf("reading a reply: %v (so far %q)", err, append(lines, line))
		}
		line = strings.TrimSuffix(line, "\r\n")
		if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
			c.tb.Fatalf("not a reply line: %q", line)
		}
		code, err = strconv.Atoi(line[:3])
		if err != nil {
			c.tb.Fatalf("not a reply line: %q", line)
		}
		lines = append(lines, line[min(4, len(line)):])
		if len(line) == 3 || line[3] == ' ' {
			return code, strings.Join(lines, "\n")
		}
	}
	c.tb.Fatalf("reply of more than %d lines", maxReplyLines)
	return 0, ""
}

// Expect reads one reply, which must have the code, and returns its text.
func (c *Client) Expect(code int) string {
	c.tb.Helper()
	return c.expect("", code)
}

func (c *Client) expect(before string, code int) string {
	c.tb.Helper()
	got, text := c.Reply()
	if got != code {
		c.tb.Fatalf("%sgot %d %s, want %d", before, got, text, code)
	}
	return text
}

// Do sends one line and expects the code.
func (c *Client) Do(line string, code int) string {
	c.tb.Helper()
	c.Send(line)
	return c.expect(line+": ", code)
}

// StartTLS sends STARTTLS, expects 220 and makes the handshake. With a config that has
// neither ServerName nor RootCAs it accepts any certificate.
func (c *Client) StartTLS(config *tls.Config) {
	c.tb.Helper()
	c.Do("STARTTLS", 220)
	c.Handshake(config)
}

// Handshake begins TLS at once, as a client of implicit TLS does.
func (c *Client) Handshake(config *tls.Config) {
	c.tb.Helper()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" && config.RootCAs == nil {
		config = config.Clone()
		config.InsecureSkipVerify = true
	}
	conn := tls.Client(c.Conn, config)
	c.extend()
	if err := conn.Handshake(); err != nil {
		c.tb.Fatalf("TLS handshake: %v", err)
	}
	c.Conn, c.reader = conn, bufio.NewReader(conn)
}

// Closed expects that the other side has closed or reset the connection and sent
// nothing before.
func (c *Client) Closed() {
	c.tb.Helper()
	c.extend()
	rest, err := io.ReadAll(io.LimitReader(c.reader, 1<<16))
	if len(rest) > 0 {
		c.tb.Fatalf("want the connection closed, got %q", rest)
	}
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		c.tb.Fatalf("want the connection closed, but it is open")
	}
}

// Close closes the connection.
func (c *Client) Close() { _ = c.Conn.Close() } // the other side may have been first

// extend sets the deadline of the next step. A connection that can't have a deadline
// is closed, and the step reports that.
func (c *Client) extend() {
	if timeout := cmp.Or(c.Timeout, defaultTimeout); timeout > 0 {
		_ = c.Conn.SetDeadline(time.Now().Add(timeout))
	}
}
