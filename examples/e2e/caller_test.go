//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// caller carries out connector.Dialogs on sockets. It knows the server's replies and no policy.
type caller struct {
	host     *host
	ca       *authority                     // of client certificates
	name     func(*connector.Dialog) string // by which the dialog's user logs on
	password string
}

// call is one session.
type call struct {
	*caller
	d        connector.Dialog
	conn     net.Conn
	reader   *textproto.Reader
	said     string   // the text of the last reply
	offered  []string // the lines of the reply to EHLO
	outcomes []string // "rcpt 550 5.7.54", or "connect closed"
}

// errRefused ends a session after a refusal.
var errRefused = errors.New("refused")

// run returns the replies to the commands of a dialog, as outcomes. The error is that of a
// session that couldn't be begun or went wrong.
func (c *caller) run(d connector.Dialog) ([]string, error) {
	s := &call{caller: c, d: d}
	err := s.converse()
	if s.conn != nil {
		s.conn.Close()
	}
	if errors.Is(err, errRefused) {
		err = nil
	}
	return s.outcomes, err
}

// converse goes through the commands up to the first that is refused, except RCPT.
func (s *call) converse() error {
	steps := []func() error{s.connect, s.hello}
	if s.d.TLS && !s.d.BeginsWithTLS() {
		steps = append(steps, func() error { return s.command("starttls", "STARTTLS") }, s.handshake, s.hello)
	}
	if s.d.User != nil {
		steps = append(steps, s.logOn)
	}
	for _, step := range append(steps, s.mail, s.recipients, s.data) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// connect opens the connection and reads the greeting.
func (s *call) connect() error {
	conn, err := s.host.dialFrom(s.d.Remote, s.d.Local)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return s.record("connect", 0, "", err)
	case err != nil:
		return err
	}
	s.use(conn)
	if s.d.BeginsWithTLS() && s.d.TLS {
		if err := s.handshake(); err != nil {
			return s.record("connect", 0, "", err)
		}
	} else if s.d.BeginsWithTLS() {
		if err := s.send("EHLO " + s.d.Helo); err != nil { // each side waits for the other one
			return err
		}
	}
	return s.answer("connect")
}

// dialFrom connects from one address to another, which are local only by a route.
func (h *host) dialFrom(from netip.Addr, to netip.AddrPort) (conn net.Conn, err error) {
	free := func(network, _ string, raw syscall.RawConn) (err error) {
		level, option := unix.SOL_IP, unix.IP_FREEBIND
		if network == "tcp6" {
			level, option = unix.SOL_IPV6, unix.IPV6_FREEBIND
		}
		failed := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), level, option, 1) })
		return errors.Join(failed, err)
	}
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), Control: free, Timeout: 10 * time.Second}
	err = h.try(func() (err error) {
		conn, err = dialer.Dial("tcp", to.String())
		return err
	})
	return conn, err
}

func (s *call) use(conn net.Conn) {
	s.conn, s.reader = conn, textproto.NewReader(bufio.NewReader(conn))
	conn.SetDeadline(time.Now().Add(time.Minute))
}

