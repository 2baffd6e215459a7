package diagram

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/routing"
)

// sendBox is a Send connector, or several with the same next hops.
type sendBox struct {
	name       string
	names      int
	lines      []line // address spaces
	hops       []line
	own, other bool // mail for accepted domains, mail for other domains leaves by it
}

// rank sorts connectors for accepted domains first.
func (b *sendBox) rank() int {
	if b.own {
		return 0
	}
	return 1
}

// sendBoxes makes the boxes of the enabled Send connectors.
func sendBoxes(p *connector.Policy, opts Options) []*sendBox {
	var boxes []*sendBox
	byOut := map[*connector.Outbound]*sendBox{}
	for out := range p.Send() {
		if out.Settings().Enabled.Or(true) {
			b := newSendBox(out)
			byOut[out] = b
			boxes = append(boxes, b)
		}
	}
	cuts := partition.Cuts(p, nil)
	for _, d := range witnesses(p) {
		_, ours := p.Accepted(d)
		for _, way := range partition.Ways(p, d, cuts) { // large messages may take another
			if b := byOut[way.Route.Outbound]; b != nil {
				b.own = b.own || ours
				b.other = b.other || !ours
			}
		}
	}
	// Sorted like the boxes that they come from, so that fewer arrows cross.
	slices.SortStableFunc(boxes, func(a, b *sendBox) int { return a.rank() - b.rank() })
	if len(boxes) > opts.MaxConnectors {
		boxes = mergeSend(boxes, opts.MaxConnectors)
	}
	for _, b := range boxes {
		b.lines = slices.Clone(atMost(b.lines, opts.MaxLines, "more address spaces"))
		b.hops = atMost(b.hops, opts.MaxLines, "more")
		if b.names > 1 {
			b.lines = slices.Insert(b.lines, 0, andMore(b.names))
		}
	}
	return boxes
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

func newSendBox(out *connector.Outbound) *sendBox {
	s := out.Settings()
	b := &sendBox{name: out.Name(), names: 1}
	for _, a := range s.AddressSpaces {
		b.lines = append(b.lines, line{text: spaceText(a)})
	}
	switch {
	case !out.Local():
		b.hops = append(b.hops, line{text: "by way of " + strings.Join(s.SourceTransportServers, ", ")})
		return b
	case len(s.SmartHosts) > 0:
		for _, h := range s.SmartHosts {
			b.hops = append(b.hops, line{text: h.String()})
		}
	default:
		b.hops = append(b.hops, line{text: "mail exchangers (MX)"})
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
		b.hops = append(b.hops, line{text: strings.Join(how, ", "), mute: true})
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

// mergeSend joins boxes with the same next hops, and if there are still too
// many, the last ones.
func mergeSend(boxes []*sendBox, most int) []*sendBox {
	var merged []*sendBox
	by := map[string]*sendBox{}
	for _, b := range boxes {
		key := ""
		for _, h := range b.hops {
			key += h.text + "\n"
		}
		if first := by[key]; first != nil {
			first.join(b)
			continue
		}
		by[key] = b
		merged = append(merged, b)
	}
	if len(merged) > most {
		rest := merged[most-1]
		for _, b := range merged[most:] {
			rest.join(b)
			rest.hops = slices.Concat(rest.hops, b.hops)
		}
		merged = merged[:most]
	}
	return merged
}

// join adds another box to b.
func (b *sendBox) join(other *sendBox) {
	b.names += other.names
	b.lines = slices.Concat(b.lines, other.lines)
	b.own, b.other = b.own || other.own, b.other || other.other
}
