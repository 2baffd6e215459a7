package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/message"
)

// Resolver finds next hops. *net.Resolver is one. The names of mail domains, and of the hosts in
// their MX records, end with a dot, so that no search list of the system applies to them.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Sender delivers messages. It is a relay.Handler that delivers while the client
// waits; callers that keep messages use Send. The zero Sender uses the system's
// resolver and certificates. It is safe for concurrent use; its fields must not change
// after the first use.
type Sender struct {
	// Resolver finds next hops where the policy doesn't list name servers; their protocol is then
	// the Resolver's own matter. Nil: the system's.
	Resolver Resolver
	// ResolverFor, if not nil, returns the Resolver that asks the name servers of a connector, in
	// place of Resolver. It is called for each look-up, by many goroutines at once. Nil: lists are
	// asked as Resolvers does it.
	ResolverFor func(connector.NameServers) Resolver
	// Dial connects to a next hop, from the source address if it is valid. It must
	// return when ctx ends. Nil: TCP.
	Dial func(ctx context.Context, source netip.Addr, to netip.AddrPort) (net.Conn, error)
	// Local reports whether an address is one of this machine's, so that mail isn't
	// sent to a wildcard binding of this server. Nil: the addresses of the network
	// interfaces; set it with a Dial that doesn't use them. Loopback addresses always
	// are local.
	Local func(netip.Addr) bool
	// RootCAs are the authorities of the next hops' certificates; nil: the system's.
	// SetRootCAs replaces them.
	RootCAs *x509.CertPool
	// Certificates are shown to next hops that ask for one, as the connector says:
	// the certificate named by TlsCertificateName, or for secured domains those that
	// cover the connector's Fqdn. SetCertificates replaces them.
	Certificates []tls.Certificate

	// Prepare, if not nil, is called with each message that leaves by a Send connector,
	// delivery reports included: once for each attempt, when the header firewall has been
	// applied and before the next hop is called. It may look at the message and change
	// it. Content that was declared as 8BITMIME or BINARYMIME has been converted to 7 bits
	// where that is possible (RFC 6376, section 5.3), so that any next hop gets the message
	// as it was prepared. An error ends the attempt: see relay.Error. Messages for another
	// server of the organisation aren't prepared; that server does it. A Dispatcher has its
	// Transport prepare messages for the other transports too: see PrepareFor.
	Prepare PrepareFunc

	// Sign signs the messages of the connectors whose DkimSigning isn't None, after Prepare
	// and under the same conditions; *sign.Signer has such a method. SetSign replaces it. Nil:
	// this server has no keys, and mail of a connector whose DkimSigning is Required waits.
	Sign PrepareFunc

	// Messages holds the messages that Prepare and Sign get, unless they can be read again where
	// they are: in the memory of a Dispatcher, or on its Store. What was converted to 7 bits
	// is another message, which Messages holds. If nil, it is a zero Pool.
	Messages *message.Pool
	// TLSConfig, if not nil, may change the configuration of each TLS connection that
	// the connector opens to a next hop; ServerName is the host. It must be safe for
	// concurrent use. What the connector requires is added afterwards: TLS 1.2 without
	// RC4 and Triple DES, and the check of the certificate against RootCAs and names,
	// for which InsecureSkipVerify doesn't matter. If a function that it sets returns an
	// error, or a check that it turns on fails, the message isn't sent in the clear
	// instead. It isn't called for other servers of the organisation.
	TLSConfig func(out *connector.Outbound, c *tls.Config)
	// TLSPolicies, if not nil, has the requirements of domains' owners for TLS, for connectors
	// with DaneEnabled or MtaStsEnabled. These requirements and those of the connector must
	// both be met.
	TLSPolicies TLSPolicies
	// Tokens, if not nil, returns the tokens of a connector with SmartHostAuthMechanism OAuth for
	// one of its smart hosts, which sees them; nil: it has none, and the host isn't logged on to.
	// It returns the same source until its settings change: mail to a host that has refused the logon waits until the end of the pause
	// whatever token the source gives, and another source ends the pause.
	Tokens func(out *connector.Outbound, host param.SmartHost) TokenSource
	// ProtocolLog, if not nil, is called with each line of the connections of Send connectors
	// with ProtocolLoggingLevel Verbose, and of those to other servers of the organisation if
	// IntraOrgConnectorProtocolLoggingLevel is Verbose. It delays the attempt that calls it.
	ProtocolLog func(event.Line)
	// ConnectivityLog, if not nil, is called with each step of each connection. It delays the
	// attempt that calls it, and may be called by many goroutines at once.
	ConnectivityLog func(event.ConnectivityLine)
	// Events are called with what only the Sender knows: hosts that failed although the
	// message was delivered, and refusals to clients that wait. ctx is that of the call.
	Events []event.Reader
	Logger *slog.Logger // gets a line for each event; nil: no log

	once    sync.Once
	joined  event.Reader
	renewed atomic.Pointer[[]tls.Certificate] // nil: Certificates
	roots   atomic.Pointer[*x509.CertPool]    // nil: RootCAs
	signing atomic.Pointer[PrepareFunc]       // nil: Sign
	pool    pool

	resolvers Resolvers // without ResolverFor

	ownMessages message.Pool // in place of Messages
	health      health
	breaker     breaker
	buffers     sync.Pool
	timeouts    smtpclient.Timeouts // zero: those of RFC 5321
}

