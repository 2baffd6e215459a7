package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// nextHop is how mail on one route is sent. Equal ones are the same way out, whatever
// the connector's name.
type nextHop struct {
	hop  string // the destination; "": mail can't leave
	tls  tlsDemand
	auth string
	// passwords are those of auth and never shown.
	passwords auth.Secret
	keep      [len(headerClasses)]bool
	settings  [len(routeSettings)]string
}

// routeSettings are the parameters of a Send connector that are compared by
// their text.
var routeSettings = [...]struct {
	name string
	text func(*connector.Send) string
	// onward is set if the parameter applies to mail for another server of the
	// organisation, too.
	onward bool
	// acts reports whether the value makes a difference; nil if it always does.
	acts func(*connector.Send, tlsDemand) bool
}{
	{name: "SourceIPAddress", text: func(s *connector.Send) string {
		if !s.SourceIPAddress.IsValid() || s.SourceIPAddress.IsUnspecified() {
			return "any"
		}
		return s.SourceIPAddress.String()
	}},
	{name: "Fqdn", text: func(s *connector.Send) string { return strconv.Quote(s.Fqdn) }, onward: true},
	{
		name: "TlsCertificateName",
		text: func(s *connector.Send) string { return strconv.Quote(s.TlsCertificateName) },
		acts: func(_ *connector.Send, tls tlsDemand) bool { return !tls.Never },
	},
	{
		name: "DaneEnabled",
		text: func(s *connector.Send) string { return strconv.FormatBool(s.DaneEnabled.Or(false)) },
		acts: mayEncrypt,
	},
	{
		name: "MtaStsEnabled",
		text: func(s *connector.Send) string { return strconv.FormatBool(s.MtaStsEnabled.Or(false)) },
		acts: mayEncrypt,
	},
	{name: "SmartHostMaxConnections", text: func(s *connector.Send) string { return s.SmartHostMaxConnections.String() }, acts: toSmartHosts},
	{name: "SmartHostMessageRateLimit", text: func(s *connector.Send) string { return s.SmartHostMessageRateLimit.String() }, acts: toSmartHosts},
	{name: "SmartHostRecipientRateLimit", text: func(s *connector.Send) string { return s.SmartHostRecipientRateLimit.String() }, acts: toSmartHosts},
	{name: "UseExternalDNSServersEnabled", text: func(s *connector.Send) string { return strconv.FormatBool(s.UseExternalDNSServersEnabled) }},
	{name: "ForceHELO", text: func(s *connector.Send) string { return strconv.FormatBool(s.ForceHELO) }},
	{name: "SmtpMaxMessagesPerConnection", text: func(s *connector.Send) string { return strconv.Itoa(s.SmtpMaxMessagesPerConnection) }},
	{name: "ConnectionInactivityTimeOut", text: func(s *connector.Send) string { return param.FormatTimeSpan(s.ConnectionInactivityTimeOut) }, onward: true},
	{name: "DkimSigning", text: func(s *connector.Send) string { return s.DkimSigning.String() }},
	{
		name: "ErrorPolicies",
		text: func(s *connector.Send) string {
			return strconv.FormatBool(s.ErrorPolicies&param.DowngradeDnsFailures != 0)
		},
		// A smart host that isn't found is never a permanent error.
		acts: func(s *connector.Send, _ tlsDemand) bool { return len(s.SmartHosts) == 0 },
	},
}

// mayEncrypt reports whether what domains publish about TLS can matter.
func mayEncrypt(s *connector.Send, tls tlsDemand) bool {
	return len(s.SmartHosts) == 0 && !tls.Never
}

// toSmartHosts reports whether a connector has smart hosts.
func toSmartHosts(s *connector.Send, _ tlsDemand) bool { return len(s.SmartHosts) > 0 }

// newNextHop describes a route of mail to the domain.
func newNextHop(r connector.Route, to routing.Domain) nextHop {
	if r.Outcome != routing.Routed {
		return nextHop{}
	}
	out, set := r.Outbound, r.Outbound.Settings()
	if r.Via != nil {
		// The other server routes the mail by its own policy.
		n := nextHop{
			hop: "server " + r.Via.Name, auth: auth.None.String(),
		}
		if r.Via.FQDN != "" {
			n.hop = "server " + r.Via.FQDN
		}
		for i := range n.keep {
			n.keep[i] = true
		}
		for i, s := range routeSettings {
			if s.onward {
				n.settings[i] = s.text(set)
			}
		}
		return n
	}
	n := nextHop{hop: hostsText(set), tls: demandOf(out, to), auth: auth.None.String()}
	if len(set.SmartHosts) > 0 {
		to = routing.Domain{} // the next hop is not a server of that domain
		if set.LogsOn() {
			n.auth, n.passwords = logonText(set)
		}
	}
	filter := out.Headers(to, nil)
	for i, class := range headerClasses {
		n.keep[i] = filter.Keep(class.field)
	}
	for i, s := range routeSettings {
		if s.acts == nil || s.acts(set, n.tls) {
			n.settings[i] = s.text(set)
		}
	}
	return n
}

