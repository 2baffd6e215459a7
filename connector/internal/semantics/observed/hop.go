package observed

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// Hop returns the things that the next hop of a routed recipient would notice: the destination as
// "route", TLS, authentication and header fields as "route-tls", "route-auth" and
// "route-headers", and parameters of the Send connector by their names, where they have
// an effect. Nil without a route.
// docs/diff.md "What is compared", route to route-setting.
func (p *Policy) Hop(r semantics.Route) map[string]string {
	if r.Outcome != semantics.Routed {
		return nil
	}
	s := p.SendConnector(r.Connector)
	always := map[string]string{
		"Fqdn":                        cmp.Or(s.Fqdn, p.Here().WireName()),
		"ConnectionInactivityTimeOut": cmp.Or(s.ConnectionInactivityTimeOut, "00:10:00"),
	}
	if r.Via != "" {
		// The same: for connections to another server only these two apply. That server
		// applies its own policy to everything else.
		always["route"] = "server " + p.ServerNamed(r.Via).WireName()
		return always
	}
	next := p.NextHop(r)
	hop := connection(s, next.TLS)
	maps.Copy(hop, always)
	// The order of the hosts decides nothing. docs/routing.md "The next hop".
	hop["route"] = fmt.Sprintf("%s at port %d", cmp.Or(strings.Join(next.Hosts, ", "), "mail exchangers"), next.Port)
	hop["route-tls"] = tlsText(next.TLS)
	hop["route-auth"] = next.Logon
	hop["route-headers"] = strings.Join(next.Fields, ", ")
	return hop
}

// tlsText describes the demands on a next hop: nothing about a certificate that is never seen.
func tlsText(t semantics.HopTLS) string {
	if t.Never {
		return "never"
	}
	return fmt.Sprintf("required %t, trusted %t, domain %q, smart host %t", t.Required, t.Trusted, t.Domain, t.SmartHost)
}

// connection returns the parameters that apply to connections to hosts outside the
// organisation, where they have an effect.
// docs/diff.md "When a parameter has an effect"; docs/cmdlets.md "New-SendConnector, …",
// column Default.
func connection(s *semantics.SendConnector, tls semantics.HopTLS) map[string]string {
	set := map[string]string{
		"SourceIPAddress":              cmp.Or(s.SourceIPAddress, "0.0.0.0"),
		"UseExternalDNSServersEnabled": strconv.FormatBool(s.UseExternalDNSServersEnabled),
		"ForceHELO":                    strconv.FormatBool(s.ForceHELO),
		"SmtpMaxMessagesPerConnection": number(cmp.Or(s.SmtpMaxMessagesPerConnection, 20)),
		"DkimSigning":                  cmp.Or(s.DkimSigning, "None"),
	}
	if !tls.Never {
		set["TlsCertificateName"] = s.TlsCertificateName
	}
	if len(s.SmartHosts) > 0 {
		limits := smartHostLimits[cmp.Or(s.SmartHostLimits, "None")]
		set["SmartHostMaxConnections"] = cmp.Or(s.SmartHostMaxConnections, limits.connections)
		set["SmartHostMessageRateLimit"] = cmp.Or(s.SmartHostMessageRateLimit, limits.messages)
		set["SmartHostRecipientRateLimit"] = cmp.Or(s.SmartHostRecipientRateLimit, limits.recipients)
		return set
	}
	set["ErrorPolicies"] = strconv.FormatBool(slices.Contains(strings.Split(s.ErrorPolicies, ", "), "DowngradeDnsFailures"))
	if !tls.Never {
		published := !s.IgnoreSTARTTLS && !s.ForceHELO
		set["DaneEnabled"] = strconv.FormatBool(semantics.Or(s.DaneEnabled, published))
		set["MtaStsEnabled"] = strconv.FormatBool(semantics.Or(s.MtaStsEnabled, published))
	}
	return set
}

// smartHostLimits are the values of SmartHostLimits.
// docs/routing.md "Limits for smart hosts".
var smartHostLimits = map[string]struct{ connections, messages, recipients string }{
	"None":         {"Unlimited", "Unlimited", "Unlimited"},
	"Microsoft365": {"3", "30", "10000"},
	"Google":       {"Unlimited", "Unlimited", "10000"},
}
