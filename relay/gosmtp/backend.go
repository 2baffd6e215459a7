package gosmtp

import (
	"crypto/x509"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
)

// Backend is the smtp.Backend of a go-smtp server that keeps a policy. It passes on to
// Next what the policy allows. Its fields must not change after the first use; its methods
// are safe for concurrent use.
type Backend struct {
	Policy *connector.Policy // the first policy; SetPolicy replaces it, and CurrentPolicy returns it

	// Next gets the sessions, the commands and the messages that the policy allows. Of
	// one session it is called by one goroutine at a time, also where go-smtp would call
	// Reset while Data is running. Addresses that need quotes have them; a message
	// begins with a Received field and has passed the header firewall. An error that
	// is or wraps an *smtp.SMTPError with a code from 400 to 599 reaches the client. Any
	// other becomes 451, and only the Logger sees its text.
	Next smtp.Backend

	// Verifier checks passwords, within the limits for guesses of a relay.Server. Where users
	// have logged on is kept in memory only.
	Verifier auth.Verifier
	// Identify returns who the client is after it has authenticated with an exchange of
	// session, a session of Next that is an smtp.AuthSession. With Identify, AUTH offers
	// the mechanisms that both the policy and session offer; without it and without a
	// Verifier, AUTH is not offered. If Verifier is set, Identify isn't used. An error of
	// the exchange refuses the client with 535, and with 454 if it is a temporary
	// *smtp.SMTPError.
	Identify func(session smtp.AuthSession) (auth.Identity, error)

	// ClientCAs are the authorities whose certificates make a client of a
	// domain-secured connector a Partner. The server's TLSConfig must ask for one.
	// If nil, no client is a Partner.
	ClientCAs *x509.CertPool

	// Events are called when a limit refuses something (event.LimitReached), when a Listener refuses a
	// connection (event.ConnectionRefused), and with refused logons (event.CommandRefused), as a
	// relay.Server calls its own. Other events of a relay.Server don't come.
	Events []event.Reader

	// Logger gets the errors that the client doesn't see, and a line for each event. If nil,
	// nothing is logged.
	Logger *slog.Logger

	reading sync.Once
	emit    event.Reader // of reading; nil: nothing reads events

	current      atomic.Pointer[connector.Policy]
	rate         limits.ConnectionRate
	guesses      limits.Guesses
	transactions limits.Transactions
	stopping     atomic.Bool
	open         sync.WaitGroup // conns

	mu     sync.Mutex
	counts map[string]*counts // by the name of the connector
	conns  map[*conn]struct{} // of Listeners
}

// SetPolicy replaces the policy for new connections; without a Listener, for new sessions.
// nil is relay.ErrNoPolicy.
func (b *Backend) SetPolicy(p *connector.Policy) error {
	if p == nil {
		return relay.ErrNoPolicy
	}
	b.current.Store(p)
	return nil
}

// CurrentPolicy returns the policy of new connections; nil if none was given.
func (b *Backend) CurrentPolicy() *connector.Policy {
	if p := b.current.Load(); p != nil {
		return p
	}
	return b.Policy
}

// countsOf returns the counts of a connector.
func (b *Backend) countsOf(in *connector.Inbound) *counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.counts[in.Name()]
	if c == nil {
		c = new(counts)
		if b.counts == nil {
			b.counts = make(map[string]*counts)
		}
		b.counts[in.Name()] = c
	}
	return c
}

// log returns the Logger.
func (b *Backend) log() *slog.Logger {
	if b.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return b.Logger
}

// Settings of NewServer.
const (
	// readTimeout is as good as none: the conn of a Listener keeps the connector's. But
	// without one go-smtp runs the commands that were pipelined behind QUIT.
	readTimeout = 24 * time.Hour
	// maxLineLength bounds a line of a command and of a message. RFC 4954 needs 12288
	// for AUTH, and messages with longer lines than RFC 5322 allows are common.
	maxLineLength = 64 << 10
)

// NewServer returns a go-smtp server for b with the settings that the package
// documentation asks for. The caller sets Domain, TLSConfig and the extensions, and serves
// Listener's listener.
func (b *Backend) NewServer() *smtp.Server {
	s := smtp.NewServer(b)
	s.ReadTimeout = readTimeout
	s.MaxLineLength = maxLineLength
	s.AllowInsecureAuth = true // the connector decides
	return s
}

var _ smtp.Backend = (*Backend)(nil)