// handshake begins TLS, with a certificate of the dialog's names.
func (s *call) handshake() error {
	config := &tls.Config{InsecureSkipVerify: true}
	if names := s.d.PeerNames; len(names) > 0 {
		cert, err := s.ca.Issue(names...)
		if err != nil {
			return err
		}
		config.Certificates = []tls.Certificate{cert}
	}
	conn := tls.Client(s.conn, config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	s.use(conn)
	return nil
}

func (s *call) hello() error { return s.command("ehlo", "EHLO "+s.d.Helo) }

// logOn logs the user on with the password, or tries another mechanism.
func (s *call) logOn() error {
	if m := s.d.Mechanism; m != "" && m != auth.Login {
		return s.command("auth", "AUTH "+m)
	}
	line := "AUTH LOGIN"
	for _, text := range []string{s.name(&s.d), s.password} {
		if err := s.send(line); err != nil {
			return err
		}
		code, said, err := s.read()
		if err != nil || code != 334 {
			return s.record("auth", code, said, err)
		}
		line = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return s.command("auth", line)
}

func (s *call) mail() error {
	line := "MAIL FROM:<>"
	if !s.d.From.IsNull() {
		line = "MAIL FROM:<" + s.d.From.String() + ">"
	}
	if s.offers("SIZE") && s.d.Size > 0 {
		line += " SIZE=" + strconv.FormatInt(s.d.Size, 10)
	}
	beyond := func(a routing.Address) bool { return !a.IsASCII() }
	if s.offers("SMTPUTF8") && (beyond(s.d.From) || slices.ContainsFunc(s.d.To, beyond)) {
		line += " SMTPUTF8"
	}
	return s.command("mail", line)
}

// recipients goes on after a refusal, unless the server closes the connection.
func (s *call) recipients() error {
	for _, to := range s.d.To {
		err := s.command("rcpt", "RCPT TO:<"+to.String()+">")
		if err != nil && (!errors.Is(err, errRefused) || strings.HasPrefix(s.outcomes[len(s.outcomes)-1], "rcpt 421")) {
			return err
		}
	}
	return nil
}

func (s *call) data() error {
	if err := s.send("DATA"); err != nil {
		return err
	}
	if code, text, err := s.read(); err != nil || code != 354 {
		return s.record("data", code, text, err)
	}
	if _, err := s.conn.Write(append(messageOf(&s.d), ".\r\n"...)); err != nil {
		return err
	}
	return s.answer("data")
}

// messageOf returns a message with the header fields and the size of a dialog.
func messageOf(d *connector.Dialog) []byte {
	var b bytes.Buffer
	for _, name := range d.Header {
		b.WriteString(name + ": of the client\r\n")
	}
	b.WriteString("\r\n")
	for rest := int(d.Size) - b.Len(); rest > 1; rest = int(d.Size) - b.Len() {
		n := min(rest, 72)
		if rest-n == 1 {
			n-- // a line has two bytes or more
		}
		b.WriteString(strings.Repeat("y", n-2) + "\r\n")
	}
	return b.Bytes()
}

// offers reports whether the reply to EHLO has a keyword.
func (s *call) offers(keyword string) bool {
	return slices.ContainsFunc(s.offered, func(line string) bool { return line == keyword || strings.HasPrefix(line, keyword+" ") })
}

// command sends a line and records the reply.
func (s *call) command(name, line string) error {
	if err := s.send(line); err != nil {
		return err
	}
	return s.answer(name)
}

func (s *call) send(line string) error {
	_, err := s.conn.Write([]byte(line + "\r\n"))
	return err
}

// answer records the reply to a command.
func (s *call) answer(name string) error {
	code, text, err := s.read()
	return s.record(name, code, text, err)
}

// record keeps an outcome. The error is errRefused if it is a refusal.
func (s *call) record(name string, code int, text string, err error) error {
	if err != nil {
		s.outcomes = append(s.outcomes, name+" closed")
		return errRefused
	}
	enhanced, _ := reply.CutEnhanced(text, code/100)
	s.outcomes = append(s.outcomes, outcomeOf(name, reply.Reply{Code: code, Enhanced: enhanced}))
	if code >= 400 {
		return errRefused
	}
	return nil
}

// outcomeOf returns the outcome that stands for a reply to a command.
func outcomeOf(name string, r reply.Reply) string {
	r.Text = ""
	return name + " " + r.String()
}

// read reads a reply, and keeps the lines of the one to EHLO.
func (s *call) read() (code int, text string, err error) {
	code, text, err = s.reader.ReadResponse(0)
	s.said = text
	if lines := strings.Split(text, "\n"); code == 250 && len(lines) > 1 {
		s.offered = lines[1:]
	}
	return code, text, err
}
