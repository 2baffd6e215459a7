package connector

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Outbound is a compiled Send connector. It is immutable and safe for
// concurrent use. A nil Outbound has no name and lets no classified header
// field pass.
type Outbound struct {
	settings Send
	given    *Send       // as in the Config, without defaults
	path     source.Path // of given in the Config
	policy   *Policy
	acl      *permission.ACL
	peer     permission.Principal
	headers  HeaderFilter
	partner  HeaderFilter     // for the domains of secure
	secure   []routing.Domain // TLSSendDomainSecureList if DomainSecureEnabled, else nil
	local    bool
}

// Policy returns the policy that the connector belongs to.
func (out *Outbound) Policy() *Policy {
	if out == nil {
		return nil
	}
	return out.policy
}

// newOutbound compiles the connector at index i of the Config.
func newOutbound(p *Policy, i int) (*Outbound, error) {
	given := &p.config.Send[i]
	s := p.config.sendDefaults(*given)
	profile := p.config.Profile
	grants := permission.Less(permission.SendGrants(p.config.Profile, s.Usage.SendUsage()), s.Permissions)
	acl, err := permission.NewACL(profile, 0, append(grants, s.Permissions...)...)
	if err != nil {
		return nil, err
	}
	out := &Outbound{
		settings: s, given: given, path: source.Element("Send", i, s.Name), policy: p,
		acl: acl, peer: peerOf(&s), local: p.config.isSource(&s),
	}
	out.headers, out.partner = out.filter(out.peer, nil), out.filter(permission.Partner(""), nil)
	if s.DomainSecureEnabled {
		out.secure = p.secureSend
	}
	return out, nil
}

// filter returns the header firewall for messages to peer. Unless t is nil, it
// appends the reasons to t.
func (out *Outbound) filter(peer permission.Principal, t *Trace) HeaderFilter {
	var f HeaderFilter
	of := subject{policy: out.policy, out: out}
	for _, h := range sendHeaders {
		why := out.acl.Explain(peer, h.right)
		if why.Held {
			f.keep |= h.class
		}
		if t != nil {
			// Show explicit grants only, without the grants that every Send connector
			// has.
			implicit := func(g permission.Grant) bool { return !slices.Contains(out.settings.Permissions, g) }
			why.Grants = slices.DeleteFunc(why.Grants, implicit)
			why.Overridden = slices.DeleteFunc(why.Overridden, implicit)
			t.add(rightStep(of, h.check, "the next hop, "+peer.Name+",", why))
		}
	}
	if out.settings.CloudServicesMailEnabled {
		f.keep |= crossPremisesHeaders
		if t != nil {
			t.add(Step{Check: checkHeadersCrossPremises, Pass: true, of: of})
		}
	}
	return f
}

// signingTexts say what the ways of signing do with a message that is Signable, and with another one.
var signingTexts = [...]struct{ signable, other string }{
	param.DkimIfKeyExists: {"the message is signed with DKIM if the domain of its author has a key", "the message isn't signed with DKIM"},
	param.DkimRequired: {"the message is signed with DKIM, and waits while the domain of its author has no key",
		"the delivery is refused with 550 5.7.1, because the message must be signed with DKIM and mail of this client isn't signed"},
}

// explainSigning appends to t whether the connector signs the messages of a session.
func (out *Outbound) explainSigning(s Session, t *Trace) {
	if d := out.settings.DkimSigning; d != param.DkimSigningNone && int(d) < len(signingTexts) {
		text := signingTexts[d].signable
		if !s.IsSignable() {
			text = signingTexts[d].other
		}
		t.add(Step{Check: checkSigning, Pass: s.IsSignable(), about: about{subject: text}, of: subject{policy: out.policy, out: out}})
	}
}

// isSource reports whether this server is a source server of s. An Edge server is
// the source server of all its connectors.
func (c *Config) isSource(s *Send) bool {
	local := c.local()
	return local.Edge || slices.ContainsFunc(s.SourceTransportServers, func(name string) bool {
		source, _ := c.server(name)
		return strings.EqualFold(source.Name, local.Name)
	})
}

// peerOf returns the principal of the connector's next hops, except domain-secured
// partners. Basic authentication identifies this server to the smart host, but not
// the smart host to this server, so such a smart host is anonymous, as are hosts
// found by MX.
func peerOf(s *Send) permission.Principal {
	switch {
	case s.SmartHostAuthMechanism.Has(auth.ExternalAuthoritative):
		return permission.ExternallySecured()
	case s.SmartHostAuthMechanism.Has(auth.ExchangeServer):
		return permission.Principal{
			Name: permission.SIDHubServers.Name(),
			SIDs: []permission.SID{permission.SIDHubServers, permission.SIDExchangeServers},
		}
	}
	return permission.Anonymous()
}

// route returns the connector as the routing table needs it. orgLimit is
// MaxSendSize of the organisation.
func (out *Outbound) route(orgLimit param.Size) routing.Connector {
	s := &out.settings
	limit := limitOf(s.MaxMessageSize)
	if org := limitOf(orgLimit); org > 0 && (limit == 0 || org < limit) {
		limit = org
	}
	return routing.Connector{
		Name:     s.Name,
		Spaces:   s.AddressSpaces,
		Sources:  s.SourceTransportServers,
		MaxSize:  limit,
		Disabled: !s.Enabled.Or(true),
		Scoped:   s.IsScopedConnector,
	}
}

// Name returns the connector's name; "" for nil.
func (out *Outbound) Name() string {
	if out == nil {
		return ""
	}
	return out.settings.Name
}

// Settings returns the connector with every default filled in, the secret
// included; nil for nil. The caller must not change it.
func (out *Outbound) Settings() *Send {
	if out == nil {
		return nil
	}
	return &out.settings
}

// ACL returns the access list of the connector's grants, including those that every
// Send connector has; nil, which grants nothing, for nil.
func (out *Outbound) ACL() *permission.ACL {
	if out == nil {
		return nil
	}
	return out.acl
}

// Local reports whether this server is one of the connector's source servers, so
// that it connects to next hops itself.
func (out *Outbound) Local() bool { return out != nil && out.local }

// Fqdn returns the name for EHLO: the connector's own or the server's.
func (out *Outbound) Fqdn() string {
	if out == nil {
		return ""
	}
	return out.settings.Fqdn
}

// Secured reports whether mail to the domain requires mutual TLS:
// DomainSecureEnabled is set, and TLSSendDomainSecureList names the domain.
func (out *Outbound) Secured(to routing.Domain) bool {
	return out != nil && slices.Contains(out.secure, to)
}

// Peer returns the principal of the next hop for mail to the domain: Partner if the
// domain is Secured. The caller must not change its SIDs.
func (out *Outbound) Peer(to routing.Domain) permission.Principal {
	switch {
	case out == nil:
		return permission.Principal{}
	case out.Secured(to):
		return permission.Partner("")
	}
	return out.peer
}

// Headers returns the header firewall for mail to the domain, by the rights of its
// Peer. Unless t is nil, Headers appends the reasons to t.
func (out *Outbound) Headers(to routing.Domain, t *Trace) HeaderFilter {
	switch {
	case out == nil:
		Session{trace: t}.noConnector()
		return HeaderFilter{}
	case t != nil:
		return out.filter(out.Peer(to), t)
	case out.Secured(to):
		return out.partner
	}
	return out.headers
}
