package analysis

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
)

// clientsText names clients in a sentence.
type clientsText struct {
	who  string // "all clients", "clients in 10.0.0.0/8 on 0.0.0.0:25", or "these clients"
	list string // the end of the sentence: "", or a colon and a line for each group of "these clients"
}

// clientsOf returns the clients of some pairs, and the same in words.
func (c *comparer) clientsOf(pairs ...int) ([]Clients, clientsText) {
	spans := make([][]partition.Span, len(c.listeners))
	for _, p := range pairs {
		for _, at := range c.pairs[p].clients {
			spans[at.listener] = append(spans[at.listener], at.Span)
		}
	}
	groups := c.clientsIn(spans)
	return groups, c.clientsInWords(groups)
}

// clientsIn returns the clients in spans, which are given by listener.
func (c *comparer) clientsIn(spans [][]partition.Span) []Clients {
	var groups []Clients
	same := map[string]int{}
	for l := range c.listeners {
		joined := partition.Join(spans[l])
		if len(joined) == 0 {
			continue
		}
		key := spansKey(joined)
		at, ok := same[key]
		if !ok {
			at = len(groups)
			same[key] = at
			s := Clients{}
			for _, span := range joined {
				s.Ranges = append(s.Ranges, span.Range())
			}
			groups = append(groups, s)
		}
		groups[at].Local = append(groups[at].Local, c.listeners[l].Local...)
	}
	return groups
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

// clientsInWords names clients. It leaves out the local addresses where all are meant.
func (c *comparer) clientsInWords(clients []Clients) clientsText {
	listening := map[bool]int{} // local addresses by family, IPv4 or not
	for _, l := range c.listeners {
		listening[l.Local[0].Addr().Is4()] += len(l.Local)
	}
	var groups table[*[]netip.AddrPort] // by the clients in words: the local addresses
	for _, s := range clients {
		local := groups.row(rangesText(s.Ranges), func() *[]netip.AddrPort { return new([]netip.AddrPort) })
		*local = append(*local, s.Local...)
	}
	var texts []string
	for _, who := range groups.keys {
		local := *groups.rows[who]
		every := listening[local[0].Addr().Is4()]
		if strings.HasPrefix(who, "all") {
			every = listening[true] + listening[false]
		}
		if len(local) < every {
			who += " on " + c.localText(local)
		}
		texts = append(texts, who)
	}
	if len(texts) == 1 {
		return clientsText{who: texts[0]}
	}
	return clientsText{"these clients", ":\n" + cut(texts, len(texts), ";\n", ";\n")}
}

// rangesText names the clients in ranges of one family of addresses, or those that
// are not in them, whichever is shorter. The ranges are ascending and don't touch.
func rangesText(ranges []param.Range) string {
	var texts, gaps []string
	next := netip.IPv6Unspecified()
	if ranges[0].Low().Is4() {
		next = netip.IPv4Unspecified()
	}
	for _, r := range ranges {
		texts = append(texts, r.String())
		if next.Less(r.Low()) {
			gaps = append(gaps, partition.Span{Low: next, High: r.Low().Prev()}.String())
		}
		next = r.High().Next()
	}
	if next.IsValid() {
		gaps = append(gaps, partition.Span{Low: next, High: partition.Last(next)}.String())
	}
	switch {
	case len(gaps) == 0:
		return "all clients"
	case len(gaps) < len(texts):
		return "all clients except " + list(gaps, " and ")
	case len(texts) == 1 && ranges[0].Low() == ranges[0].High():
		return "clients at " + texts[0]
	}
	return "clients in " + list(texts, " and ")
}

// localText names local addresses.
func (c *comparer) localText(local []netip.AddrPort) string {
	var texts []string
	for _, at := range local {
		text := at.String()
		if at.Addr().IsUnspecified() && c.named(at) {
			text += " (other addresses)"
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
