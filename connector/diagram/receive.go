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

// receiveBox is a Receive connector, or several with the same rights.
type receiveBox struct {
	name       string
	names      int
	sources    []line // ranges
	at         []line // bindings
	lines      []line
	own, other path
	alike      string // equal for connectors that can share a box
}

func (b *receiveBox) boldest() path { return max(b.own, b.other) }

// receiveBoxes makes the boxes of the enabled Receive connectors.
func receiveBoxes(p *connector.Policy, opts Options) []*receiveBox {
	var boxes []*receiveBox
	for in := range p.Receive() {
		if in.Settings().Enabled.Or(true) {
			boxes = append(boxes, newReceiveBox(in))
		}
	}
	if len(boxes) > opts.MaxConnectors {
		boxes = mergeReceive(boxes, opts.MaxConnectors)
	}
	for _, b := range boxes {
		b.sources = atMost(b.sources, opts.MaxLines, "more ranges")
		b.at = atMost(b.at, opts.MaxLines, "more bindings")
	}
	return boxes
}

func newReceiveBox(in *connector.Inbound) *receiveBox {
	s := in.Settings()
	b := &receiveBox{name: in.Name(), names: 1}
	for _, r := range s.RemoteIPRanges {
		b.sources = append(b.sources, line{text: rangeText(r)})
	}
	for _, a := range s.Bindings {
		b.at = append(b.at, line{text: "at " + a.String(), mute: true})
	}

	mechanism := s.AuthMechanism.Or(auth.None).String()
	if s.RequireTLS {
		mechanism += ", TLS required"
	}
	b.lines = append(b.lines, line{text: mechanism, mute: true})
	for _, who := range visitors(in) {
		b.lines = append(b.lines, who.line())
		b.own = max(b.own, pathPlain)
		b.other = max(b.other, who.path)
	}
	if b.own == pathNone {
		b.lines = append(b.lines, line{text: "no client may submit", mute: true})
	}
	for _, l := range slices.Concat(b.at, b.lines) {
		b.alike += l.text + "\n"
	}
	return b
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

// certified is the session of a client whose certificate names all partners.
func certified(in *connector.Inbound) connector.Session {
	channel := auth.Channel{TLS: true}
	if in.Settings().DomainSecureEnabled {
		for _, name := range in.Policy().Transport().TLSReceiveDomainSecureList {
			if d, err := routing.ParseDomain(name); err == nil {
				channel.PeerNames = append(channel.PeerNames, d.String())
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

// mergeReceive joins boxes with the same rights, and if there are still too many, the
// boxes that allow least.
func mergeReceive(boxes []*receiveBox, most int) []*receiveBox {
	var merged []*receiveBox
	by := map[string]*receiveBox{}
	for _, b := range boxes {
		if first := by[b.alike]; first != nil {
			first.join(b)
			continue
		}
		by[b.alike] = b
		merged = append(merged, b)
	}
	if len(merged) > most {
		slices.SortStableFunc(merged, func(a, b *receiveBox) int { return cmp.Compare(b.boldest(), a.boldest()) })
		rest := merged[most-1]
		for _, b := range merged[most:] {
			rest.join(b)
		}
		rest.lines = []line{{text: "of several kinds", mute: true}}
		rest.at = []line{{text: "at several bindings", mute: true}}
		merged = merged[:most]
	}
	for _, b := range merged {
		if b.names > 1 {
			b.lines = slices.Insert(slices.Clone(b.lines), 0, andMore(b.names))
		}
	}
	return merged
}

// join adds another box to b.
func (b *receiveBox) join(other *receiveBox) {
	b.names += other.names
	b.sources = slices.Concat(b.sources, other.sources)
	b.own, b.other = max(b.own, other.own), max(b.other, other.other)
}
