package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// SetPolicy replaces the policy for new connections; open connections keep the policy
// with which they began. A Server that listens opens new bindings first, and closes
// those that the policy no longer has. If the policy can't be served, or a binding
// can't be opened, the error is source.Diagnostics with the reasons, or ErrNoPolicy, and
// nothing has changed. (A change between a
// single address and the wildcard of the same port is such an error: one can't be
// opened while the other is open.)
func (s *Server) SetPolicy(p *connector.Policy) error {
	s.init()
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	c := s.config()
	c.Policy = p
	return s.change(c)
}

// Config is the part of a Server that Reload replaces. Its fields are those of the
// Server.
type Config struct {
	Policy       *connector.Policy
	Verifier     auth.Verifier
	Certificates []tls.Certificate // the slice must not change any more
	ClientCAs    *x509.CertPool
}

// CurrentConfig returns the configuration that new connections get now.
func (s *Server) CurrentConfig() Config {
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	return s.config()
}

// CurrentPolicy returns the policy of new connections.
func (s *Server) CurrentPolicy() *connector.Policy { return s.CurrentConfig().Policy }

// config is CurrentConfig for callers that hold policyMu.
func (s *Server) config() Config {
	if now := s.current.Load(); now != nil {
		return now.Config
	}
	return Config{s.Policy, s.Verifier, s.Certificates, s.ClientCAs}
}

// Reload replaces the policy as SetPolicy does, and everything else of c with it: a new
// connection gets all of c, and an open one keeps all of the old.
func (s *Server) Reload(c Config) error {
	s.init()
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	return s.change(c)
}

// SetCertificates replaces the certificates that connectors choose from, without a change
// of the policy. Handshakes use them from now on, also those of open connections, unless
// the connection has an earlier policy: that keeps its certificates. If a connector that
// has a certificate would have none then, or lacks the one that TlsCertificateName names,
// the error says so and nothing has changed. The slice must not change afterwards.
func (s *Server) SetCertificates(certificates []tls.Certificate) error {
	s.init()
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	now := s.current.Load()
	if now == nil {
		c := s.config()
		c.Certificates = certificates
		return s.change(c)
	}
	renewed := make(map[*endpoint]*tls.Config)
	var failed source.Diagnostics
	for in := range now.Policy.Receive() {
		ep := now.byConnector[in]
		if !ep.settings.Enabled.Or(true) {
			continue
		}
		config, err := s.tlsConfig(in, certificates)
		if err == nil && config == nil && ep.tls.Load() != nil {
			err = fmt.Errorf("STARTTLS %w", ErrNoCertificate)
		}
		if err != nil {
			failed = append(failed, mistake(in, err))
		}
		renewed[ep] = config
	}
	if len(failed) > 0 {
		return failed
	}
	for ep, config := range renewed {
		ep.tls.Store(config)
	}
	now.Certificates = certificates
	return nil
}

// change replaces what new connections get. The caller holds policyMu.
func (s *Server) change(c Config) error {
	next, err := s.prepare(c)
	if err != nil {
		return err
	}
	if s.bound == nil {
		s.current.Store(next)
		return nil
	}
	opened, err := s.open(context.Background(), c.Policy)
	if err != nil {
		return err
	}
	s.current.Store(next)
	wanted := ListenAddresses(c.Policy)
	for at, l := range s.bound {
		if !slices.Contains(wanted, at) {
			delete(s.bound, at)
			s.removeListener(l)
		}
	}
	return s.start(opened)
}

// prepare makes the endpoints of c. The error names everything that is missing.
func (s *Server) prepare(c Config) (*endpoints, error) {
	if c.Policy == nil {
		return nil, ErrNoPolicy
	}
	if err := ready(s.Handler); err != nil {
		return nil, err
	}
	if s.Reports != nil {
		if err := ready(s.Reports); err != nil {
			return nil, fmt.Errorf("delivery reports: %w", err)
		}
	}
	next := &endpoints{Config: c, byConnector: make(map[*connector.Inbound]*endpoint)}
	counted := make(map[string]*endpoint)
	if old := s.current.Load(); old != nil {
		for in, ep := range old.byConnector {
			counted[in.Name()] = ep
		}
	}
	var missing source.Diagnostics
	profile := c.Policy.Config().Profile
	for in := range c.Policy.Receive() {
		ep, err := s.endpoint(next, in, profile)
		if err != nil {
			missing = append(missing, mistake(in, err))
			continue
		}
		if old := counted[in.Name()]; old != nil {
			ep.connections, ep.messages = old.connections, old.messages
		}
		next.byConnector[in] = ep
	}
	if len(missing) > 0 {
		return nil, missing
	}
	return next, nil
}

// mistake returns err as a mistake of a Receive connector.
func mistake(in *connector.Inbound, err error) source.Diagnostic {
	code := source.CodeCertificateUnusable
	if errors.Is(err, ErrNoCertificate) {
		code = source.CodeCertificateMissing
	}
	return source.Wrap(source.Named("Receive", in.Name()), code, err)
}

// endpoint prepares a connector of next.
func (s *Server) endpoint(next *endpoints, in *connector.Inbound, profile connector.Profile) (*endpoint, error) {
	r := in.Settings()
	ep := &endpoint{
		in: in, settings: r, methods: auth.MethodsOf(next.Verifier), clientCAs: next.ClientCAs,
		rate: next.Policy.Service().MaxConnectionRatePerMinute, connections: new(limits.Connections), messages: new(limits.MessageRate),
	}
	if !r.Enabled.Or(true) {
		return ep, nil
	}
	config, err := s.tlsConfig(in, next.Certificates)
	if err != nil {
		return nil, err
	}
	ep.tls.Store(config)
	if config == nil {
		if r.RequireTLS {
			return nil, fmt.Errorf("RequireTLS %w", ErrNoCertificate)
		}
		for _, at := range r.Bindings {
			if s.implicit(at) {
				return nil, fmt.Errorf("binding %v begins with TLS and %w", at, ErrNoCertificate)
			}
		}
	}
	ep.smtp = smtpserver.Config{
		Buffers:           s.buffers,
		Tarpits:           s.tarpits,
		TLS:               ep.tls.Load,
		Fqdn:              in.Fqdn(),
		InactivityTimeout: r.ConnectionInactivityTimeout,
		ConnectionTimeout: r.ConnectionTimeout,
		TarpitInterval:    r.TarpitInterval.Or(0),
		AuthTarpit:        r.AuthTarpitInterval.Or(0),
		MaxProtocolErrors: int(r.MaxProtocolErrors.Or(0)),
		MaxLogonFailures:  r.MaxLogonFailures.Or(0),
		BareLinefeedOK:    !r.BareLinefeedRejectionEnabled.Or(true),
		EightBitMime:      r.EightBitMimeEnabled.Or(false),
		BinaryMime:        r.BinaryMimeEnabled.Or(false),
		Chunking:          r.ChunkingEnabled.Or(false),
		DSN:               r.DeliveryStatusNotificationEnabled.Or(false),
		SMTPUTF8:          r.SmtpUtf8Enabled.Or(false),
		Pipelining:        r.PipeliningEnabled.Or(false),
		EnhancedCodes:     r.EnhancedStatusCodesEnabled.Or(false),
		Profile:           profile,
	}
	return ep, nil
}

// implicit reports whether connections to local begin with TLS.
func (s *Server) implicit(local netip.AddrPort) bool {
	if s.ImplicitTLS != nil {
		return s.ImplicitTLS(local)
	}
	return order.ImplicitTLS(local)
}
