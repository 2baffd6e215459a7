package connector

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
)

// explainSelect appends to t how every Receive connector of our server fared: the chosen
// one first, then those that match, best first, then the others in the order of the
// Config.
func (p *Policy) explainSelect(local netip.AddrPort, remote netip.Addr, chosen *Inbound, t *Trace) {
	fared := make([]rival, len(p.receive))
	for i, in := range p.receive {
		fared[i] = in.rival(local, remote)
	}
	slices.SortStableFunc(fared, compareRivals)
	for i := range fared {
		r := &fared[i]
		if r.lost == 0 && i > 0 {
			r.lost = r.lostTo(fared[0])
		}
		t.add(Step{Check: checkReceiveConnector, Pass: r.in == chosen, about: about{subject: r.in.name}, rival: r, of: subject{policy: p}})
	}
}

// rival is a Receive connector and how it fared for one connection.
type rival struct {
	in       *Inbound
	lost     loss
	wildcard bool        // only a binding to all addresses matches
	binding  int         // index of the one that matches
	rng      param.Range // the smallest that contains the client
	index    int         // of rng
}

// rival looks at in alone.
func (in *Inbound) rival(local netip.AddrPort, remote netip.Addr) rival {
	r := rival{in: in}
	everywhere := netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	if local.Addr().Is4() {
		everywhere = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
	}
	for i, rng := range in.settings.RemoteIPRanges {
		if rng.Contains(remote) && (!r.rng.IsValid() || rng.Narrower(r.rng)) {
			r.rng, r.index = rng, i
		}
	}
	r.binding = slices.Index(in.bindings, local)
	if r.wildcard = r.binding < 0; r.wildcard {
		r.binding = slices.Index(in.bindings, everywhere)
	}
	switch {
	case !in.enabled:
		r.lost = lostDisabled
	case r.binding < 0:
		r.lost = lostBinding
	case !r.rng.IsValid():
		r.lost = lostRange
	}
	return r
}

// compareRivals puts those that match first, the winner at their head.
func compareRivals(a, b rival) int {
	switch {
	case a.lost != 0 && b.lost != 0:
		return 0
	case a.lost != 0:
		return +1
	case b.lost != 0:
		return -1
	case a.wildcard != b.wildcard:
		if a.wildcard {
			return +1
		}
		return -1
	}
	return compareClaims(claim{a.in, a.rng}, claim{b.in, b.rng})
}

// lostTo says why r, which matches, lost to the winner.
func (r rival) lostTo(winner rival) loss {
	switch {
	case r.wildcard && !winner.wildcard:
		return lostWildcard
	case winner.rng.Narrower(r.rng):
		return lostLarger
	case r.in.settings.TransportRole != winner.in.settings.TransportRole:
		return lostRole
	}
	return lostName
}
