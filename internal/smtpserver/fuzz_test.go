package smtpserver_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/routing"
)

// tape is a net.Conn that plays bytes in pieces and records what is written.
type tape struct {
	in     []byte
	piece  int // bytes per Read; 0: all there are
	out    bytes.Buffer
	writes int
}

func (c *tape) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	if c.piece > 0 {
		p = p[:min(len(p), c.piece)]
	}
	n := copy(p, c.in)
	c.in = c.in[n:]
	return n, nil
}

func (c *tape) Write(p []byte) (int, error) {
	c.writes++
	return c.out.Write(p)
}

func (c *tape) Close() error                     { return nil }
func (c *tape) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *tape) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)} }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// slowData reads a message behind DATA, byte by byte, the way the RFC puts
// it: it ends at the first dot that stands alone on a line. It returns what
// follows the message; whole is false if there is no end.
func slowData(in string) (body, rest string, whole bool) {
	if rest, ok := strings.CutPrefix(in, ".\r\n"); ok {
		return "", rest, true
	}
	content, rest, ok := strings.Cut(in, "\r\n.\r\n")
	if !ok {
		return "", "", false
	}
	content += "\r\n"
	var b strings.Builder
	for i := 0; i < len(content); i++ {
		if content[i] == '.' && (i == 0 || i >= 2 && content[i-2:i] == "\r\n") {
			continue
		}
		b.WriteByte(content[i])
	}
	return b.String(), rest, true
}

// isClean reports whether nothing in s is forbidden in a message.
func isClean(s string, linefeedOK bool) bool {
	s = strings.ReplaceAll(s, "\r\n", "")
	return !strings.ContainsAny(s, "\r\x00") && (linefeedOK || !strings.Contains(s, "\n"))
}

// withCRLF returns s with every LF behind a CR of its own.
func withCRLF(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// FuzzDataReader compares the reader of DATA with slowData, however the bytes come.
func FuzzDataReader(f *testing.F) {
	f.Add("A\r\n.\r\nQUIT\r\n", uint8(0), false)     // plain
	f.Add(".\r\n", uint8(1), false)                  // empty
	f.Add("..\r\n.x\r\n.\r\n", uint8(2), false)      // stuffed
	f.Add("A\r\r\n.\r\nB", uint8(3), false)          // CR CR LF
	f.Add("A\n.\nB\n.\r\n\r\n.\r\n", uint8(1), true) // bare LF allowed
	f.Add("A\r\n.\r\r\n\r\n.\r\n", uint8(1), true)   // dot CR CR LF
	f.Add("A\r\n.\x00\r\n.\r\n", uint8(1), false)    // NUL behind a dot
	f.Add("\r\n.\r", uint8(1), false)                // cut off
	f.Add(strings.Repeat("x", 600), uint8(0), false) // more than a small buffer, and no end
	f.Add(strings.Repeat("\r\n.", 300), uint8(5), true)
	f.Fuzz(func(t *testing.T, in string, piece uint8, linefeedOK bool) { compareDots(t, in, piece, linefeedOK) })
}

func compareDots(t *testing.T, in string, piece uint8, linefeedOK bool) {
	conn := &tape{in: []byte(in), piece: int(piece)}
	body, rest, err := smtpserver.ReadData(conn, linefeedOK)
	want, wantRest, whole := slowData(in)
	clean := isClean(want, linefeedOK)
	want = withCRLF(want)
	var abort *smtpserver.Abort
	switch {
	case err == nil && (!whole || !clean):
		t.Fatalf("%q was accepted as %q", in, body)
	case err == nil && string(body) != want:
		t.Fatalf("%q was read as %q, want %q", in, body, want)
	case err == nil && string(rest)+string(conn.in) != wantRest:
		t.Fatalf("%q leaves %q, want %q", in, string(rest)+string(conn.in), wantRest)
	case err != nil && !errors.As(err, &abort):
		t.Fatalf("%q: %v", in, err)
	case err != nil && whole && clean:
		t.Fatalf("%q was refused: %v", in, err)
	}
}

// TestDataReaderAgainstSlowTwin draws from the few bytes that matter.
func TestDataReaderAgainstSlowTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"\r\n", "\r\n", "\r", "\n", ".", ".", "A", "\x00", "\r\n.\r\n", strings.Repeat("x", 300)}
	for range 50_000 {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		compareDots(t, b.String()+"\r\n.\r\n", uint8(r.IntN(4)), r.IntN(2) == 0)
		compareDots(t, b.String(), uint8(r.IntN(4)), r.IntN(2) == 0)
	}
}

