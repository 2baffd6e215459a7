package relay

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// serving is a policy with all that the Server prepares for it. It is
// immutable but for the counters.
type serving struct {
	policy       *connector.Policy
	verifier     auth.Verifier
	certificates []tls.Certificate
	services     map[*connector.Inbound]*service
}

// service is one Receive connector as it is served.
type service struct {
	in          *connector.Inbound
	settings    *connector.Receive
	smtp        smtpserver.Config // what does not differ by connection
	tls         *tls.Config       // nil: no certificate
	verifier    auth.Verifier
	connections *connectionCounter
	messages    *messageRate
}

// prepare makes p ready to be served. The error holds everything that is
// missing.
func (s *Server) prepare(p *connector.Policy, verifier auth.Verifier, certificates []tls.Certificate) (*serving, error) {
	switch {
	case p == nil:
		return nil, errors.New("Server.Policy is nil")
	case s.Handler == nil:
		return nil, errors.New("Server.Handler is nil")
	}
	next := &serving{policy: p, verifier: verifier, certificates: certificates, services: make(map[*connector.Inbound]*service)}
	counted := make(map[string]*service)
	if old := s.serving.Load(); old != nil {
		for in, sv := range old.services {
			counted[in.Name()] = sv
		}
	}
	var missing []error
	config := p.Config()
	for in := range p.Receive() {
		sv, err := s.service(next, in, config.Profile)
		if err != nil {
			missing = append(missing, fmt.Errorf("Receive connector %q: %w", in.Name(), err))
			continue
		}
		if old := counted[in.Name()]; old != nil {
			sv.connections, sv.messages = old.connections, old.messages
		}
		next.services[in] = sv
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	return next, nil
}

// service prepares one connector of next.
func (s *Server) service(next *serving, in *connector.Inbound, profile connector.Profile) (*service, error) {
	r := in.Settings()
	sv := &service{in: in, settings: r, verifier: next.verifier, connections: new(connectionCounter), messages: new(messageRate)}
	if !r.Enabled.Or(true) {
		return sv, nil
	}
	var err error
	if sv.tls, err = tlsConfig(in, next.certificates); err != nil {
		return nil, err
	}
	if sv.tls == nil {
		if r.RequireTLS {
			return nil, fmt.Errorf("RequireTLS: %w", ErrNoCertificate)
		}
		for _, at := range r.Bindings {
			if s.implicit(at) {
				return nil, fmt.Errorf("binding %v begins with TLS: %w", at, ErrNoCertificate)
			}
		}
	}
	sv.smtp = smtpserver.Config{
		Buffers:           s.buffers,
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
	// "Tls" in AuthMechanism is what offers STARTTLS; implicit TLS is the
	// binding's own affair.
	if r.AuthMechanism.Or(auth.None).Has(auth.TLS) {
		sv.smtp.TLS = sv.tls
	}
	return sv, nil
}

// implicit reports whether connections to local begin with TLS.
func (s *Server) implicit(local netip.AddrPort) bool {
	if s.ImplicitTLS != nil {
		return s.ImplicitTLS(local)
	}
	return local.Port() == implicitTLSPort
}

// banner returns the greeting without its code.
func (sv *service) banner(now time.Time) string {
	if sv.settings.Banner != "" {
		return strings.TrimPrefix(sv.settings.Banner, "220 ")
	}
	return reply.BannerText(sv.in.Fqdn(), now.Format(time.RFC1123Z))
}

// allow counts a message against MessageRateLimit. user is asked only if users are
// counted.
func (sv *service) allow(source netip.Addr, user func() string, now time.Time) bool {
	limit := sv.settings.MessageRateLimit
	if limit == param.Unlimited || limit == 0 {
		return true
	}
	by := sv.settings.MessageRateSource.Or(param.RateByIPAddress)
	ok := true
	if by&param.RateByIPAddress != 0 {
		ok = sv.messages.allow(rateKey{addr: source}, int(limit), now)
	}
	if ok && by&param.RateByUser != 0 {
		ok = sv.messages.allow(rateKey{user: user()}, int(limit), now)
	}
	return ok
}
