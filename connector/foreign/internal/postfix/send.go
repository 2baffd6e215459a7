package postfix

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// connectorFor makes the Send connector of a route.
func (r *reader) connectorFor(rt route, names map[string]bool) {
	s := scope{reader: r}
	for _, c := range r.clients {
		if c.name == rt.service {
			s = c.scope
		}
	}
	sc := connector.Send{Name: sendName(rt, names), AddressSpaces: rt.spaces, MaxMessageSize: param.UnlimitedSize}
	hops := r.hops(s, rt)
	if len(rt.hops) > 0 && len(hops) == 0 {
		return // the account says why
	}
	for _, h := range hops {
		sc.SmartHosts = append(sc.SmartHosts, h.host)
		sc.Port = h.port
	}
	s.clientTLS(&sc, rt)
	s.clientLogon(&sc, rt, hops)
	s.clientNames(&sc)
	path := source.Named("Send", sc.Name)
	r.Place(path, rt.at)
	r.Place(path+".SmartHosts", rt.at)
	r.Place(path+".AuthenticationCredential", s.find("smtp_sasl_password_maps").at)
	r.Config.Send = append(r.Config.Send, sc)
}

// sendName returns a name for the Send connector of a route that no other has.
func sendName(rt route, names map[string]bool) string {
	name := "Internet"
	if rt.spaces[0].Kind() != routing.SpaceAny {
		name = "To " + rt.spaces[0].Domain().String()
	}
	if len(name) > 60 {
		name = name[:60]
	}
	base := name
	for n := 2; names[name]; n++ {
		name = fmt.Sprintf("%s %d", base, n)
	}
	names[name] = true
	return name
}

// hops reads the next hops of a route. A Send connector has one port.
func (r *reader) hops(s scope, rt route) []hop {
	standard := 25
	if h, err := nextHop("h:"+s.get("smtp_tcp_port"), 25); err == nil {
		standard = h.port
	}
	s.taken("smtp_tcp_port", "Port of the Send connectors")
	var out []hop
	for _, text := range rt.hops {
		h, err := nextHop(text, standard)
		switch {
		case err != nil:
			r.NotPossible(rt.at, rt.setting, err.Error(), "name the next hop as [host]:port, host or an address")
		case len(out) > 0 && h.port != out[0].port:
			r.NotPossible(rt.at, rt.setting, fmt.Sprintf("%s has another port than the hosts before it, and a Send connector has one port", text), "make a Send connector with a higher cost for it")
		default:
			out = append(out, h)
		}
	}
	return out
}

// clientTLS sets how the connector uses TLS.
func (s scope) clientTLS(sc *connector.Send, rt route) {
	const name = "smtp_tls_security_level"
	level := s.get(name)
	switch {
	case level == "" && s.yes("smtp_enforce_tls"):
		level = "encrypt"
	case level == "" && s.yes("smtp_use_tls"):
		level = "may"
	}
	if own := s.policyOf(rt); own != "" {
		level = own
	}
	switch level {
	case "none":
		sc.IgnoreSTARTTLS = true
	case "", "may":
	case "encrypt":
		sc.RequireTLS, sc.TlsAuthLevel = true, param.EncryptionOnly
	case "dane":
		if len(sc.SmartHosts) > 0 {
			s.notPossible(name, "TLSA records of smart hosts aren't followed; TLS is used if they offer it", "set RequireTLS and TlsAuthLevel DomainValidation of the Send connector")
		}
	case "verify", "secure", "dane-only", "fingerprint":
		s.verified(sc, level)
	default:
		sc.RequireTLS, sc.TlsAuthLevel = true, param.CertificateValidation
		s.notPossible(name, fmt.Sprintf("the level %q isn't known; TLS with a valid certificate is required", level), "set TlsAuthLevel of the Send connectors")
	}
	s.taken(name, "RequireTLS and TlsAuthLevel of the Send connectors")
	s.taken("smtp_use_tls", "TLS where the next hop offers it")
	s.taken("smtp_enforce_tls", "RequireTLS of the Send connectors")
	if s.yes("smtp_tls_wrappermode") && sc.Port != 465 {
		s.notPossible("smtp_tls_wrappermode", "connections begin with TLS at port 465 only", "let the next hop listen at port 465")
		sc.RequireTLS = true
		sc.TlsAuthLevel = max(sc.TlsAuthLevel, param.EncryptionOnly)
	}
	s.taken("smtp_tls_wrappermode", "connections to port 465 begin with TLS")
}

