package connector

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// sendRules are the rules for one Send connector.
var sendRules = []func(*sendCheck){
	(*sendCheck).values,
	(*sendCheck).spaces,
	(*sendCheck).sources,
	(*sendCheck).smartHosts,
	(*sendCheck).checkRouting,
	(*sendCheck).checkAuthentication,
	(*sendCheck).checkCredential,
	(*sendCheck).checkSmartHostCredentials,
	(*sendCheck).checkSmartHostLimits,
	(*sendCheck).checkRequireTLS,
	(*sendCheck).checkTlsAuthLevel,
	(*sendCheck).checkDomainSecure,
	(*sendCheck).checkTlsDomain,
	(*sendCheck).checkPublished,
	(*sendCheck).checkLinked,
	(*sendCheck).checkForceHELO,
	(*sendCheck).checkSites,
	(*sendCheck).names,
	(*sendCheck).checkLimits,
	(*sendCheck).notEnforced,
}

// sendCheck checks one Send connector.
type sendCheck struct {
	connectorValidator
	given Send // as configured
	s     Send // with its defaults
	local routing.Server
	dns   bool // DNS routing, not smart hosts
}

// newSendCheck prepares the connector at path.
func newSendCheck(v *validator, path source.Path, given Send) *sendCheck {
	c := &sendCheck{connectorValidator: connectorValidator{v, path}, given: given, s: v.cfg.sendDefaults(given), local: v.cfg.local()}
	c.dns = c.s.DNSRoutingEnabled.Or(false)
	return c
}

// run applies the rules that look at one connector.
func (c *sendCheck) run() {
	c.name(c.path, c.given.Name)
	for _, rule := range sendRules {
		rule(c)
	}
}

// values refuses values of enumerations that no parser returns.
func (c *sendCheck) values() {
	sendParameters.enumerations(c.validator, c.path, &c.s)
	if c.s.Usage == param.UsageClient {
		c.bad("Usage", CodeUsageInvalid, "usage Client is for Receive connectors; give Custom, Internal, Internet or Partner")
	}
}

// spaces checks the address spaces: mail of types other than SMTP needs a smart
// host, and -- exists on Edge servers only. The parser has checked costs and
// wildcards.
func (c *sendCheck) spaces() {
	if len(c.s.AddressSpaces) == 0 && c.s.LinkedReceiveConnector == "" {
		c.bad("AddressSpaces", CodeAddressSpaceMissing, "give the domains it serves, as in contoso.com, *.contoso.com or *")
	}
	for i, a := range c.s.AddressSpaces {
		switch {
		case !a.IsValid():
			c.bad(source.Path("AddressSpaces").Index(i), CodeAddressSpaceInvalid, "it is the zero AddressSpace, which covers nothing")
		case !a.IsSMTP() && c.local.Edge:
			c.bad(source.Path("AddressSpaces").Index(i), CodeNotOnEdge, "%v: an Edge server serves SMTP only", a)
		case !a.IsSMTP() && c.dns:
			c.bad(source.Path("AddressSpaces").Index(i), CodeSmartHostsMissing, "%v: a type other than SMTP needs SmartHosts", a)
		case a.Local() != c.s.AddressSpaces[0].Local():
			c.bad(source.Path("AddressSpaces").Index(i), CodeAddressSpaceInvalid, "the scope Local applies to the whole connector; give it to all address spaces or to none, or set IsScopedConnector")
		case !a.IsSMTP():
			c.doubt(source.Path("AddressSpaces").Index(i), CodeNotEnforced, "%v has no effect: every recipient here is an SMTP address", a)
		case a.Kind() == routing.SpaceAccepted && !c.local.Edge:
			c.bad(source.Path("AddressSpaces").Index(i), CodeEdgeOnly, "-- stands for the accepted domains on an Edge server only; name the domains")
		}
	}
}

// sources: which source servers and addresses may be given where.
func (c *sendCheck) sources() {
	if c.local.Edge && len(c.given.SourceTransportServers) > 0 {
		c.bad("SourceTransportServers", CodeNotOnEdge, "an Edge server is the only source of its connectors; leave it empty")
		return
	}
	for i, name := range c.given.SourceTransportServers {
		path := (c.path + ".SourceTransportServers").Index(i)
		if name == "" {
			c.fail(path, source.CodeServerUnknown, "the server has no name")
		}
		c.knownServer(path, name)
	}
	if c.s.SourceIPAddress.IsValid() && !c.local.Edge {
		c.doubt("SourceIPAddress", CodeEdgeOnly, "Exchange ignores it outside Edge servers; Interchange uses it")
	}
}

