package analysis

import (
	"fmt"
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
func (c *comparer) clientsOf(pairs ...int) (spread, clientsText) {
	spans := map[int][]partition.Span{}
	for _, p := range pairs {
		for _, at := range c.pairs[p].clients {
			spans[at.listener] = append(spans[at.listener], at.Span)
		}
	}
	s := c.spreadOf(spans)
	return s, c.inWords(&s)
}

// inWords names clients. It leaves out the local addresses where all are meant.
func (c *comparer) inWords(s *spread) clientsText {
	type place struct {
		local []netip.AddrPort // the first ones
		count int
	}
	var groups table[*place] // by the clients in words
	for _, clients := range s.groups {
		at := groups.row(rangesText(clients.Ranges), func() *place { return &place{} })
		at.local = append(at.local, clients.Local...)
		at.count += len(clients.Local) + clients.More
	}
	listening := c.doors().listening
	var texts []string
	for _, who := range groups.keys {
		at := groups.rows[who]
		every := listening[at.local[0].Addr().Is4()]
		if strings.HasPrefix(who, "all") {
			every = listening[true] + listening[false]
		}
		if at.count < every {
			who += " on " + c.localText(at.local, at.count)
		}
		texts = append(texts, who)
	}
	if len(texts) == 1 && s.more == 0 {
		return clientsText{who: texts[0]}
	}
	text := ":\n" + cut(texts, len(texts), ";\n", ";\n")
	if s.more > 0 {
		text += fmt.Sprintf(";\nand clients on %d more local addresses", s.more)
	}
	return clientsText{"these clients", text}
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

// localText names local addresses, of which local has the first.
func (c *comparer) localText(local []netip.AddrPort, count int) string {
	var texts []string
	for _, at := range local {
		text := at.String()
		if at.Addr().IsUnspecified() && c.doors().named[wildcardAt(at)] {
			text += " (other addresses)"
		}
		texts = append(texts, text)
	}
	return listOf(texts, count, " and ")
}