// verified sets the levels that check the next hop's certificate.
func (s scope) verified(sc *connector.Send, level string) {
	const name = "smtp_tls_security_level"
	sc.RequireTLS, sc.TlsAuthLevel = true, param.CertificateValidation
	switch {
	case level == "dane-only" || level == "fingerprint":
		s.notPossible(name, level+": a valid certificate is required instead", "set TlsAuthLevel and TlsDomain of the Send connector")
	case len(sc.SmartHosts) == 0:
		sc.TlsAuthLevel = param.DomainValidation
	case sc.SmartHosts[0].Domain().IsValid():
		sc.TlsAuthLevel = param.DomainValidation
		sc.TlsDomain = sc.SmartHosts[0].Domain().String()
	default:
		s.notPossible(name, level+": the name in the certificate of a smart host without a name isn't checked", "set TlsDomain and TlsAuthLevel DomainValidation of the Send connector")
	}
}

// policyOf returns the level that smtp_tls_policy_maps has for a route; "" if it has none.
func (s scope) policyOf(rt route) string {
	if rt.tls != "" || len(rt.hops) == 0 {
		return rt.tls
	}
	return s.policyLevel(s.lookUp("smtp_tls_policy_maps", rt.hops[0], strings.Trim(rt.hops[0], "[]")))
}

// policyLevel returns the level in a row of smtp_tls_policy_maps, and accounts for it.
func (s scope) policyLevel(found row, ok bool) string {
	if !ok {
		return ""
	}
	level, more := cutBlank(found.value)
	if more != "" {
		s.NotPossible(found.at, found.key, "of the policy, the level alone is taken", "set TlsDomain of the Send connector, and TlsMinimumVersion")
	}
	s.Taken(found.at, found.key, "TlsAuthLevel of a Send connector")
	return level
}

// policed returns routes for domains that have a policy of their own in smtp_tls_policy_maps.
func (r *reader) policed(s scope, routes []route, fallback route) []route {
	const name = "smtp_tls_policy_maps"
	hops, spaces := map[string]bool{}, map[string]bool{}
	for _, rt := range append(slices.Clip(routes), fallback) {
		for _, hop := range rt.hops {
			hops[hop], hops[strings.Trim(hop, "[]")] = true, true
		}
		if len(rt.spaces) > 0 {
			spaces[rt.spaces[0].Space()] = true
		}
	}
	s.taken(name, "TlsAuthLevel of the Send connectors")
	var out []route
	for _, row := range s.rows(name) {
		key := strings.TrimPrefix(row.key, ".")
		switch {
		case hops[row.key]:
			continue // the route to the next hop takes it
		case strings.ContainsAny(key, "[:"):
			r.NotPossible(row.at, row.key, "no Send connector has this next hop", "remove the line if it isn't needed")
			continue
		}
		text := key
		if key != row.key {
			text = "*." + key
		}
		space, err := routing.ParseAddressSpace(text)
		switch {
		case err != nil || spaces[space.Space()] || len(fallback.hops) > 0 || fallback.service == "":
			s.NotPossible(row.at, row.key, "the policy is for a domain, and mail for it goes to a smart host", "set RequireTLS and TlsAuthLevel of the Send connector with that smart host")
		default:
			out = append(out, route{spaces: []routing.AddressSpace{space}, service: fallback.service, tls: s.policyLevel(row, true), setting: row.key, at: row.at})
		}
	}
	return out
}

// clientNames sets the name and the address that the connector shows.
func (s scope) clientNames(sc *connector.Send) {
	if s.given("smtp_helo_name") {
		if d, err := routing.ParseDomain(s.get("smtp_helo_name")); err == nil {
			sc.Fqdn = d.String()
			s.taken("smtp_helo_name", "Fqdn of the Send connectors")
		} else {
			s.notPossible("smtp_helo_name", "it isn't the name of a host", "set Fqdn of the Send connectors")
		}
	}
	for _, name := range []string{"smtp_bind_address", "smtp_bind_address6"} {
		a, err := netip.ParseAddr(strings.Trim(s.get(name), "[]"))
		switch {
		case err != nil && s.get(name) != "":
			s.notPossible(name, "it isn't an address", "set SourceIPAddress of the Send connectors")
		case err == nil && sc.SourceIPAddress.IsValid():
			s.notPossible(name, "a Send connector has one SourceIPAddress", "make Send connectors for both")
		case err == nil:
			sc.SourceIPAddress = a
			s.taken(name, "SourceIPAddress of the Send connectors")
		}
	}
}