func (c *sendCheck) smartHosts() {
	seen := map[param.SmartHost]int{}
	for i, h := range c.s.SmartHosts {
		if !h.IsValid() {
			c.bad(source.Path("SmartHosts").Index(i), CodeSmartHostInvalid, "it is the zero SmartHost, which names no host")
		} else if first, twice := seen[h]; twice {
			c.bad(source.Path("SmartHosts").Index(i), CodeSmartHostInvalid, "%v is SmartHosts[%d] already; leave it out", h, first)
		} else {
			seen[h] = i
		}
	}
}

// checkRouting: a connector has either smart hosts or DNS routing. The default of
// DNSRoutingEnabled is false with smart hosts, as in Exchange's shell.
func (c *sendCheck) checkRouting() {
	switch hosts := len(c.s.SmartHosts) > 0; {
	case hosts && c.dns:
		c.bad("DNSRoutingEnabled", CodeDNSRouting, "SmartHosts are given, so it must be false or left out")
	case !hosts && !c.dns:
		c.bad("SmartHosts", CodeSmartHostsMissing, "DNSRoutingEnabled is false, so give a smart host")
	}
}

// checkAuthentication: one mechanism, and only to smart hosts.
func (c *sendCheck) checkAuthentication() {
	switch m := c.s.SmartHostAuthMechanism; m {
	case auth.None:
		return
	case auth.BasicAuth, auth.BasicAuthRequireTLS, auth.ExchangeServer, auth.ExternalAuthoritative, auth.OAuth:
	default:
		c.bad("SmartHostAuthMechanism", CodeAuthInvalid,
			"give one of None, BasicAuth, BasicAuthRequireTLS, ExchangeServer, ExternalAuthoritative, OAuth")
	}
	if c.dns {
		c.bad("SmartHostAuthMechanism", CodeSmartHostsMissing, "it needs SmartHosts; give them or None")
	}
}

// checkSmartHostLimits: the limits need smart hosts.
func (c *sendCheck) checkSmartHostLimits() {
	if !c.dns {
		return
	}
	g := &c.given
	for _, p := range []struct {
		name  source.Path
		given bool
	}{
		{"SmartHostLimits", g.SmartHostLimits != 0},
		{"SmartHostMaxConnections", g.SmartHostMaxConnections > 0},
		{"SmartHostMessageRateLimit", g.SmartHostMessageRateLimit > 0},
		{"SmartHostRecipientRateLimit", g.SmartHostRecipientRateLimit > 0},
	} {
		if p.given {
			c.doubt(p.name, CodeSmartHostLimits, "it has no effect without SmartHosts: MaxPerDomainOutboundConnections limits the connections to the hosts of a domain")
		}
	}
}

// checkRequireTLS: required TLS can't be ignored.
func (c *sendCheck) checkRequireTLS() {
	if c.s.RequireTLS && c.s.IgnoreSTARTTLS {
		c.bad("IgnoreSTARTTLS", CodeIgnoreSTARTTLS, "RequireTLS is set, so it must be false")
	}
}

// checkTlsAuthLevel: a level needs TLS.
func (c *sendCheck) checkTlsAuthLevel() {
	if c.s.TlsAuthLevel == param.TlsAuthNone {
		return
	}
	if !c.s.RequireTLS {
		c.bad("TlsAuthLevel", CodeTlsAuthLevel, "%v needs RequireTLS", c.s.TlsAuthLevel)
	}
	if c.s.IgnoreSTARTTLS {
		c.bad("TlsAuthLevel", CodeIgnoreSTARTTLS, "%v needs IgnoreSTARTTLS to be false", c.s.TlsAuthLevel)
	}
}

// checkDomainSecure: domain security needs a direct connection to the recipient's domain.
func (c *sendCheck) checkDomainSecure() {
	if !c.s.DomainSecureEnabled {
		return
	}
	if !c.dns {
		c.bad("DomainSecureEnabled", CodeDomainSecure, "it works with DNS routing only, not with SmartHosts")
	}
	if c.s.IgnoreSTARTTLS {
		c.bad("DomainSecureEnabled", CodeDomainSecure, "it needs IgnoreSTARTTLS to be false")
	}
	if len(c.cfg.Transport.TLSSendDomainSecureList) == 0 {
		c.doubt("DomainSecureEnabled", CodeDomainSecureList, "it has no effect until Transport.TLSSendDomainSecureList names the partners' domains")
	}
}

// checkTlsDomain: DomainValidation checks that a smart host's certificate names it.
func (c *sendCheck) checkTlsDomain() {
	name, level := c.s.TlsDomain, c.s.TlsAuthLevel
	switch {
	case name == "" && level == param.DomainValidation && !c.dns:
		c.bad("TlsDomain", CodeTlsDomain, "DomainValidation of smart hosts needs the domain of their certificates")
	case name == "":
	case level != param.DomainValidation:
		c.bad("TlsDomain", CodeTlsDomain, "it goes with TlsAuthLevel DomainValidation only")
	default:
		if d, err := routing.ParseDomain(strings.TrimPrefix(name, "*.")); err != nil {
			c.bad("TlsDomain", CodeTlsDomain, "give a domain or *.domain: %w", err)
		} else if d.IsLiteral() {
			c.bad("TlsDomain", CodeTlsDomain, "%q is an address; give a domain or *.domain", name)
		}
	}
}

