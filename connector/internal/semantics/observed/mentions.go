package observed

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// Mentions are the values at which answers of a policy may change: those that its text
// names, and those that follow from defaults. Between two neighbours none changes.
// Each list is sorted and without duplicates.
type Mentions struct {
	Bindings  []netip.AddrPort  // of the Receive connectors that take part
	Ranges    []semantics.Range // their RemoteIPRanges
	Domains   []string          // names of domains, without *. and @; of "*" nothing
	Addresses []string          // whole addresses of senders
	Groups    []string          // principals to which rights are granted or denied
	PeerNames []string          // TLSReceiveDomainSecureList
	Sizes     []int64           // limits of messages
	Headers   []int64           // limits of headers
	Hops      []int64           // limits of Received fields
	LocalHops []int64           // limits of Received fields of this server
	Counts    []int64           // limits of recipients
}

// Mentions returns the values of p.
func (p *Policy) Mentions() Mentions {
	m := Mentions{
		Domains: p.DomainNames(), PeerNames: slices.Clone(p.Transport.TLSReceiveDomainSecureList),
		Sizes: append(p.SizeLimits(), p.MaxReceiveSize()), Counts: []int64{p.MaxRecipients()},
	}
	for _, r := range p.Receivers {
		m.Bindings = append(m.Bindings, r.Bindings...)
		m.Ranges = append(m.Ranges, r.Ranges...)
		for _, e := range r.Entries {
			m.Groups = append(m.Groups, e.To)
		}
		for _, by := range r.AllowedSenders {
			if !strings.HasPrefix(by, "@") {
				m.Addresses = append(m.Addresses, by)
			}
		}
		most := p.limits(r)
		m.Sizes = append(m.Sizes, r.MaxSize)
		m.Headers = append(m.Headers, most.header)
		m.Hops = append(m.Hops, most.hops)
		m.LocalHops = append(m.LocalHops, most.localHops)
		m.Counts = append(m.Counts, r.MaxPerMail)
	}
	m.tidy()
	return m
}

// tidy sorts the lists and takes out duplicates and what isn't a limit.
func (m *Mentions) tidy() {
	slices.SortFunc(m.Bindings, func(a, b netip.AddrPort) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Port(), b.Port()))
	})
	m.Bindings = slices.Compact(m.Bindings)
	slices.SortFunc(m.Ranges, func(a, b semantics.Range) int { return cmp.Or(a.Low.Compare(b.Low), a.High.Compare(b.High)) })
	m.Ranges = slices.Compact(m.Ranges)
	for _, list := range []*[]string{&m.Domains, &m.Addresses, &m.Groups, &m.PeerNames} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for _, list := range []*[]int64{&m.Sizes, &m.Headers, &m.Hops, &m.LocalHops, &m.Counts} {
		slices.Sort(*list)
		*list = slices.DeleteFunc(slices.Compact(*list), func(n int64) bool { return n == semantics.Unlimited || n == 0 })
	}
}

// Clients returns the ends of all ranges, the addresses next to them, and the first and
// last address of each family, sorted: a client that isn't among them is served as its
// nearest neighbours are.
func (m Mentions) Clients() []netip.Addr {
	all := []netip.Addr{netip.IPv4Unspecified(), netip.AddrFrom4([4]byte{255, 255, 255, 255}), netip.IPv6Unspecified(), lastIPv6}
	for _, r := range m.Ranges {
		for _, a := range []netip.Addr{r.Low.Prev(), r.Low, r.Low.Next(), r.High.Prev(), r.High, r.High.Next()} {
			if a.IsValid() && !a.Is4In6() {
				all = append(all, a)
			}
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

var lastIPv6 = netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
