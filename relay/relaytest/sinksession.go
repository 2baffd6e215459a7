package relaytest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// errDropped ends a session whose connection the script has dropped.
var errDropped = errors.New("relaytest: connection dropped by the script")

// sinkSession is one SMTP session of a Sink.
type sinkSession struct {
	sink *Sink
	conn *smtp.Conn
	user string

	// go-smtp runs Data beside later commands when BDAT is used.
	mu      sync.Mutex
	message Message
}

// ask lets the script answer. The result is nil for the usual answer.
func (s *sinkSession) ask(stage Stage, argument string) error {
	if s.sink.Script == nil {
		return nil
	}
	switch answer := s.sink.Script(stage, argument); answer {
	case "":
		return nil
	case Drop:
		drop(s.conn.Conn())
		return errDropped
	default:
		return parseReply(answer)
	}
}

// Mail implements smtp.Session.
func (s *sinkSession) Mail(from string, options *smtp.MailOptions) error {
	if s.sink.Users != nil && s.user == "" {
		return parseReply("530 5.7.1 Client was not authenticated")
	}
	_, encrypted := s.conn.TLSConnectionState()
	m := Message{From: from, Helo: s.conn.Hostname(), User: s.user, TLS: encrypted, Remote: addrPort(s.conn.Conn())}
	if options != nil {
		m.Body, m.Size, m.UTF8 = string(options.Body), options.Size, options.UTF8
		m.Ret, m.EnvID = string(options.Return), options.EnvelopeID
		if options.Auth != nil {
			m.Auth = *options.Auth
		}
	}
	s.mu.Lock()
	s.message = m
	s.mu.Unlock()
	return s.ask(StageMail, from)
}

// Rcpt implements smtp.Session.
func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.ask(StageRcpt, to); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.message.To = append(s.message.To, to)
	return nil
}

// Data implements smtp.Session.
func (s *sinkSession) Data(r io.Reader) error {
	s.mu.Lock()
	m := s.message
	s.mu.Unlock()
	var body bytes.Buffer
	if _, err := io.Copy(&body, io.LimitReader(r, s.sink.limit()+1)); err != nil {
		return err
	}
	if int64(body.Len()) > s.sink.limit() {
		return parseReply("552 5.3.4 Message size exceeds fixed maximum message size")
	}
	answer := s.ask(StageData, m.From)
	var reply *smtp.SMTPError
	if answer != nil && (!errors.As(answer, &reply) || reply.Code/100 != 2) {
		return answer
	}
	m.Data = body.Bytes()
	if err := s.sink.record(m); err != nil {
		return err
	}
	return answer
}

// Reset implements smtp.Session.
func (s *sinkSession) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.message = Message{}
}

// Logout implements smtp.Session.
func (s *sinkSession) Logout() error { return nil }

// AuthMechanisms implements smtp.AuthSession.
func (s *sinkSession) AuthMechanisms() []string {
	if _, encrypted := s.conn.TLSConnectionState(); s.sink.Users == nil || !encrypted && !s.sink.InsecureAuth {
		return nil
	}
	return []string{"LOGIN", "PLAIN"}
}

// Auth implements smtp.AuthSession.
func (s *sinkSession) Auth(mechanism string) (sasl.Server, error) {
	switch {
	case s.AuthMechanisms() == nil:
	case mechanism == "PLAIN":
		return sasl.NewPlainServer(func(_, user, password string) error { return s.login(user, password) }), nil
	case mechanism == "LOGIN":
		return &loginServer{check: s.login}, nil
	}
	return nil, parseReply("504 5.7.4 Unrecognized authentication type")
}

// login ends an AUTH exchange.
func (s *sinkSession) login(user, password string) error {
	if err := s.ask(StageAuth, user); err != nil {
		return err
	}
	if !s.sink.check(user, password) {
		return parseReply("535 5.7.3 Authentication unsuccessful")
	}
	s.user = user
	return nil
}

// loginServer is the server's side of AUTH LOGIN.
type loginServer struct {
	asked int
	user  string
	check func(user, password string) error
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil { // no initial response
		return []byte("Username:"), false, nil
	}
	l.asked++
	if l.asked == 1 {
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// sinkListener lets the Sink see connections before go-smtp greets them.
type sinkListener struct {
	net.Listener
	sink *Sink
}

// Accept returns the next connection that the script does not turn away.
func (l *sinkListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.sink.track(c)
		answer := ""
		if l.sink.Script != nil {
			answer = l.sink.Script(StageConnect, addrPort(c).Addr().String())
		}
		switch answer {
		case "":
			return &sinkConn{Conn: c, sink: l.sink}, nil
		case Drop:
			drop(c)
		default:
			_, _ = io.WriteString(c, answer+"\r\n") // whether it arrives is the client's affair
			_ = c.Close()
		}
		l.sink.forget(c)
	}
}

// sinkConn is a connection that the Sink remembers until it is closed.
type sinkConn struct {
	net.Conn
	sink *Sink
}

// Close implements net.Conn.
func (c *sinkConn) Close() error {
	c.sink.forget(c.Conn)
	return c.Conn.Close()
}

// drop resets c where that is possible, and closes it in any case.
func drop(c net.Conn) {
	for {
		if r, ok := c.(interface{ Reset() }); ok {
			r.Reset()
			return
		}
		switch inner := c.(type) {
		case *sinkConn:
			inner.sink.forget(inner.Conn)
			c = inner.Conn
		case interface{ NetConn() net.Conn }: // *tls.Conn
			c = inner.NetConn()
		case *net.TCPConn:
			_ = inner.SetLinger(0) // a reset is nicer, but a close will do
			_ = inner.Close()
			return
		default:
			_ = c.Close()
			return
		}
	}
}

// addrPort returns the client's address; zero if it is not an IP address.
func addrPort(c net.Conn) netip.AddrPort {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}

// parseReply turns "451 4.3.0 text" into go-smtp's form.
func parseReply(line string) *smtp.SMTPError {
	code, text, _ := strings.Cut(line, " ")
	reply := &smtp.SMTPError{EnhancedCode: smtp.NoEnhancedCode, Message: text}
	var err error
	if reply.Code, err = strconv.Atoi(code); err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.NoEnhancedCode, Message: "Malformed script answer " + strconv.Quote(line)}
	}
	class, rest, _ := strings.Cut(text, " ")
	var numbers smtp.EnhancedCode
	parts := strings.Split(class, ".")
	if len(parts) != len(numbers) {
		return reply
	}
	for i, part := range parts {
		if numbers[i], err = strconv.Atoi(part); err != nil {
			return reply
		}
	}
	reply.EnhancedCode, reply.Message = numbers, rest
	return reply
}
