package analysis

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
)

// sources returns the clients of some pairs, and the same in words; the words are ""
// if the pairs cover all clients.
func (c *comparer) sources(pairs []int) ([]Source, string) {
	spans := make([][]partition.Span, len(c.listeners))
	for _, p := range pairs {
		for _, at := range c.pairs[p].clients {
			spans[at.listener] = append(spans[at.listener], at.Span)
		}
	}
	sources := c.sourcesOf(spans)
	return sources, c.sourcesText(sources)
}

// sourcesOf returns the clients in spans, which are given by listener.
func (c *comparer) sourcesOf(spans [][]partition.Span) []Source {
	var sources []Source
	same := map[string]int{}
	for l := range c.listeners {
		joined := partition.Join(spans[l])
		if len(joined) == 0 {
			continue
		}
		key := spansKey(joined)
		at, ok := same[key]
		if !ok {
			at = len(sources)
			same[key] = at
			s := Source{}
			for _, span := range joined {
				s.Ranges = append(s.Ranges, span.Range())
			}
			sources = append(sources, s)
		}
		sources[at].Local = append(sources[at].Local, c.listeners[l].Local...)
	}
	return sources
}

// spansKey is equal for equal spans.
func spansKey(spans []partition.Span) string {
	var key []byte
	for _, s := range spans {
		low, high := s.Low.As16(), s.High.As16()
		key = append(append(key, low[:]...), high[:]...)
	}
	return string(key)
}

// sourcesText names clients. It names local addresses only if not all addresses of
// the family are meant.
func (c *comparer) sourcesText(sources []Source) string {
	listening := map[bool]int{} // local addresses by family, IPv4 or not
	for _, l := range c.listeners {
		listening[l.Local[0].Addr().Is4()] += len(l.Local)
	}
	var texts []string
	everyone := len(sources) == len(listening)
	for _, s := range sources {
		everywhere := len(s.Local) == listening[s.Local[0].Addr().Is4()]
		everyone = everyone && everywhere && s.Ranges[0].String() == everybodyOf(s.Local[0])
		text := rangesText(s.Ranges)
		if !everywhere {
			text += " at " + c.localText(s.Local)
		}
		texts = append(texts, text)
	}
	if everyone {
		return ""
	}
	return strings.Join(texts, " and ")
}

// everybodyOf returns the range of all clients of the family of local.
func everybodyOf(local netip.AddrPort) string {
	if local.Addr().Is4() {
		return "0.0.0.0/0"
	}
	return "::/0"
}

// rangesText names the clients that ranges hold or, for a family of addresses, those
// that they don't hold, whichever is shorter.
func rangesText(ranges []param.Range) string {
	spans := make([]partition.Span, len(ranges))
	for i, r := range ranges {
		spans[i] = partition.Span{Low: r.Low(), High: r.High()}
	}
	spans = partition.Join(spans) // those of IPv4 first
	ipv6 := slices.IndexFunc(spans, func(s partition.Span) bool { return !s.Low.Is4() })
	switch ipv6 {
	case -1, 0:
		return familyText(spans)
	}
	return familyText(spans[:ipv6]) + " and " + familyText(spans[ipv6:])
}

// familyText is rangesText for clients of one family.
func familyText(spans []partition.Span) string {
	var texts, gaps []string
	next := netip.IPv6Unspecified()
	if spans[0].Low.Is4() {
		next = netip.IPv4Unspecified()
	}
	for _, s := range spans {
		texts = append(texts, s.String())
		if next.Less(s.Low) {
			gaps = append(gaps, partition.Span{Low: next, High: s.Low.Prev()}.String())
		}
		next = s.High.Next()
	}
	if next.IsValid() {
		gaps = append(gaps, partition.Span{Low: next, High: partition.Last(next)}.String())
	}
	if len(gaps) > 0 && len(gaps) < len(texts) {
		return "outside " + list(gaps, " and ")
	}
	return "in " + list(texts, " and ")
}

// localText names local addresses.
func (c *comparer) localText(local []netip.AddrPort) string {
	var texts []string
	for _, at := range local {
		text := at.String()
		if at.Addr().IsUnspecified() && c.named(at) {
			text = fmt.Sprintf("other addresses of %s", at)
		}
		texts = append(texts, text)
	}
	return list(texts, " and ")
}

// named reports whether a binding names an address that the wildcard would otherwise
// stand for.
func (c *comparer) named(wildcard netip.AddrPort) bool {
	for _, l := range c.listeners {
		for _, at := range l.Local {
			if at != wildcard && at.Port() == wildcard.Port() && at.Addr().Is4() == wildcard.Addr().Is4() {
				return true
			}
		}
	}
	return false
}
