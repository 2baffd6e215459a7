package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// SetPolicy replaces the policy for new connections; open connections keep the policy
// with which they began. A Server that listens opens new bindings first, and closes
// those that the policy no longer has. If the policy can't be served, or a binding
// can't be opened, the error says why and nothing has changed. (A change between a
// single address and the wildcard of the same port is such an error: one can't be
// opened while the other is open.)
func (s *Server) SetPolicy(p *connector.Policy) error {
	s.init()
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	if now := s.current.Load(); now != nil {
		return s.change(p, now.verifier, now.certificates)
	}
	return s.change(p, s.Verifier, s.Certificates)
}

// Reload replaces the policy as SetPolicy does, and the Verifier and the Certificates
// with it: a connection has all three new, or none.
func (s *Server) Reload(p *connector.Policy, verifier auth.Verifier, certificates []tls.Certificate) error {
	s.init()
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	return s.change(p, verifier, certificates)
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
		return s.change(s.Policy, s.Verifier, certificates)
	}
	renewed := make(map[*endpoint]*tls.Config)
	var failed []error
	for in := range now.policy.Receive() {
		ep := now.byConnector[in]
		if !ep.settings.Enabled.Or(true) {
			continue
		}
		config, err := s.tlsConfig(in, certificates)
		if err == nil && config == nil && ep.tls.Load() != nil {
			err = fmt.Errorf("STARTTLS %w", ErrNoCertificate)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("the Receive connector %q: %w", in.Name(), err))
		}
		renewed[ep] = config
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	for ep, config := range renewed {
		ep.tls.Store(config)
	}
	now.certificates = certificates
	return nil
}

// change replaces what new connections get. The caller holds policyMu.
func (s *Server) change(p *connector.Policy, verifier auth.Verifier, certificates []tls.Certificate) error {
	next, err := s.prepare(p, verifier, certificates)
	if err != nil {
		return err
	}
	if s.bound == nil {
		s.current.Store(next)
		return nil
	}
	opened, err := s.open(context.Background(), p)
	if err != nil {
		return err
	}
	s.current.Store(next)
	wanted := needed(p)
	for at, l := range s.bound {
		if !slices.Contains(wanted, at) {
			delete(s.bound, at)
			s.removeListener(l)
		}
	}
	return s.start(opened)
}

// prepare makes the endpoints of p. The error names everything that is missing.
func (s *Server) prepare(p *connector.Policy, verifier auth.Verifier, certificates []tls.Certificate) (*endpoints, error) {
	switch {
	case p == nil:
		return nil, errors.New("Server.Policy is nil")
	case s.Handler == nil:
		return nil, errors.New("Server.Handler is nil")
	}
	next := &endpoints{policy: p, verifier: verifier, certificates: certificates, byConnector: make(map[*connector.Inbound]*endpoint)}
	counted := make(map[string]*endpoint)
	if old := s.current.Load(); old != nil {
		for in, ep := range old.byConnector {
			counted[in.Name()] = ep
		}
	}
	var missing []error
	config := p.Config()
	for in := range p.Receive() {
		ep, err := s.endpoint(next, in, config.Profile)
		if err != nil {
			missing = append(missing, fmt.Errorf("the Receive connector %q: %w", in.Name(), err))
			continue
		}
		if old := counted[in.Name()]; old != nil {
			ep.connections, ep.messages = old.connections, old.messages
		}
		next.byConnector[in] = ep
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	return next, nil
}

// endpoint prepares a connector of next.
func (s *Server) endpoint(next *endpoints, in *connector.Inbound, profile connector.Profile) (*endpoint, error) {
	r := in.Settings()
	ep := &endpoint{in: in, settings: r, verifier: next.verifier, connections: new(limits.Connections), messages: new(limits.MessageRate)}
	if !r.Enabled.Or(true) {
		return ep, nil
	}
	config, err := s.tlsConfig(in, next.certificates)
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
	return local.Port() == implicitTLSPort
}