var dataLine = regexp.MustCompile(`(?i)^DATA *\r\n`)
var chunkLine = regexp.MustCompile(`(?i)^BDAT  *([0-9]{1,18})(  *LAST)? *\r\n`)

// readings returns the messages that could begin at in: the one behind DATA,
// or the one of the chunks that follow each other from there, other commands
// in between allowed; and what comes behind.
func readings(in string) (body, rest string, ok bool) {
	if m := dataLine.FindString(in); m != "" {
		body, rest, ok = slowData(in[len(m):])
		return body, rest, ok && isClean(body, false)
	}
	for {
		m := chunkLine.FindStringSubmatch(in)
		if m == nil {
			_, after, found := strings.Cut(in, "\r\n")
			if !found || body == "" && rest == "" {
				return "", "", false
			}
			in = after
			continue
		}
		in = in[len(m[0]):]
		n, _ := strconv.ParseInt(m[1], 10, 64)
		if n > int64(len(in)) {
			return "", "", false
		}
		body, in = body+in[:n], in[n:]
		if m[2] != "" {
			return body, in, true
		}
		rest = "begun"
	}
}

var replyLine = regexp.MustCompile(`^[2-5][0-9][0-9][ -][\x20-\x7e]*$`)
var logLine = regexp.MustCompile(`^[\x20-\x7e]*$`)

// FuzzServe sends anything. Every message that comes out can be read out of the
// bytes in order, one message each; replies and log are clean; nothing said
// before STARTTLS comes out after it.
func FuzzServe(f *testing.F) {
	const begin = "EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n"
	for _, seed := range []string{
		"QUIT\r\n",
		begin + "DATA\r\nA\r\n.\r\n" + smuggled + ".\r\n",        // two messages
		begin + "DATA\r\nA\n.\r\n" + smuggled + ".\r\n",          // one that smuggles
		begin + "DATA\r\nA\r\r\n.\r\n" + smuggled + ".\r\n",      // CR CR LF
		begin + "BDAT 3\r\nabcNOOP\r\nBDAT 2 LAST\r\nde" + begin, // chunks
		begin + "BDAT 3 LATS\r\nabc" + smuggled + ".\r\n",        // lost framing
		begin + "BDAT 9 LAST\r\nabc",                             // cut off
		"BDAT 60 LAST\r\n" + begin + "DATA\r\n\r\n.\r\n",         // chunk out of place
		"EHLO x\r\nSTARTTLS\r\n" + begin,                         // pipelined behind STARTTLS
		"EHLO x\r\nAUTH PLAIN AHVzZXIAc2VjcmV0\r\nAUTH LOGIN\r\n*\r\n",
		"EHLO x\r\nMAIL FROM:<\"a>@b\"@c.example> SIZE=1 BODY=BINARYMIME\r\nRCPT TO:<postmaster>\r\nBDAT 1 LAST\r\n\n",
		"GET / HTTP/1.1\r\n" + begin,
	} {
		for _, piece := range []uint8{0, 1, 3} {
			f.Add(seed, piece)
		}
	}
	serverTLS := &tls.Config{Certificates: []tls.Certificate{certificate(f)}}
	f.Fuzz(func(t *testing.T, in string, piece uint8) { attack(t, serverTLS, in, piece) })
}

// TestRandomAttacks puts conversations together from pieces that matter.
func TestRandomAttacks(t *testing.T) {
	serverTLS := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{
		"EHLO x\r\n", "MAIL FROM:<>\r\n", "RCPT TO:<b@example.net>\r\n", "DATA\r\n", "DATA\r\n", "RSET\r\n",
		"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n", "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n",
		"BDAT 4\r\n", "BDAT 0\r\n", "BDAT 6 LAST\r\n", "BDAT 0 LAST\r\n", "BDAT x\r\n", "QUIT\r\n", "STARTTLS\r\n",
		"MAIL FROM:<> BODY=BINARYMIME\r\n", "RCPT TO:<no@example.net>\r\n", "AUTH LOGIN\r\n", "*\r\n", "NOOP\r\n",
		"A", "\r\n", ".", "..", ".\r\n", "\r\n.\r\n", "\n.\n", "\r", "\n", "\r\r\n.\r\n", "\x00", "abcd",
	}
	delivered := 0
	for range 20_000 {
		in := "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n"
		for range 1 + r.IntN(14) {
			in += pieces[r.IntN(len(pieces))]
		}
		delivered += attack(t, serverTLS, in, uint8(r.IntN(3)))
	}
	if delivered < 1000 {
		t.Errorf("only %d messages were delivered: the attacks do not get far enough", delivered)
	}
}

