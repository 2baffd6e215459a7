package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/message"
)

// Defaults of a Server.
const (
	defaultMaxConnections = 20_000
	largeBuffers          = 1024 // of 16 KiB, for connections that send a message or a long line
	maxTarpits            = 1024 // replies that are delayed at a time; each keeps its connection

	// shutdownGrace is how long transactions may go on after the context of
	// ListenAndServe has ended.
	shutdownGrace = 30 * time.Second
)

// Server serves the Receive connectors of a Policy. Its fields must not change
// once it serves; its methods are safe for concurrent use. A Server that was
// shut down can't be used again.
type Server struct {
	Policy  *connector.Policy // the first policy; Reload and SetPolicy replace it
	Handler Handler           // takes the messages

	// Reports takes the delivery reports about recipients that the Handler refused at
	// the end of a message. If nil, the Handler does. A Handler that delivers nothing to
	// other hosts needs one that does, such as a dispatch.Dispatcher.
	Reports Handler

	// Hooks are asked beside the Handler, in their order.
	Hooks []Hooks

	// Messages holds the messages that Hooks see. If nil, it is a zero Pool.
	Messages *message.Pool

	// BaseContext returns the context of the connections of a listener, which is nil
	// for ServeConn. If BaseContext is nil, it is context.Background.
	BaseContext func(net.Listener) context.Context

	// ConnContext returns the context of a connection, derived from ctx. Hooks, the
	// Handler, the Verifier and the Logger get it. If nil, it is that of BaseContext.
	ConnContext func(ctx context.Context, c net.Conn) context.Context

	// Verifier checks passwords. If nil, AUTH is neither offered nor accepted,
	// whatever the connectors say.
	Verifier auth.Verifier

	// Certificates are the certificates that connectors choose from; SetCertificates
	// replaces them. If there is no certificate here or from the two functions below,
	// STARTTLS is not offered, and a connector that needs TLS is an error.
	Certificates []tls.Certificate

	// GetCertificate, if not nil, is asked for the certificate of each handshake before
	// Certificates are. The ServerName of hello is the name that the client sent, or the
	// connector's Fqdn if it sent none; if that fails, GetCertificate is called once
	// more with the Fqdn. nil without an error, or a certificate that doesn't have the
	// name in TlsCertificateName, means one of Certificates; an error ends the handshake
	// and the connection. It must be safe for concurrent use, and should return when
	// hello's context ends. autocert.Manager.GetCertificate fits.
	GetCertificate func(in *connector.Inbound, hello *tls.ClientHelloInfo) (*tls.Certificate, error)

	// TLSConfig, if not nil, may change the TLS configuration of each connector, when a
	// policy or certificates are set; it must not call the Server's methods. TLS 1.2
	// stays the oldest version, RC4 and Triple DES are removed, and only ClientCAs
	// decide who is a Partner.
	TLSConfig func(in *connector.Inbound, c *tls.Config)

	// ClientCAs are the authorities whose certificates make a client of a
	// domain-secured connector a Partner. If nil, no client is a Partner.
	ClientCAs *x509.CertPool

	// ImplicitTLS reports whether connections to a local address begin with TLS.
	// If nil, connections to port 465 do.
	ImplicitTLS func(local netip.AddrPort) bool

	// Recipients says which recipients of authoritative domains with AddressBookEnabled exist, to
	// clients without ms-Exch-Bypass-Anti-Spam; others are refused with 550 5.1.1, and with
	// 451 4.4.3 while it can't be found out. Nil: no recipient is looked up.
	Recipients Recipients

	// ProxyFrom are the load balancers that begin each connection with a header of the PROXY
	// protocol, of version 1 or 2. The client's address in the header is the client's to the
	// policy, to every limit and in the log. If the policy has a binding for the address
	// that the client connected to, that is the local address; otherwise it is the one that the balancer
	// connected to. A connection from these ranges whose header isn't whole within 5 seconds
	// is refused, and so is one with a header from anywhere else. Connections of a balancer itself
	// (LOCAL, UNKNOWN) are health checks: they are greeted, may send no mail, and aren't
	// logged.
	ProxyFrom []param.Range

	// XclientFrom are the testers: clients that may say by XCLIENT, before TLS, which client they stand for.
	// The connection then begins again with the greeting, and the addresses that they give decide about
	// the connector, every limit and what is logged, as if it came from there. All others are told that there is no
	// such command. Behind a balancer of ProxyFrom, the balancer's client is the tester.
	XclientFrom []param.Range

	// Listen opens a binding for ListenAndServe and SetPolicy; network is
	// "tcp4" or "tcp6". If nil, package net does.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)

	// KnownSources is the file that keeps over a restart where users have logged on; see
	// Guesses above. The Server reads it before its first connection, and replaces it as a whole
	// within a minute after a change, and at Shutdown and Close. One Server at a time can use it.
	// A file that can't be read is an event. "": they are kept in memory only.
	KnownSources string

	// MaxConnections bounds the connections of all connectors together, of which a source gets three
	// quarters of what the others leave; 0 is 20000. Negative: no bound.
	MaxConnections int

	// Events are called with each event, and with the context of its connection.
	Events []event.Reader

	// Logger gets a line for each event, as [event.Log] writes it, and lines about
	// listeners. If nil, nothing is logged.
	Logger *slog.Logger

	// ProtocolLog is called with each line of the conversations of connectors with
	// ProtocolLoggingLevel Verbose. It is called by the goroutines of the connections, each of
	// which it delays. If nil, conversations aren't logged. A gateway.Gateway writes files.
	ProtocolLog func(event.Line)

	// Explain reports by name for which Receive connectors every decision is
	// logged with the steps that led to it, under an id that the reply shows
	// too. It is called once for each connection, when its connector is chosen, and
	// must be safe for concurrent use. If nil, no connector is explained; otherwise the
	// choice takes longer for every connection, because its steps are recorded.
	Explain func(connector string) bool

	once          sync.Once
	emit          event.Reader    // the Logger and Events; nil: nothing reads them
	shutdown      context.Context // ends when Shutdown or Close begins
	closed        context.Context // ends when open connections are closed
	startShutdown context.CancelFunc
	closeAll      context.CancelFunc

	current      atomic.Pointer[endpoints] // for new connections
	places       limits.Places
	rate         limits.ConnectionRate
	tarpits      *limits.Pool
	transactions limits.Transactions
	buffers      *smtpserver.Buffers
	guesses      limits.Guesses

	policyMu sync.Mutex // held during a change of policy
	bound    map[netip.AddrPort]net.Listener
	failed   chan error // the error of an accept loop of ListenAndServe

	mu        sync.Mutex
	stopping  bool
	listeners map[net.Listener]struct{}
	conns     map[net.Conn]struct{}
	sessions  map[*progress]struct{}
	wg        sync.WaitGroup // conns
}

