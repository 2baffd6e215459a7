package connector

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// MessageAuthentication returns the mode in which the server checks SPF, DKIM and DMARC of mail
// from a client with these rights. Clients that hold ms-Exch-Bypass-Anti-Spam aren't checked, so
// for them, and for nil, it is Off.
func (in *Inbound) MessageAuthentication(rights permission.Set) param.AuthenticationMode {
	if in == nil || rights.Has(permission.BypassAntiSpam) {
		return param.AuthenticationOff
	}
	return in.settings.MessageAuthenticationMode.Or(param.AuthenticationOff)
}

// MessageAuthentication returns the mode in which the server checks SPF, DKIM and DMARC of the
// messages of this session. The policy doesn't check them: package relay/verify does. A
// connector with the mode Off has nothing to explain, so no step is recorded.
func (s Session) MessageAuthentication() param.AuthenticationMode {
	if s.in == nil {
		s.noConnector()
		return param.AuthenticationOff
	}
	mode := s.in.MessageAuthentication(s.client.rights)
	switch configured := s.in.settings.MessageAuthenticationMode.Or(param.AuthenticationOff); {
	case mode != param.AuthenticationOff:
		s.check(checkMessageAuth, true, about{subject: authenticationTexts[mode]})
	case configured != param.AuthenticationOff:
		s.check(checkMessageAuth, false, about{subject: "the client holds ms-Exch-Bypass-Anti-Spam"})
	}
	return mode
}

var authenticationTexts = map[param.AuthenticationMode]string{
	param.AuthenticationNote:       "the results are noted in Authentication-Results",
	param.AuthenticationQuarantine: "the results are noted, and mail that a DMARC policy would quarantine or reject is marked",
	param.AuthenticationReject:     "the results are noted, mail that a DMARC policy would quarantine is marked, and mail that one would reject is refused",
}

// KeepResults reports whether an Authentication-Results field passes that names the server
// service (authserv-id). Fields of other organisations pass always, and mean nothing here. A
// field of this organisation's servers passes only if the connector's client may bring it,
// because anyone can write such a field (RFC 8601 section 5).
func (f HeaderFilter) KeepResults(service string) bool {
	switch {
	case f.in == nil:
		return false
	case f.allResults || slices.ContainsFunc(f.in.settings.TrustedAuthenticationServices, func(name string) bool { return equalFold(name, service) }):
		return true
	}
	_, found := slices.BinarySearch(f.in.policy.services, strings.ToLower(service))
	return !found
}

// Services returns the names of the servers whose Authentication-Results fields KeepResults
// refuses.
func (f HeaderFilter) Services() []string {
	if f.in == nil || f.allResults {
		return nil
	}
	var refused []string
	for _, name := range f.in.policy.services {
		if !f.KeepResults(name) {
			refused = append(refused, name)
		}
	}
	return refused
}

// authenticationServices returns the names under which servers of the organisation write
// Authentication-Results: those of all Receive connectors, and the ones that connectors trust.
func (c *Config) authenticationServices() []string {
	var names []string
	for _, r := range c.Receive {
		names = append(names, strings.ToLower(c.receiveDefaults(r).Fqdn))
		for _, name := range r.TrustedAuthenticationServices {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// trustedServices checks the names of TrustedAuthenticationServices.
func (c *receiveCheck) trustedServices() {
	for i, name := range c.given.TrustedAuthenticationServices {
		path := (c.path + ".TrustedAuthenticationServices").Index(i)
		if name == "" {
			c.fail(path, CodeFqdnInvalid, "give the name of a server, as it stands in Authentication-Results")
			continue
		}
		c.fqdn(path, name)
	}
}
