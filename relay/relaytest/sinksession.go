package relaytest

import (
	"bufio"
	"cmp"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxCommand bounds a command line.
const maxCommand = 1 << 20

// sinkSession is one SMTP session of a Sink.
type sinkSession struct {
	sink *Sink
	wire net.Conn // as accepted
	conn net.Conn // the same, or TLS on it
	br   *bufio.Reader
	bw   *bufio.Writer
	over bool // the conversation has ended

	tls     bool
	helo    string
	user    string
	mail    bool // MAIL was accepted
	chunks  bool // BDAT was accepted
	message Message
}

// use makes c the connection that t reads and writes.
func (t *sinkSession) use(c net.Conn) {
	t.conn, t.br, t.bw = c, bufio.NewReader(c), bufio.NewWriter(c)
}

// line reads a command. It flushes the replies before it has to wait.
func (t *sinkSession) line() (string, error) {
	if t.br.Buffered() == 0 && t.bw.Flush() != nil {
		return "", net.ErrClosed
	}
	_ = t.conn.SetDeadline(time.Now().Add(t.sink.timeout())) // a closed connection is seen when reading
	line := ""
	for {
		part, err := t.br.ReadSlice('\n')
		line += string(part)
		if err == nil {
			return strings.TrimRight(line, "\r\n"), nil
		}
		if err != bufio.ErrBufferFull || len(line) > maxCommand {
			return "", err
		}
	}
}

// answer sends the script's answer, or the usual reply, which has no CRLF at its end.
// It reports whether the command has succeeded.
func (t *sinkSession) answer(stage Stage, argument, usual string) bool {
	return t.reply(stage, t.ask(stage, argument), usual)
}

// ask returns the script's answer, "" for the usual one. The script may block.
func (t *sinkSession) ask(stage Stage, argument string) string {
	if t.sink.Script == nil {
		return ""
	}
	own := t.sink.Script(stage, argument)
	_ = t.conn.SetDeadline(time.Now().Add(t.sink.timeout())) // a closed connection is seen when writing
	return own
}

// reply sends the script's answer own, or the usual reply. It reports whether the
// command has succeeded.
func (t *sinkSession) reply(stage Stage, own, usual string) bool {
	text, raw := strings.CutPrefix(own, rawMark)
	switch {
	case own == "":
		t.say(usual)
		return true
	case own == Drop:
		t.over = true
		_ = t.bw.Flush() // the client may be gone
		drop(t.wire)
	case own == Close:
		t.end()
	case own == Hang:
		_ = t.bw.Flush()
		_ = t.conn.SetDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, t.br)
		t.over = true
	case own == Endless:
		_ = t.conn.SetDeadline(time.Time{})
		for !t.over {
			t.say("250-and so on")
		}
	case raw:
		_, _ = t.bw.WriteString(text) // an error comes back from every Flush
	default:
		t.say(own)
		if own[:1] == usual[:min(1, len(usual))] {
			return true
		}
		if stage == StageConnect || stage == StageBody {
			t.end()
		}
	}
	return false
}

// say writes a reply; nothing if it is empty.
func (t *sinkSession) say(reply string) {
	if reply == "" {
		return
	}
	if _, err := t.bw.WriteString(reply + "\r\n"); err != nil {
		t.over = true
	}
}

// end ends the conversation.
func (t *sinkSession) end() {
	t.over = true
	_ = t.bw.Flush() // the client may be gone
	_ = t.conn.Close()
}

// reset ends the transaction.
func (t *sinkSession) reset() { t.mail, t.chunks, t.message = false, false, Message{} }

// offers returns the keywords of EHLO, with their parameters.
func (t *sinkSession) offers() []string {
	list := []string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "CHUNKING", "SMTPUTF8", "BINARYMIME", "DSN",
		"SIZE " + strconv.FormatInt(t.sink.limit(), 10)}
	if t.sink.Certificate != nil && !t.tls {
		list = append(list, "STARTTLS")
	}
	if offered := t.sink.mechanisms(); offered != "" && (t.tls || t.sink.InsecureAuth) {
		list = append(list, "AUTH "+offered)
	}
	return slices.DeleteFunc(list, func(offer string) bool {
		keyword, _, _ := strings.Cut(offer, " ")
		return slices.Contains(t.sink.Omit, keyword)
	})
}

// offered reports whether EHLO offers keyword.
func (t *sinkSession) offered(keyword string) bool {
	return slices.ContainsFunc(t.offers(), func(offer string) bool {
		return offer == keyword || strings.HasPrefix(offer, keyword+" ")
	})
}

// name returns the host's name.
func (s *Sink) name() string { return cmp.Or(s.Hostname, "sink.invalid") }

// drop resets c if it can, and closes it otherwise.
func drop(c net.Conn) {
	switch c := c.(type) {
	case interface{ Reset() }:
		c.Reset()
	case *net.TCPConn:
		_ = c.SetLinger(0) // a reset is nicer, but a close will do
		_ = c.Close()
	default:
		_ = c.Close()
	}
}

// addrPort returns the client's address; zero if it is not an IP address.
func addrPort(c net.Conn) netip.AddrPort {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}