// ErrServerClosed is returned by a Server that is used after it was shut down.
var ErrServerClosed = errors.New("the server was shut down")

// init makes the zero Server usable.
func (s *Server) init() {
	var unreadable error
	s.once.Do(func() {
		s.shutdown, s.startShutdown = context.WithCancel(context.Background())
		s.closed, s.closeAll = context.WithCancel(context.Background())
		s.listeners = make(map[net.Listener]struct{})
		s.conns = make(map[net.Conn]struct{})
		s.sessions = make(map[*progress]struct{})
		s.buffers, s.tarpits = smtpserver.NewBuffers(largeBuffers), newTarpits()
		if s.Messages == nil {
			s.Messages = new(message.Pool)
		}
		s.emit = event.Log(s.Logger, s.Events...)
		if s.Logger == nil {
			s.Logger = slog.New(slog.DiscardHandler)
		}
		if s.KnownSources != "" {
			unreadable = s.guesses.Keep(s.KnownSources, func(err error) { s.report(event.SourcesNotStored, err) })
		}
	})
	if unreadable != nil { // a reader may call the Server
		s.report(event.SourcesUnreadable, unreadable)
	}
}

// report passes on an event about the known sources.
func (s *Server) report(kind event.Kind, err error) {
	if s.emit != nil {
		s.emit(context.Background(), event.Event{Kind: kind, Time: time.Now(), Err: err})
	}
}
