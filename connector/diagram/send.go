package diagram

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// sendParts returns the Send connectors of a policy, disabled ones included, those that take mail for accepted
// domains first: sorted like the boxes that their mail comes from, so that fewer arrows cross.
func sendParts(p *connector.Policy) (parts []*part) {
	by := map[*connector.Outbound]*part{}
	for out := range p.Send() {
		by[out] = newSendPart(out)
		parts = append(parts, by[out])
	}
	ways := partition.NewWays(p, partition.Cuts(p, nil), partition.NewEffort())
	seen := map[*partition.Way]bool{} // those of accepted domains are others
	for _, d := range witnesses(p) {
		_, ours := p.Accepted(d)
		for way := ways.To(d); way != nil && !seen[way]; way = way.Next { // large messages may take another
			seen[way] = true
			switch b := by[way.Route.Outbound]; {
			case b != nil && ours:
				b.own.path = pathPlain
			case b != nil:
				b.other.path = pathPlain
			}
		}
	}
	sortSend(parts)
	return parts
}

// sortSend sorts those that take mail for accepted domains first.
func sortSend(parts []*part) {
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(b.own.path, a.own.path) })
}

// witnesses returns a domain of every kind that routes can depend on: the names in
// accepted domains and address spaces, one below each, and one other domain.
func witnesses(p *connector.Policy) []routing.Domain {
	all := []routing.Domain{elsewhere}
	add := func(name string) {
		for _, s := range []string{name, "below." + name} {
			if d, err := routing.ParseDomain(s); err == nil {
				all = append(all, d)
			}
		}
	}
	for _, a := range p.Config().Accepted {
		add(strings.TrimPrefix(a.DomainName, "*."))
	}
	for out := range p.Send() {
		for _, a := range out.Settings().AddressSpaces {
			if d := a.Domain(); d.IsValid() {
				add(d.String())
			}
		}
	}
	return all
}

func newSendPart(out *connector.Outbound) *part {
	s := out.Settings()
	b := &part{name: out.Name(), names: 1, enabled: s.Enabled.Or(true), settings: s}
	for _, a := range s.AddressSpaces {
		b.lines = append(b.lines, line{text: spaceText(a)})
	}
	switch {
	case !out.Local():
		b.outer = append(b.outer, line{text: "by way of " + strings.Join(s.SourceTransportServers, ", ")})
		return b
	case len(s.SmartHosts) > 0:
		for _, h := range s.SmartHosts {
			b.outer = append(b.outer, line{text: h.String()})
		}
	default:
		b.outer = append(b.outer, line{text: "mail exchangers (MX)"})
	}
	var how []string
	if s.Port != 0 && s.Port != 25 {
		how = append(how, fmt.Sprintf("port %d", s.Port))
	}
	if s.SmartHostAuthMechanism != auth.None {
		how = append(how, s.SmartHostAuthMechanism.String())
	}
	if s.RequireTLS {
		how = append(how, "TLS required")
	}
	if len(how) > 0 {
		b.outer = append(b.outer, line{text: strings.Join(how, ", "), mute: true})
	}
	return b
}

// spaceText returns an address space without its defaults.
func spaceText(a routing.AddressSpace) string {
	text := strings.TrimPrefix(a.String(), "SMTP:")
	if domain, ok := strings.CutSuffix(text, fmt.Sprintf(";%d", a.Cost())); ok {
		if text = domain; a.Cost() != 1 {
			text += fmt.Sprintf(" at cost %d", a.Cost())
		}
	}
	return text
}

// mergeSend joins connectors with the same next hops, and if there are still too many, the last ones.
func mergeSend(parts []*part, most int) []*part {
	join := func(to, p *part) {
		to.lines = slices.Concat(to.lines, p.lines)
		to.join(p)
	}
	parts = joinAlike(parts, func(p *part) string { return p.mark.String() + "\n" + texts(p.outer) }, join)
	if len(parts) <= most {
		return parts
	}
	return joinRest(markedFirst(parts, (*part).marking), most, func(to, p *part) {
		to.outer = slices.Concat(to.outer, p.outer)
		join(to, p)
	})
}