// attack plays in, holds what comes of it to the server's promises, and returns
// how many messages were delivered.
func attack(t *testing.T, serverTLS *tls.Config, in string, piece uint8) int {
	conn := &tape{in: []byte(in), piece: int(piece)}
	s := &session{onAuth: login("secret"), onRcpt: refuseNo}
	cfg := config()
	cfg.TLS, cfg.SMTPUTF8 = func() *tls.Config { return serverTLS }, true
	cfg.Log = func(_ byte, data, context string) {
		line := data + context
		if !logLine.MatchString(line) || len(line) > 1100 {
			t.Errorf("log line %q", line)
		}
	}
	err := smtpserver.Serve(context.Background(), conn, &cfg, s)
	out, behindTLS, upgraded := strings.Cut(conn.out.String(), "220 2.0.0 SMTP server ready\r\n")
	if err != nil && !upgraded {
		t.Errorf("%q: Serve: %v", in, err)
	}
	if upgraded && strings.Contains(behindTLS, "\r\n") {
		t.Errorf("%q: behind STARTTLS: %q", in, behindTLS)
	}
	for l := range strings.SplitSeq(strings.TrimSuffix(out, "\r\n"), "\r\n") {
		if !replyLine.MatchString(l) && !strings.HasPrefix(l, "334") || len(l) > 510 {
			t.Errorf("%q: reply %q", in, l)
		}
	}
	checkMessages(t, in, s.messages)
	return len(s.messages)
}

// checkMessages finds the messages in the bytes, one after the other. What has
// been used for one message cannot be used for the next.
func checkMessages(t *testing.T, in string, messages []message) {
	for _, m := range messages {
		rest, found := in, false
		for !found {
			body, after, ok := readings(rest)
			if ok && body == m.body {
				in, found = after, true
				break
			}
			i := strings.Index(rest, "\n")
			j := strings.IndexAny(rest[min(1, len(rest)):], "BbDd") // a chunk may end in mid-line
			switch {
			case i < 0 && j < 0:
				t.Fatalf("message %q is not in %q", m.body, in)
			case i < 0 || j >= 0 && j < i:
				rest = rest[j+1:]
			default:
				rest = rest[i+1:]
			}
		}
	}
}

// FuzzParameters: accepted parameters can be sent on.
func FuzzParameters(f *testing.F) {
	f.Add("FROM:<a@example.org> SIZE=1 BODY=8BITMIME RET=FULL ENVID=x+2By AUTH=a+40example.org")
	f.Add("TO:<\"a>b\"@example.org> NOTIFY=NEVER ORCPT=rfc822;x+40y")
	f.Add("TO:<Postmaster> ORCPT=utf-8;\\x{E4}@example.org")
	f.Add("TO:<a@b> ORCPT=utf-8;\x00") // a control
	f.Add("FROM:<> SMTPUTF8 smtputf8") // twice
	f.Add("FROM: root@copier_2 SIZE=x ENVID=a=b")
	f.Add("TO:\tadmin\tORCPT=rfc822;+E7+94+A8+2B+20\\@example.org")
	f.Fuzz(func(t *testing.T, arg string) {
		if m, ok := smtpserver.ParseMail(arg); ok {
			if m.From.IsValid() {
				if again, err := routing.ParseAddress(m.From.String()); err != nil || again != m.From {
					t.Errorf("%q: sender %v does not parse again", arg, m.From)
				}
			}
			checkWireText(t, m.EnvID)
			if m.Size < 0 {
				t.Errorf("%q: %+v", arg, m)
			}
		}
		if r, ok := smtpserver.ParseRcpt(arg); ok {
			if !r.To.IsValid() {
				t.Errorf("%q: invalid recipient", arg)
			}
			checkWireText(t, r.ORcpt)
		}
	})
}

// checkWireText: nothing that could end the parameter or the line.
func checkWireText(t *testing.T, s string) {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '=' }) {
		t.Errorf("parameter value %q", s)
	}
}