// checkPublished: DANE and MTA-STS are about the mail exchangers of domains, and need STARTTLS.
func (c *sendCheck) checkPublished() {
	for _, p := range []struct {
		name  source.Path
		given param.Setting[bool]
	}{{"DaneEnabled", c.given.DaneEnabled}, {"MtaStsEnabled", c.given.MtaStsEnabled}} {
		switch {
		case !p.given.Or(false):
		case !c.dns:
			c.bad(p.name, CodePublishedTLS, "it works with DNS routing only, not with SmartHosts")
		case c.s.IgnoreSTARTTLS:
			c.bad(p.name, CodeIgnoreSTARTTLS, "it needs IgnoreSTARTTLS to be false")
		case c.s.ForceHELO && !c.implicitTLS():
			c.doubt(p.name, CodeForceHELO, "after HELO there is no STARTTLS, so nothing is sent to domains that require TLS")
		}
	}
}

// checkLinked: a connector that is linked to a Receive connector sends all its mail,
// so it may not limit recipients, sizes or hosts.
func (c *sendCheck) checkLinked() {
	if c.s.LinkedReceiveConnector == "" {
		return
	}
	if len(c.s.AddressSpaces) > 0 {
		c.bad("AddressSpaces", CodeLinked, "LinkedReceiveConnector is given, so leave them out")
	}
	if c.dns {
		c.bad("SmartHosts", CodeLinked, "LinkedReceiveConnector is given, so give a smart host")
	}
	if c.s.SmartHostAuthMechanism == auth.None {
		c.bad("SmartHostAuthMechanism", CodeLinked, "LinkedReceiveConnector is given, so give a mechanism")
	}
	if c.s.MaxMessageSize != param.UnlimitedSize {
		c.bad("MaxMessageSize", CodeLinked, "LinkedReceiveConnector is given, so it must be Unlimited")
	}
}

// checkForceHELO: after HELO there are no extensions, so neither STARTTLS nor AUTH.
// Exchange allows it, and the mail stays in the queue.
func (c *sendCheck) checkForceHELO() {
	if !c.s.ForceHELO {
		return
	}
	startTLS := (c.s.RequireTLS || c.s.DomainSecureEnabled) && !c.implicitTLS()
	if startTLS || c.s.LogsOn() {
		c.doubt("ForceHELO", CodeForceHELO, "after HELO there is neither STARTTLS nor AUTH, which this connector requires, so nothing will be sent")
	}
}

// implicitTLS reports whether connections to next hops begin with TLS (RFC 8314
// section 7.3).
func (c *sendCheck) implicitTLS() bool { return c.s.Port == implicitPort }

// checkSites: the source servers should be in one site. Servers without a site count as
// one site.
func (c *sendCheck) checkSites() {
	bySite := map[string]string{} // name as written, by name in lower case
	for _, name := range c.given.SourceTransportServers {
		if server, ok := c.cfg.server(name); ok {
			bySite[strings.ToLower(server.Site)] = strconv.Quote(server.Site)
		}
	}
	if sites := slices.Sorted(maps.Values(bySite)); len(sites) > 1 {
		c.doubt("SourceTransportServers", CodeSourceSites, "the servers are in more than one site: %s", strings.Join(sites, ", "))
	}
}

// names checks the parameters that hold names.
func (c *sendCheck) names() {
	c.fqdn(c.path+".Fqdn", c.given.Fqdn)
	c.certificate(c.path+".TlsCertificateName", c.given.TlsCertificateName)
	c.permissions(c.path+".Permissions", c.given.Permissions)
}

// checkLimits checks numbers, sizes and time spans.
func (c *sendCheck) checkLimits() { sendParameters.limits(c.validator, c.path, &c.s) }

// notEnforced warns of parameters that are kept but have no effect here.
func (c *sendCheck) notEnforced() {
	s := &c.given
	if s.SmartHostAuthMechanism == auth.ExchangeServer {
		c.doubt("SmartHostAuthMechanism", CodeNotEnforced, "ExchangeServer doesn't log on to the smart host, because X-EXPS doesn't exist here; it only lets the header fields pass that this organisation's servers exchange")
	}
	if s.ErrorPolicies&(param.DowngradeCustomFailures|param.UpgradeCustomFailures) != 0 {
		c.doubt("ErrorPolicies", CodeNotEnforced, "custom failures have no effect: only DowngradeDnsFailures and DowngradeAuthFailures are followed")
	}
	sendParameters.notEnforced(c.validator, c.path, s)
}
