package relaytest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
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
	chunks  bool // a BDAT was
	message Message
}

// converse serves c.
func (s *Sink) converse(c net.Conn) {
	defer s.forget(c)
	defer c.Close() // it may have been closed
	t := &sinkSession{sink: s, wire: c}
	t.use(c)
	t.answer(StageConnect, addrPort(c).Addr().String(), "220 "+s.name()+" ESMTP Service Ready")
	for !t.over {
		line, err := t.line()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		t.command(strings.ToUpper(verb), rest)
	}
}

// use makes c the connection.
func (t *sinkSession) use(c net.Conn) {
	t.conn, t.br, t.bw = c, bufio.NewReader(c), bufio.NewWriter(c)
}

// line reads a command. Replies wait until nothing more has come.
func (t *sinkSession) line() (string, error) {
	if t.br.Buffered() == 0 && t.bw.Flush() != nil {
		return "", net.ErrClosed
	}
	_ = t.conn.SetDeadline(time.Now().Add(sinkPatience)) // a closed connection is seen when reading
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

// command does what one line says. EHLO, HELO and RSET end a transaction.
func (t *sinkSession) command(verb, rest string) {
	switch verb {
	case "EHLO", "HELO":
		t.hello(verb, rest)
	case "STARTTLS":
		t.startTLS()
	case "AUTH":
		t.auth(rest)
	case "MAIL":
		t.from(rest)
	case "RCPT":
		t.to(rest)
	case "DATA":
		t.data()
	case "BDAT":
		t.bdat(rest)
	case "RSET":
		t.reset()
		t.answer(StageReset, "", "250 2.0.0 Session reset")
	case "NOOP":
		t.say("250 2.0.0 OK")
	case "VRFY":
		t.say("252 2.5.0 Cannot VRFY user")
	case "QUIT":
		t.say("221 2.0.0 Bye")
		t.end()
	default:
		t.say("500 5.5.2 Command unrecognized")
	}
}

// answer says what the script wants, or what is usual, which ends with no CRLF.
// It reports whether the command has succeeded.
func (t *sinkSession) answer(stage Stage, argument, usual string) bool {
	return t.reply(stage, t.ask(stage, argument), usual)
}

// ask asks the script, which may take its time.
func (t *sinkSession) ask(stage Stage, argument string) string {
	if t.sink.Script == nil {
		return ""
	}
	own := t.sink.Script(stage, argument)
	_ = t.conn.SetDeadline(time.Now().Add(sinkPatience)) // a closed connection is seen when writing
	return own
}

// reply is answer when the script has said its own.
func (t *sinkSession) reply(stage Stage, own, usual string) bool {
	octets, raw := strings.CutPrefix(own, rawMark)
	switch {
	case own == "":
		t.say(usual)
		return true
	case own == Drop:
		t.over = true
		_ = t.bw.Flush() // whether it arrives is the client's affair
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
		_, _ = t.bw.WriteString(octets) // an error comes back from every Flush
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

// say says a reply; nothing if it is empty.
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
	_ = t.bw.Flush() // whether it arrives is the client's affair
	_ = t.conn.Close()
}

// reset ends the transaction.
func (t *sinkSession) reset() { t.mail, t.chunks, t.message = false, false, Message{} }

// offers returns what EHLO offers, with parameters.
func (t *sinkSession) offers() []string {
	list := []string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "CHUNKING", "SMTPUTF8", "BINARYMIME", "DSN",
		"SIZE " + strconv.FormatInt(t.sink.limit(), 10)}
	if t.sink.Certificate != nil && !t.tls {
		list = append(list, "STARTTLS")
	}
	if t.sink.Users != nil && (t.tls || t.sink.InsecureAuth) {
		list = append(list, "AUTH LOGIN PLAIN")
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

func (t *sinkSession) hello(verb, name string) {
	t.reset()
	reply := "250 " + t.sink.name()
	if verb == "EHLO" {
		lines := append([]string{t.sink.name() + " Hello " + name}, t.offers()...)
		last := len(lines) - 1
		reply = "250-" + strings.Join(lines[:last], "\r\n250-") + "\r\n250 " + lines[last]
	}
	if t.answer(StageHello, name, reply) {
		t.helo = name
	}
}

// startTLS forgets what was said in the clear.
func (t *sinkSession) startTLS() {
	if !t.offered("STARTTLS") {
		t.say("502 5.5.1 TLS not supported")
		return
	}
	if !t.answer(StageTLS, t.helo, "220 2.0.0 Ready to start TLS") || t.bw.Flush() != nil {
		return
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{*t.sink.Certificate}, MinVersion: tls.VersionTLS12}
	if t.sink.ClientCAs != nil {
		cfg.ClientCAs, cfg.ClientAuth = t.sink.ClientCAs, tls.VerifyClientCertIfGiven
	}
	if t.sink.TuneTLS != nil {
		t.sink.TuneTLS(cfg)
	}
	c := tls.Server(t.wire, cfg)
	if c.Handshake() != nil {
		t.over = true
		return
	}
	t.reset()
	t.tls, t.helo, t.user = true, "", ""
	t.use(c)
}

// auth goes through an exchange of AUTH.
func (t *sinkSession) auth(rest string) {
	mechanism, initial, given := strings.Cut(rest, " ")
	asked := ""
	x, err := auth.NewExchange(mechanism, func(c auth.Credentials) error {
		if asked = c.Username; t.sink.check(c.Username, c.Password.Reveal()) {
			return nil
		}
		return auth.ErrBadCredentials
	})
	if !t.offered("AUTH") || err != nil {
		t.say("504 5.7.4 Unrecognized authentication type")
		return
	}
	var response []byte
	if given {
		response, err = decodeResponse(initial)
	}
	for err == nil {
		var challenge []byte
		var done bool
		if challenge, done, err = x.Next(response); done {
			break
		}
		t.say("334 " + base64.StdEncoding.EncodeToString(challenge))
		var line string
		if line, err = t.line(); err == nil {
			response, err = decodeResponse(line)
		}
	}
	switch {
	case asked == "":
		t.say("501 5.5.2 Authentication exchange broken off")
	case err != nil:
		t.answer(StageAuth, asked, "535 5.7.3 Authentication unsuccessful")
	case t.answer(StageAuth, asked, "235 2.7.0 Authentication successful"):
		t.user = asked
	}
}

// decodeResponse decodes a response; "=" is an empty one, "*" none at all.
func decodeResponse(s string) ([]byte, error) {
	switch s {
	case "=":
		return []byte{}, nil
	case "*":
		return nil, errors.New("cancelled")
	}
	return base64.StdEncoding.DecodeString(s)
}

// name returns the host's name.
func (s *Sink) name() string {
	if s.Hostname == "" {
		return "sink.invalid"
	}
	return s.Hostname
}

// drop resets c where that is possible, and closes it in any case.
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
