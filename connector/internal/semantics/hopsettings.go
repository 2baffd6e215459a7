package semantics

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Hop returns the things that the next hop of a routed recipient would notice: the destination as
// "route", TLS, authentication and header fields as "route-tls", "route-auth" and
// "route-headers", and parameters of the Send connector by their names, where they have
// an effect. Nil without a route.
// docs/diff.md "What is compared", route to route-setting.
func (p *Policy) Hop(r Route) map[string]string {
	if r.Outcome != Routed {
		return nil
	}
	s, domain := p.sendConnector(r.Connector), domainOf(r.To)
	always := map[string]string{
		"Fqdn":                        s.Fqdn,
		"ConnectionInactivityTimeOut": s.ConnectionInactivityTimeOut,
	}
	if r.Via != "" {
		// The same: for connections to another server only these two apply. That server
		// applies its own policy to everything else.
		always["route"] = "server " + p.server(r.Via).wireName()
		return always
	}
	tls := p.hopTLS(s, domain)
	hop := s.connection(tls)
	maps.Copy(hop, always)
	hop["route"] = s.destination()
	hop["route-tls"] = tls.String()
	hop["route-auth"] = s.logon()
	hop["route-headers"] = strings.Join(p.sentFields(s, domain), ", ")
	return hop
}

// destination names the hosts that get the mail. Their order decides nothing.
// docs/routing.md "The next hop".
func (s *send) destination() string {
	to := "mail exchangers"
	if !s.byDNS() {
		to = sorted(s.SmartHosts)
	}
	return to + " at port " + strconv.FormatInt(s.Port, 10)
}

// connection returns the parameters that apply to connections to hosts outside the
// organisation, where they have an effect.
// docs/diff.md "When a parameter has an effect".
func (s *send) connection(tls HopTLS) map[string]string {
	set := map[string]string{
		"SourceIPAddress":              s.SourceIPAddress,
		"UseExternalDNSServersEnabled": strconv.FormatBool(s.UseExternalDNSServersEnabled),
		"ForceHELO":                    strconv.FormatBool(s.ForceHELO),
		"SmtpMaxMessagesPerConnection": strconv.FormatInt(s.SmtpMaxMessagesPerConnection, 10),
		"DkimSigning":                  s.DkimSigning,
	}
	if !tls.Never {
		set["TlsCertificateName"] = s.TlsCertificateName
	}
	if s.byDNS() {
		set["ErrorPolicies"] = strconv.FormatBool(slices.Contains(strings.Split(s.ErrorPolicies, ", "), "DowngradeDnsFailures"))
	}
	if s.byDNS() && !tls.Never {
		set["DaneEnabled"] = strconv.FormatBool(*s.DaneEnabled)
		set["MtaStsEnabled"] = strconv.FormatBool(*s.MtaStsEnabled)
	}
	if !s.byDNS() {
		set["SmartHostMaxConnections"] = s.SmartHostMaxConnections
		set["SmartHostMessageRateLimit"] = s.SmartHostMessageRateLimit
		set["SmartHostRecipientRateLimit"] = s.SmartHostRecipientRateLimit
	}
	return set
}

// sendConnector returns the Send connector with a name.
func (p *Policy) sendConnector(name string) *sendConnector {
	return p.sendConnectors[slices.IndexFunc(p.sendConnectors, func(s *sendConnector) bool { return s.Name == name })]
}
