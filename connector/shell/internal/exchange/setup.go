package exchange

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The mechanisms of the connectors that setup makes.
const (
	clientAuth = auth.TLS | auth.Integrated | auth.BasicAuth | auth.BasicAuthRequireTLS
	fullAuth   = clientAuth | auth.ExchangeServer
	hubAuth    = auth.TLS | auth.Integrated | auth.BasicAuth | auth.ExchangeServer
	edgeAuth   = auth.TLS | auth.ExchangeServer
)

// The groups of the connectors that setup makes.
const (
	frontendGroups = permission.AnonymousUsers | permission.ExchangeServers | permission.ExchangeLegacyServers
	hubGroups      = permission.ExchangeUsers | permission.ExchangeServers | permission.ExchangeLegacyServers
	edgeGroups     = permission.AnonymousUsers | permission.ExchangeServers | permission.Partners
)

// setup fills a fresh organisation with the connectors that Exchange's setup makes
// ("Default Receive connectors created during setup" in
// https://learn.microsoft.com/exchange/mail-flow/connectors/receive-connectors).
func (o *Org) setup(domain string) {
	local := o.local()
	if domain == "" {
		_, domain, _ = strings.Cut(local.FQDN, ".")
	}
	if _, err := routing.ParseDomain(domain); err == nil {
		d := accepted{Name: domain, DomainName: domain, DomainType: routing.Authoritative, Default: true}
		it := &item[accepted]{cfg: d}
		o.accepted.put(domain, it)
		o.enterDomain(it)
	}
	for _, r := range transportRows {
		if r.Setup != "" {
			_ = r.set(&o.transport, r.Name, r.Setup) // a test reads each
		}
	}
	o.base.Transport = o.transport.cfg
	for _, s := range o.base.Servers {
		for _, r := range defaultConnectors(o.base.Profile, s) {
			r.Server = s.Name
			it := &item[receive]{cfg: r}
			o.receive.put(o.receiveKey(&r), it)
			o.enterReceive(it)
		}
	}
}

// defaultConnectors are the Receive connectors that setup makes on a server.
func defaultConnectors(p connector.Profile, s server) []receive {
	switch {
	case s.Edge:
		return []receive{edgeConnector(s.Name)}
	case p == permission.Exchange2007:
		return connectors2007(s.Name)
	}
	return append(frontendConnectors(s.Name), hubConnectors(s.Name)...)
}

// connectors2007 are those of a Hub Transport server of 2007, as seen in real
// output: IPv4 only. There is no anonymous one, so that mail from the Internet
// takes a further step.
func connectors2007(name string) []receive {
	def := made("Default "+name, fullAuth, hubGroups, 25, false)
	defaultExtras(&def)
	return []receive{def, made("Client "+name, clientAuth, permission.ExchangeUsers, 587, false)}
}

// frontendConnectors are those of the Front End Transport service.
func frontendConnectors(name string) []receive {
	list := []receive{
		made("Default Frontend "+name, fullAuth, frontendGroups, 25, true),
		made("Outbound Proxy Frontend "+name, fullAuth, permission.ExchangeServers, 717, true),
		made("Client Frontend "+name, clientAuth, permission.ExchangeUsers, 587, true),
	}
	list[0].ProtocolLoggingLevel = param.LoggingVerbose
	clientExtras(&list[2])
	for i := range list {
		list[i].TransportRole = param.FrontendTransport
	}
	return list
}

// hubConnectors are those of the Transport service.
func hubConnectors(name string) []receive {
	list := []receive{
		made("Default "+name, hubAuth, hubGroups, 2525, true),
		made("Client Proxy "+name, fullAuth, permission.ExchangeUsers|permission.ExchangeServers, 465, true),
	}
	defaultExtras(&list[0])
	clientExtras(&list[1])
	return list
}

func edgeConnector(name string) receive {
	r := made("Default internal receive connector "+name, edgeAuth, edgeGroups, 25, false)
	r.DomainSecureEnabled = true
	r.MessageRateLimit = 600
	return r
}

// defaultExtras are the additions of Default <Server> to the others: room for other
// servers, and the entries that keep Exchange 2003 from being believed.
func defaultExtras(r *receive) {
	r.MaxRecipientsPerMessage = 5000
	r.MaxInboundConnectionPerSource = param.Unlimited
	r.MaxInboundConnectionPercentagePerSource = 100
	r.Permissions = permission.DefaultConnectorGrants()
}

// clientExtras are the additions of connectors for mail programs to the others.
func clientExtras(r *receive) {
	r.MessageRateLimit = 5
	r.MessageRateSource = param.Value(param.RateByUser)
}

// made is a connector on a port of all addresses, for all clients.
func made(name string, mech auth.Mechanism, groups permission.Group, port uint16, ipv6 bool) receive {
	r := receive{
		Name: name, AuthMechanism: param.Value(mech), PermissionGroups: param.Value(groups),
		Bindings:       bindings{netip.AddrPortFrom(netip.IPv4Unspecified(), port)},
		RemoteIPRanges: []param.Range{allIPv4},
	}
	if ipv6 {
		r.Bindings = append(bindings{netip.AddrPortFrom(netip.IPv6Unspecified(), port)}, r.Bindings...)
		r.RemoteIPRanges = append([]param.Range{allIPv6}, r.RemoteIPRanges...)
	}
	return r
}

// All addresses, as Exchange writes them. The texts are constants, so that they
// parse.
var (
	allIPv4, _ = param.ParseRange("0.0.0.0-255.255.255.255")
	allIPv6, _ = param.ParseRange("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
)
