package relaytest

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// The defaults and limits of a Sink.
const (
	sinkMessageSize = 64 << 20
	sinkKept        = 256 << 20
	sinkTimeout     = time.Minute
)

// Stage is a point of the conversation at which a script may choose the Sink's reply.
type Stage string

// The stages.
const (
	StageConnect  Stage = "CONNECT"   // argument: the client's address
	StageHello    Stage = "EHLO"      // argument: the client's name
	StageTLS      Stage = "STARTTLS"  // argument: the client's name
	StageAuth     Stage = "AUTH"      // argument: the user name
	StageMail     Stage = "MAIL"      // argument: the sender
	StageRcpt     Stage = "RCPT"      // argument: the recipient
	StageDataInit Stage = "DATA INIT" // argument: the sender; asked before the 354, or at the first BDAT
	StageBody     Stage = "BODY"      // argument: the sender; asked when the first part of the message has arrived
	StageData     Stage = "DATA"      // argument: the sender; asked when the message is complete
	StageStored   Stage = "STORED"    // argument: the sender; asked when the message was recorded
	StageReset    Stage = "RSET"
)

// Answers of a script that are not replies. All of them end the conversation.
const (
	Drop    = "drop"    // resets the connection
	Close   = "close"   // ends the connection as after QUIT
	Hang    = "hang"    // sends nothing until the client is gone
	Endless = "endless" // sends a reply that never ends
)

// rawMark begins what Raw returns.
const rawMark = "\x00"

// Raw is the answer of a script that sends text as it is, in place of a reply. For the
// Sink the command has failed; the conversation goes on.
func Raw(text string) string { return rawMark + text }

// Sink is an SMTP server that records the messages it accepts: the next hop of a relay
// under test. It speaks STARTTLS, AUTH with passwords and tokens, 8BITMIME,
// BINARYMIME, CHUNKING, PIPELINING, SMTPUTF8, SIZE and DSN. The zero Sink accepts
// everything, without TLS. Its fields must not change once it serves.
type Sink struct {
	Hostname    string            // for greeting; default "sink.invalid"
	Certificate *tls.Certificate  // nil: STARTTLS is not offered
	TuneTLS     func(*tls.Config) // not nil: may change the configuration for STARTTLS
	ClientCAs   *x509.CertPool    // not nil: a client certificate is asked for, and checked if given
	Users       map[string]string // passwords; not nil: AUTH is offered and required for MAIL
	// Tokens reports whether a token is the user's; not nil: AUTH XOAUTH2 and OAUTHBEARER are
	// offered too, and AUTH is required for MAIL. Connections call it at the same time.
	Tokens       func(user, token string) bool
	TokenAtOnce  bool          // a refused token gets 535 at once, without the reason in JSON before it
	Mechanisms   []string      // the SASL names that EHLO lists, of those that Users and Tokens permit; nil: all
	InsecureAuth bool          // offers AUTH without TLS too
	MaxSize      int64         // of a message in bytes, announced with SIZE; default 64 MiB
	MaxKept      int64         // of all messages together, in bytes; further ones get 452; default 256 MiB
	Timeout      time.Duration // bounds the wait for a command and for the client to read a reply, and the end of scripts at Close; default a minute
	Omit         []string      // keywords of EHLO that are not offered, and whose parameters are refused

	// Script, if not nil, is called at every stage. It returns "" for the usual
	// answer, or a reply such as "451 4.3.0 Try later", or one of Drop, Close,
	// Hang, Endless and Raw. A reply of the same class as the usual one, such as a
	// 250 at StageData, replaces its text only. With any other the command has
	// failed, and before StageStored nothing is recorded; at StageConnect and
	// StageBody, where it would be out of place, the connection ends. The
	// goroutine of the connection calls Script, which may block it.
	Script func(stage Stage, argument string) string

	mu        sync.Mutex
	closed    bool
	listeners []net.Listener
	sessions  sync.WaitGroup
	conns     map[net.Conn]struct{}
	total     int // connections so far
	peak      int // at one time
	messages  []Message
	kept      int64
	changed   chan struct{}
}

// Message is one message that a Sink has accepted.
type Message struct {
	From string   // as written, without brackets; "" is the null sender
	To   []string // as written, in order
	Data []byte   // header and body as received, dot-stuffing undone

	Helo   string
	User   string // the authenticated user, or ""
	TLS    bool
	Remote netip.AddrPort

	Body  string // MAIL's BODY: "", "7BIT", "8BITMIME", "BINARYMIME"
	Size  int64  // MAIL's SIZE
	UTF8  bool   // MAIL's SMTPUTF8
	Ret   string // MAIL's RET
	EnvID string // MAIL's ENVID, decoded
	Auth  string // MAIL's AUTH as decoded; "" also if it was AUTH=<>

	MailParams string   // all of MAIL's parameters, as written
	RcptParams []string // all of RCPT's parameters, as written, for each of To
}

// String returns the envelope and the text, for the log of a test.
func (m Message) String() string {
	return fmt.Sprintf("from <%s> to <%s>\n%s", m.From, strings.Join(m.To, ">, <"), m.Data)
}

// Serve serves the connections of l until l or the Sink is closed.
func (s *Sink) Serve(l net.Listener) error {
	if !s.addListener(l) {
		return l.Close()
	}
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.track(c) {
			go s.converse(c)
		}
	}
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

// addListener remembers l for Close, unless Close was called.
func (s *Sink) addListener(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.listeners = append(s.listeners, l)
	}
	return !s.closed
}

// Close stops serving, ends all connections and waits until that is done.
func (s *Sink) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		_ = l.Close() // it may be closed already
	}
	s.listeners = nil
	for c := range s.conns {
		_ = c.Close() // it may have ended by itself
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.sessions.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(s.timeout()):
		return errors.New("the script of a sink doesn't return")
	}
}

// Messages returns the messages accepted so far, oldest first. The caller must not
// change their contents.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Wait returns the messages once there are n of them. If ctx ends before, it returns
// the messages so far and the cause of ctx.
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

// Peak returns the largest number of connections at one time.
func (s *Sink) Peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// limit returns the size limit of a message.
func (s *Sink) limit() int64 { return cmp.Or(max(s.MaxSize, 0), sinkMessageSize) }

// timeout returns the Timeout.
func (s *Sink) timeout() time.Duration { return cmp.Or(max(s.Timeout, 0), sinkTimeout) }

// record keeps m, unless too much is kept already.
func (s *Sink) record(m Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept+int64(len(m.Data)) > cmp.Or(max(s.MaxKept, 0), sinkKept) {
		return false
	}
	s.messages = append(s.messages, m)
	s.kept += int64(len(m.Data))
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	return true
}

// track counts c and remembers it for Close; after that it closes c.
func (s *Sink) track(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Close() // an error changes nothing
		return false
	}
	if s.conns == nil {
		s.conns = make(map[net.Conn]struct{})
	}
	s.conns[c] = struct{}{}
	s.total++
	s.peak = max(s.peak, len(s.conns))
	s.sessions.Add(1)
	return true
}

// forget undoes track.
func (s *Sink) forget(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.sessions.Done()
}
