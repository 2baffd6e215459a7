package connector

import (
	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Outbound is a compiled Send connector. It is immutable and safe for
// concurrent use. A nil Outbound has no name and lets no classified header
// field pass.
type Outbound struct {
	settings Send
	peer     permission.Principal
	headers  HeaderFilter
}

// newOutbound compiles s, which has its defaults filled in.
func newOutbound(p *Policy, s Send) (*Outbound, error) {
	profile := p.config.Profile
	grants := permission.SendGrants(profile, sendUsage(s.Usage))
	acl, err := permission.NewACL(profile, 0, append(grants, s.Permissions...)...)
	if err != nil {
		return nil, err
	}
	out := &Outbound{settings: s, peer: peerOf(&s)}
	out.headers = filterFor(acl.Rights(out.peer),
		permission.SendHeadersRouting, permission.SendHeadersOrganization, permission.SendHeadersForest)
	if s.CloudServicesMailEnabled {
		out.headers.keep |= crossPremisesHeaders
	}
	return out, nil
}

func sendUsage(u Usage) permission.SendUsage {
	switch u {
	case UsageInternal:
		return permission.SendInternal
	case UsageInternet:
		return permission.SendInternet
	case UsagePartner:
		return permission.SendPartner
	}
	return permission.SendCustom
}

// peerOf returns under which principal the next hop is known. Basic
// authentication proves us to the smart host and nothing about it, so such a
// smart host stays anonymous, as do hosts found by MX.
func peerOf(s *Send) permission.Principal {
	switch {
	case s.SmartHostAuthMechanism.Has(auth.ExternalAuthoritative):
		return permission.ExternallySecured()
	case s.SmartHostAuthMechanism.Has(auth.ExchangeServer):
		return permission.Principal{
			Name: permission.SIDHubServers.Name(),
			SIDs: []permission.SID{permission.SIDHubServers, permission.SIDExchangeServers},
		}
	case s.DomainSecureEnabled:
		return permission.Partner("")
	}
	return permission.Anonymous()
}

// route is what the routing table must know of the connector. orgLimit is
// MaxSendSize of the organisation.
func (out *Outbound) route(orgLimit ByteSize) routing.Route {
	s := &out.settings
	limit := limitOf(s.MaxMessageSize)
	if org := limitOf(orgLimit); org > 0 && (limit == 0 || org < limit) {
		limit = org
	}
	return routing.Route{
		Connector: s.Name,
		Spaces:    s.AddressSpaces,
		Sources:   s.SourceTransportServers,
		MaxSize:   limit,
		Disabled:  !s.Enabled.Or(true),
		Scoped:    s.IsScopedConnector,
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

// Fqdn returns the name for EHLO: the connector's own or the server's.
func (out *Outbound) Fqdn() string {
	if out == nil {
		return ""
	}
	return out.settings.Fqdn
}

// Peer returns the principal under which the next hop is known. The caller
// must not change its SIDs.
func (out *Outbound) Peer() permission.Principal {
	if out == nil {
		return permission.Principal{}
	}
	return out.peer
}

// Headers returns what passes to the next hop.
func (out *Outbound) Headers() HeaderFilter {
	if out == nil {
		return HeaderFilter{}
	}
	return out.headers
}