// clientLogon sets the credentials with which the connector logs on.
func (s scope) clientLogon(sc *connector.Send, rt route, hops []hop) {
	const maps = "smtp_sasl_password_maps"
	s.taken("smtp_sasl_auth_enable", "SmartHostAuthMechanism of the Send connectors")
	if !s.yes("smtp_sasl_auth_enable") || len(hops) == 0 {
		return
	}
	unreadable := s.tableError(maps)
	for i, text := range rt.hops {
		if i >= len(hops) {
			break
		}
		host := hops[i].host
		found, ok := s.lookUp(maps, text, strings.Trim(host.String(), "[]"))
		var c param.Credential
		switch {
		case ok:
			user, password, _ := strings.Cut(found.value, ":")
			c = param.Credential{UserName: user, Password: auth.Secret(password)}
			s.logons[found.key] = true
			s.Taken(found.at, found.key, "the credential of the Send connector "+sc.Name)
		case unreadable != nil:
			s.notPossible(maps, unreadable.Error(), "give the user name and password by -credentials or INTERCHANGE_CREDENTIAL_, see the output of -to shell")
		default:
			continue // Postfix doesn't log on there
		}
		if sc.AuthenticationCredential == nil {
			sc.AuthenticationCredential = &c
		} else if *sc.AuthenticationCredential != c {
			sc.SmartHostCredentials = append(sc.SmartHostCredentials, param.SmartHostCredential{Host: host, Credential: c})
		}
	}
	if sc.AuthenticationCredential == nil {
		return
	}
	s.taken(maps, "AuthenticationCredential of the Send connectors")
	sc.SmartHostAuthMechanism = auth.BasicAuth
	options := append(s.list("smtp_sasl_security_options"), s.list("smtp_sasl_tls_security_options")...)
	if slices.Contains(s.list("smtp_sasl_security_options"), "noplaintext") || sc.RequireTLS {
		sc.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
		sc.IgnoreSTARTTLS = false
	}
	if slices.Contains(options, "noplaintext") {
		s.notPossible("smtp_sasl_security_options", "AUTH PLAIN and LOGIN are used, which show the password to the next hop, with TLS only", "nothing, if the next hop may know the password")
	}
	s.taken("smtp_sasl_security_options", "SmartHostAuthMechanism: BasicAuthRequireTLS where noplaintext is among them or TLS is required; the next hop's certificate must be valid then")
}

// unusedPasswords accounts for the passwords that no Send connector uses.
func (r *reader) unusedPasswords(s scope) {
	const maps = "smtp_sasl_password_maps"
	for _, row := range s.rows(maps) {
		if !r.logons[row.key] {
			r.NotPossible(row.at, row.key, "no Send connector logs on to this next hop", "remove the line if it isn't needed, or set smtp_sasl_auth_enable")
		}
	}
}

// rows returns the rows of the tables of a setting.
func (s scope) rows(name string) []row {
	var out []row
	for _, text := range s.list(name) {
		if isTable(text) {
			if t := s.table(text); t.err == nil {
				for _, row := range t.rows {
					if row.at.File == "" {
						row.at = s.find(name).at
					}
					out = append(out, row)
				}
			} else {
				s.notPossible(name, fmt.Sprintf("%s: %v", text, t.err), "write the table in a file of the type texthash")
			}
		}
	}
	return out
}

// tableError returns why a table of a setting can't be read; nil if all can.
func (s scope) tableError(name string) error {
	for _, text := range s.list(name) {
		if isTable(text) {
			if t := s.table(text); t.err != nil {
				return fmt.Errorf("%s: %w", text, t.err)
			}
		}
	}
	return nil
}

// lookUp returns the row of the tables of a setting for the first of keys that they have.
func (s scope) lookUp(name string, keys ...string) (row, bool) {
	for _, key := range keys {
		for _, text := range s.list(name) {
			if !isTable(text) {
				continue
			}
			if found, ok := s.table(text).byKey[strings.ToLower(key)]; ok {
				if found.at.File == "" {
					found.at = s.find(name).at
				}
				return found, true
			}
		}
	}
	return row{}, false
}