// Check returns source.Diagnostics with each Send connector of p whose TlsCertificateName
// names none of the Certificates, and with each whose DkimSigning is Required if there is no
// Sign; else nil. Mail for such a connector is refused with 451.
func (s *Sender) Check(p *connector.Policy) error {
	var list source.Diagnostics
	for out := range p.Send() {
		if name := out.Settings().TlsCertificateName; name != "" && out.Local() {
			if _, err := certificate.Choose(name, out.Fqdn(), s.certificates()); err != nil {
				list = append(list, source.Wrap(source.Named("Send", out.Name()), source.CodeCertificateUnusable, err))
			}
		}
		if out.Settings().DkimSigning == param.DkimRequired && out.Local() && s.signer() == nil {
			list = append(list, source.Wrap(source.Named("Send", out.Name()), source.CodeDkimKeyMissing, errNoKeys))
		}
	}
	return list.Err()
}

// SetCertificates replaces the Certificates for connections that are opened from now on.
// The slice must not change afterwards.
func (s *Sender) SetCertificates(certificates []tls.Certificate) { s.renewed.Store(&certificates) }

// certificates returns the present certificates.
func (s *Sender) certificates() []tls.Certificate {
	if renewed := s.renewed.Load(); renewed != nil {
		return *renewed
	}
	return s.Certificates
}

// SetRootCAs replaces the RootCAs; nil: the system's. Connections that were opened before
// get no further messages.
func (s *Sender) SetRootCAs(roots *x509.CertPool) { s.roots.Store(&roots) }

// rootCAs returns the present authorities.
func (s *Sender) rootCAs() *x509.CertPool {
	if roots := s.roots.Load(); roots != nil {
		return *roots
	}
	return s.RootCAs
}

// SetSign replaces Sign for messages that are sent from now on.
func (s *Sender) SetSign(sign PrepareFunc) { s.signing.Store(&sign) }

// signer returns the present Sign.
func (s *Sender) signer() PrepareFunc {
	if sign := s.signing.Load(); sign != nil {
		return *sign
	}
	return s.Sign
}

// reader returns the Logger and the Events as one; nil if nothing reads events.
func (s *Sender) reader() event.Reader {
	s.once.Do(func() { s.joined = event.Log(s.Logger, s.Events...) })
	return s.joined
}

// emit passes e to the Readers.
func (s *Sender) emit(ctx context.Context, e event.Event) {
	if read := s.reader(); read != nil {
		e.Time = time.Now()
		read(ctx, e)
	}
}

// Close closes unused connections. Connections in use are closed when their transaction
// ends.
func (s *Sender) Close() error {
	s.pool.close()
	return nil
}
