package relaytest

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// What a Sink keeps and accepts when its fields do not say.
const (
	sinkMessageSize = 64 << 20
	sinkKept        = 256 << 20
	sinkPatience    = time.Minute
)

// Stage is a point of the conversation at which a Sink may be told what to say.
type Stage string

// The stages.
const (
	StageConnect Stage = "CONNECT" // argument: the client's address
	StageHello   Stage = "EHLO"    // argument: the client's name
	StageAuth    Stage = "AUTH"    // argument: the user name
	StageMail    Stage = "MAIL"    // argument: the sender
	StageRcpt    Stage = "RCPT"    // argument: the recipient
	StageData    Stage = "DATA"    // argument: the sender; asked when the message is complete
)

// Drop as the answer of a script resets the connection instead of answering.
const Drop = "drop"

// Sink is an SMTP server that records what it is given: the next hop of a
// relay under test. It speaks STARTTLS, AUTH PLAIN and LOGIN, 8BITMIME,
// BINARYMIME, CHUNKING, PIPELINING, SMTPUTF8, SIZE and DSN. The zero Sink takes
// everything in the clear. Its fields must not change once it serves.
type Sink struct {
	Hostname     string            // for greeting; default "sink.invalid"
	Certificate  *tls.Certificate  // nil: STARTTLS is not offered
	ClientCAs    *x509.CertPool    // not nil: a client certificate is asked for, and checked if given
	Users        map[string]string // passwords; not nil: AUTH is offered and required for MAIL
	InsecureAuth bool              // offers AUTH without TLS too
	MaxSize      int64             // of a message in octets, announced with SIZE; default 64 MiB

	// Script, if not nil, is asked at every stage. It returns "" for the
	// usual answer, or Drop, or a reply such as "451 4.3.0 Try later". Replies
	// must be 4xx or 5xx, except that a 250 at StageData replaces the usual
	// text; a refused message is not recorded. Script is called by the
	// goroutine of the connection, which it may hold up.
	Script func(stage Stage, argument string) string

	mu       sync.Mutex
	server   *smtp.Server
	conns    map[net.Conn]struct{}
	total    int // connections so far
	messages []Message
	kept     int64
	changed  chan struct{}
}

// Message is one message that a Sink has accepted.
type Message struct {
	From string   // as written, without brackets; "" is the null sender
	To   []string // as written, in order
	Data []byte   // header and body as received, dot-stuffing undone

	Helo   string
	User   string // who has authenticated, or ""
	TLS    bool
	Remote netip.AddrPort

	Body  string // MAIL's BODY: "", "7BIT", "8BITMIME", "BINARYMIME"
	Size  int64  // MAIL's SIZE
	UTF8  bool   // MAIL's SMTPUTF8
	Ret   string // MAIL's RET
	EnvID string // MAIL's ENVID
	Auth  string // MAIL's AUTH as decoded; "" also if it was AUTH=<>
}

// String returns the envelope and the text, for the log of a test.
func (m Message) String() string {
	return fmt.Sprintf("from <%s> to <%s>\n%s", m.From, strings.Join(m.To, ">, <"), m.Data)
}

// Serve serves the connections of l until l or the Sink is closed.
func (s *Sink) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.server == nil {
		s.server = s.newServer()
	}
	server := s.server
	s.mu.Unlock()
	err := server.Serve(&sinkListener{Listener: l, sink: s})
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// newServer returns the go-smtp server that does the talking.
func (s *Sink) newServer() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		session := &sinkSession{sink: s, conn: c}
		return session, session.ask(StageHello, c.Hostname())
	}))
	server.Domain = s.Hostname
	if server.Domain == "" {
		server.Domain = "sink.invalid"
	}
	server.AllowInsecureAuth = true // sinkSession decides
	server.EnableSMTPUTF8 = true
	server.EnableBINARYMIME = true
	server.EnableDSN = true
	server.MaxLineLength = 1 << 20 // long body lines must arrive
	server.MaxMessageBytes = s.limit() + 1
	// Zero would let pipelined commands run on after the end of the connection.
	server.ReadTimeout = sinkPatience
	server.WriteTimeout = sinkPatience
	server.ErrorLog = log.New(io.Discard, "", 0)
	if s.Certificate != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*s.Certificate}, MinVersion: tls.VersionTLS12}
		if s.ClientCAs != nil {
			server.TLSConfig.ClientCAs = s.ClientCAs
			server.TLSConfig.ClientAuth = tls.VerifyClientCertIfGiven
		}
	}
	return server
}

// Close stops serving, ends all connections and waits until that is done.
func (s *Sink) Close() error {
	s.mu.Lock()
	server := s.server
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	for c := range conns {
		_ = c.Close() // it may have ended by itself
	}
	if server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), sinkPatience)
	defer cancel()
	return server.Shutdown(ctx)
}

// Messages returns what was accepted so far, oldest first. The caller must not
// change what the messages hold.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Wait returns the messages once there are n of them, or with the cause of ctx
// those that came until it ended.
func (s *Sink) Wait(ctx context.Context, n int) ([]Message, error) {
	for {
		s.mu.Lock()
		messages := slices.Clone(s.messages)
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-ctx.Done():
			return messages, context.Cause(ctx)
		case <-changed:
		}
	}
}

// Clear forgets the messages.
func (s *Sink) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages, s.kept = nil, 0
}

// Connections returns how many connections were accepted so far.
func (s *Sink) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// limit returns the size limit of a message.
func (s *Sink) limit() int64 {
	if s.MaxSize > 0 {
		return s.MaxSize
	}
	return sinkMessageSize
}

// record keeps m, unless too much is kept already.
func (s *Sink) record(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept+int64(len(m.Data)) > sinkKept {
		return parseReply("452 4.3.1 The sink is full")
	}
	s.messages = append(s.messages, m)
	s.kept += int64(len(m.Data))
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	return nil
}

// check reports whether the password is that of the user.
func (s *Sink) check(user, password string) bool {
	want, ok := s.Users[user]
	return subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1 && ok
}

// track counts c and remembers it for Close.
func (s *Sink) track(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = make(map[net.Conn]struct{})
	}
	s.conns[c] = struct{}{}
	s.total++
}

// forget is track's opposite.
func (s *Sink) forget(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}
