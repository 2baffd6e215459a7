package diagram

import (
	"cmp"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// receiveParts returns the Receive connectors of a policy, disabled ones included.
func receiveParts(p *connector.Policy) (parts []*part) {
	for in := range p.Receive() {
		parts = append(parts, newReceivePart(in))
	}
	return parts
}

func newReceivePart(in *connector.Inbound) *part {
	s := in.Settings()
	p := &part{name: in.Name(), names: 1, enabled: s.Enabled.Or(true), settings: s}
	for _, r := range s.RemoteIPRanges {
		p.outer = append(p.outer, line{text: rangeText(r)})
	}
	for _, a := range s.Bindings {
		p.at = append(p.at, line{text: "at " + a.String(), mute: true})
	}
	mechanism := s.AuthMechanism.Or(auth.None).String()
	if s.RequireTLS {
		mechanism += ", TLS required"
	}
	p.lines = append(p.lines, line{text: mechanism, mute: true})
	for _, who := range visitors(in) {
		p.lines = append(p.lines, who.line())
		p.own.path = max(p.own.path, pathPlain)
		p.other.path = max(p.other.path, who.path)
	}
	if p.own.path == pathNone {
		p.lines = append(p.lines, line{text: "no client may submit", mute: true})
	}
	return p
}

// rangeText returns the text of a range.
func rangeText(r param.Range) string {
	switch {
	case r.Same(everyIPv4):
		return "every IPv4 address"
	case r.Same(everyIPv6):
		return "every IPv6 address"
	}
	return r.String()
}

var (
	everyIPv4 = param.MustParseRange("0.0.0.0/0")
	everyIPv6 = param.MustParseRange("::/0")
)

// visitor is a principal that may submit on a connector.
type visitor struct {
	name   string
	rights permission.Set
	path   path // by which it relays; pathNone: it doesn't
}

// visitors lists the principals that may submit on a connector: sessions before a
// login, users, partners, and the principals that grants name.
func visitors(in *connector.Inbound) []visitor {
	var all []visitor
	add := func(name string, rights permission.Set, relaying path) {
		if !rights.Has(permission.Submit) {
			return
		}
		if !rights.Has(permission.AcceptAnyRecipient) && !acceptsAll(in.Policy()) {
			relaying = pathNone
		}
		all = append(all, visitor{name, rights, relaying})
	}
	first := in.Open(auth.Channel{}, nil)
	name := "anonymous"
	if first.Authenticated() {
		name = "externally secured"
	}
	add(name, first.Rights(), pathOpen)
	if partner := certified(in); partner.Identity().Is(permission.SIDPartners) {
		add("partners", partner.Rights(), pathLogin)
	}
	if len(in.Open(auth.Channel{TLS: true, Further: auth.WithoutPassword()}, nil).SASL()) == 0 {
		return all
	}
	for _, v := range logins(in) {
		add(v.name, v.rights, pathLogin)
	}
	return all
}

// certified is the session of a client whose certificate names a partner.
func certified(in *connector.Inbound) connector.Session {
	channel := auth.Channel{TLS: true}
	if in.Settings().DomainSecureEnabled {
		for _, name := range in.Policy().Transport().TLSReceiveDomainSecureList {
			if d, err := routing.ParseDomain(name); err == nil {
				channel.PeerNames = []string{d.String()}
				break
			}
		}
	}
	return in.Open(channel, nil)
}

// wellKnown are the principals that have a separate line, or that a login with a
// password can't give.
var wellKnown = []permission.SID{
	permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDPartners,
	permission.SIDHubServers, permission.SIDEdgeServers, permission.SIDExternallySecured,
	permission.SIDLegacyServers, permission.SIDExchangeServers, permission.SIDLegacyInterop,
}

// acceptsAll reports whether the accepted domain * covers every recipient.
func acceptsAll(p *connector.Policy) bool {
	_, ok := p.Accepted(elsewhere)
	return ok
}

// elsewhere is a domain that policies don't name.
var elsewhere = routing.MustParseDomain("somewhere-else.invalid")

// line returns the line with the rights of v.
func (v visitor) line() line {
	may := []string{"submit"}
	if v.path != pathNone {
		may[0] = "relay"
	}
	if v.rights.Has(permission.AcceptAnySender) {
		may = append(may, "any sender")
	}
	return line{text: v.name + ": " + strings.Join(may, ", "), path: v.path}
}

// mergeReceive joins connectors with the same rights, and if there are still too many, those that allow
// least.
func mergeReceive(parts []*part, most int) []*part {
	join := func(to, p *part) {
		to.outer = slices.Concat(to.outer, p.outer)
		to.join(p)
	}
	parts = joinAlike(parts, func(p *part) string { return p.mark.String() + "\n" + texts(p.at) + texts(p.lines) }, join)
	if len(parts) <= most {
		return parts
	}
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(b.boldest(), a.boldest()) })
	parts = joinRest(markedFirst(parts, (*part).marking), most, join)
	rest := parts[most-1]
	rest.lines = []line{{text: "of several kinds", mute: true}}
	rest.at = []line{{text: "at several bindings", mute: true}}
	return parts
}