// hostsText names the next hops, sorted, because their order decides nothing.
func hostsText(set *connector.Send) string {
	var hosts []string
	for _, h := range set.SmartHosts {
		hosts = append(hosts, h.String())
	}
	slices.Sort(hosts)
	text := "the MX hosts of the domain"
	if len(hosts) > 0 {
		text = strings.Join(slices.Compact(hosts), " or ")
	}
	if set.Port != 25 {
		text += " at port " + strconv.Itoa(set.Port)
	}
	return text
}

// logonText says how a connector logs on to its smart hosts, with the passwords. It names the
// hosts only if the credentials differ.
func logonText(set *connector.Send) (text string, passwords auth.Secret) {
	hosts := slices.SortedFunc(slices.Values(set.SmartHosts), func(a, b param.SmartHost) int { return cmp.Compare(a.String(), b.String()) })
	credentials := make([]param.Credential, len(hosts))
	for i, h := range hosts {
		if c := set.CredentialFor(h); c != nil {
			credentials[i] = *c
		}
	}
	text = set.SmartHostAuthMechanism.String() + " as "
	if first := credentials[0]; !slices.ContainsFunc(credentials, func(c param.Credential) bool { return c != first }) {
		return text + strconv.Quote(first.UserName), first.Password
	}
	users := make([]string, len(hosts))
	for i, c := range credentials {
		users[i] = strconv.Quote(c.UserName) + " at " + hosts[i].String()
		passwords += c.Password + "\x00"
	}
	return text + strings.Join(users, ", "), passwords
}

// routeDelta is one difference in the route of mail to a domain.
type routeDelta struct {
	aspect        Aspect
	direction     Direction
	subject       string
	before, after string
}

// differ returns the differences between two ways out.
func (was *nextHop) differ(is *nextHop) []routeDelta {
	var found []routeDelta
	add := func(a Aspect, d Direction, subject, before, after string) {
		if before != after {
			found = append(found, routeDelta{a, d, subject, before, after})
		}
	}
	switch {
	case was.hop == "" || is.hop == "":
		add(AspectRoute, toward(was.hop == ""), "", was.hop, is.hop)
		return found
	default:
		add(AspectRoute, Different, "", was.hop, is.hop)
	}
	add(AspectRouteTLS, was.tls.toward(is.tls), "", was.tls.String(), is.tls.String())
	add(AspectRouteAuth, Different, "", was.auth, is.auth)
	if was.auth == is.auth && was.passwords != is.passwords {
		add(AspectRouteAuth, Different, "password", "one password", "another")
	}
	for i, class := range headerClasses {
		if was.keep[i] != is.keep[i] {
			found = append(found, routeDelta{AspectRouteHeaders, toward(is.keep[i]), class.name, keptText(was.keep[i]), keptText(is.keep[i])})
		}
	}
	for i, s := range routeSettings {
		if was.settings[i] != "" && is.settings[i] != "" { // "" has no effect
			add(AspectRouteSetting, Different, s.name, was.settings[i], is.settings[i])
		}
	}
	return found
}

// sentence describes d for mail to the domains; names are the names of Send
// connectors.
func (d *routeDelta) sentence(domains, sizes, names string) string {
	mail := "mail to " + domains + sizes
	what := d.subject
	switch d.aspect {
	case AspectRoute:
		switch {
		case d.before == "":
			return sentence(mail+" can now leave, to "+d.after, "", names)
		case d.after == "":
			return sentence(mail+" can no longer leave; it went to "+d.before, "", names)
		}
		return sentence(mail+" now goes to "+d.after+" instead of "+d.before, "", names)
	case AspectRouteHeaders:
		kept := "with"
		if d.direction == Stricter {
			kept = "without"
		}
		return sentence(fmt.Sprintf("%s now leaves %s its %s fields", mail, kept, d.subject), "", names)
	case AspectRouteTLS:
		what = "TLS with the next hop"
	case AspectRouteAuth:
		if d.subject != "" {
			return sentence("for "+mail+", this server now logs on to the next hop with another password", "", names)
		}
		what = "authentication with the next hop"
	}
	return sentence("for "+mail+", "+what+" is now "+d.after, "", "was "+d.before, names)
}
