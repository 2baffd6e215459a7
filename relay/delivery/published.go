package delivery

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/event"
)

// TLSPolicies knows the requirements of mail domains' owners for TLS with their mail
// exchangers. Package mxpolicy has one, for DANE and MTA-STS.
type TLSPolicies interface {
	// ForHosts returns the requirements for the connection to each of d.Hosts, in their order.
	// It is called by many deliveries at once, whenever a connection to a domain is opened,
	// so it should keep what it has found. An error means that it isn't known now what the
	// owner requires: the message waits, and the error is the reason in the log and the
	// queue list.
	ForHosts(ctx context.Context, d MailDomain) ([]HostPolicy, error)
}

// MailDomain is a domain with its mail exchangers.
type MailDomain struct {
	Name   string   // in lower case, with A-labels, without the dot at the end
	Hosts  []string // the names of the MX records, or Name if there are no such records
	Port   uint16   // to which the connection goes
	DANE   bool     // TLSA records are followed
	MTASTS bool     // MTA-STS policies are followed
}

// HostPolicy has the requirements of a domain's owner for the connection to one host. A connector
// may require more; both count. The zero HostPolicy requires nothing.
type HostPolicy struct {
	Source     string // what requires it, for operators, such as "DANE"
	Err        error  // not nil: the host gets no mail now, and why
	TLS        bool   // no mail without TLS
	PKIX       bool   // the certificate must lead to one of the Sender's RootCAs and name the host
	ServerName string // that the handshake names; "": the host's
	// Verify, if not nil, checks the certificates that the host has shown, the host's own first.
	Verify func(chain []*x509.Certificate) error
	// Tested, if not nil, is required by a policy that is being tested. It is checked, and an
	// event says what is not met, but the mail is sent.
	Tested *HostPolicy
}

// errPolicy is the error of a host that doesn't meet the policy of a domain's owner, apart from
// the host's certificate.
var errPolicy = errors.New("the domain's TLS policy isn't met")

// published returns the requirements of c's owner for hosts, in their order; nil if the connector
// follows none.
func (s *Sender) published(ctx context.Context, h *NextHop, c candidate, hosts []net.MX) ([]HostPolicy, error) {
	d := MailDomain{Name: c.name, Port: h.port(), DANE: h.set.DaneEnabled.Or(false), MTASTS: h.set.MtaStsEnabled.Or(false)}
	if s.TLSPolicies == nil || c.kind != mailDomain || !d.DANE && !d.MTASTS {
		return nil, nil
	}
	for _, mx := range hosts {
		d.Hosts = append(d.Hosts, mx.Host)
	}
	policies, err := s.TLSPolicies.ForHosts(ctx, d)
	if err == nil && len(policies) != len(hosts) {
		err = fmt.Errorf("%d TLS policies for %d hosts", len(policies), len(hosts))
	}
	if err != nil {
		return nil, &dnsError{reply.DNSUnavailable, err}
	}
	return policies, nil
}

// refusal returns the error of a host that gets no mail by its policy, else nil.
func (p *HostPolicy) refusal(host string) error {
	if p.Err == nil {
		return nil
	}
	return &hostError{host, fmt.Errorf("%w: %w", errPolicy, p.Err)}
}

// add adds what p requires to the demands of a connector.
func (p *HostPolicy) add(demands *tlsPolicy) {
	if p == nil {
		return
	}
	demands.published = p
	if p.TLS {
		demands.Required, demands.Never = true, false
	}
}

// verify checks the certificates of a host against p. roots are the authorities for PKIX.
func (p *HostPolicy) verify(host string, roots *x509.CertPool, chain []*x509.Certificate) error {
	if p == nil {
		return nil
	}
	if len(chain) == 0 {
		return fmt.Errorf("%w: the next hop has none", errCertificate)
	}
	if p.PKIX {
		if err := verifyChain(roots, chain); err != nil {
			return p.because(err)
		}
		if err := chain[0].VerifyHostname(host); err != nil {
			return p.because(notNamed(host))
		}
	}
	if p.Verify != nil {
		if err := p.Verify(chain); err != nil {
			return p.because(fmt.Errorf("%w: %w", errCertificate, err))
		}
	}
	return nil
}

// checksCertificate reports whether p checks the host's certificate.
func (p *HostPolicy) checksCertificate() bool {
	return p != nil && (p.PKIX || p.Verify != nil || p.Tested.checksCertificate())
}

// because adds to err, if it isn't nil, what requires TLS.
func (p *HostPolicy) because(err error) error {
	if err == nil || p == nil || p.Source == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, p.Source)
}

// explain adds to an error of a connection that lacks TLS what requires it.
func (p *HostPolicy) explain(err error) error {
	if p != nil && p.TLS && errors.Is(err, smtpclient.ErrNoTLS) {
		return fmt.Errorf("%w (required by %s)", err, p.Source)
	}
	return err
}

// test reports to the readers of events how the connection to c differs from the policy that is
// being tested.
func (s *Sender) test(ctx context.Context, h *NextHop, c call, conn *smtpclient.Conn) {
	if c.published == nil || c.published.Tested == nil {
		return
	}
	p := c.published.Tested
	err := p.Err
	switch chain := conn.PeerCertificates(); {
	case err != nil:
	case p.TLS && conn.TLSVersion() == 0:
		err = smtpclient.ErrNoTLS
	case conn.TLSVersion() != 0:
		err = p.verify(c.host, s.rootCAs(), chain)
	}
	if err != nil {
		s.emit(ctx, event.Event{Kind: event.TestedPolicyUnmet, Connector: h.set.Name, Host: c.host, Addr: c.endpoint.addr.String(),
			Detail: p.Source, Err: err})
	}
}
