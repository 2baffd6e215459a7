package connector

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// ExplainHello is Hello, and tells why.
func (s Session) ExplainHello(name string) (Decision, Trace) {
	t := s.in.trace()
	d := s.hello(name, &t)
	return d, t
}

// ExplainStartTLS is StartTLS, and tells why.
func (s Session) ExplainStartTLS() (Decision, Trace) {
	t := s.in.trace()
	d := s.startTLS(&t)
	return d, t
}

// ExplainAuth is Auth, and tells why.
func (s Session) ExplainAuth(mechanism string) (Decision, Trace) {
	t := s.in.trace()
	d := s.auth(mechanism, &t)
	return d, t
}

// ExplainMail is Mail, and tells why.
func (s Session) ExplainMail(m Mail) (Decision, Trace) {
	t := s.in.trace()
	d := s.mail(m, &t)
	return d, t
}

// ExplainSender is Sender, and tells why.
func (s Session) ExplainSender(a routing.Address) (Decision, Trace) {
	t := s.in.trace()
	d := s.headerSender(a, &t)
	return d, t
}

// ExplainRcpt is Rcpt, and tells why.
func (s Session) ExplainRcpt(r Rcpt) (Decision, Trace) {
	t := s.in.trace()
	d := s.rcpt(r, &t)
	return d, t
}

// ExplainEnd is End, and tells why.
func (s Session) ExplainEnd(e End) (Decision, Trace) {
	t := s.in.trace()
	d := s.end(e, &t)
	return d, t
}

// ExplainAuthors is Authors, and tells why.
func (s Session) ExplainAuthors(authors []routing.Address, legible bool) (Decision, Trace) {
	t := s.in.trace()
	d := s.authors(authors, legible, &t)
	return d, t
}

// ExplainSelect is Select, and tells how every Receive connector of our server
// fared: the chosen one first, then those that match, best first, then the
// others in the order of the Config.
func (p *Policy) ExplainSelect(local netip.AddrPort, remote netip.Addr) (*Inbound, Trace) {
	if p == nil {
		return nil, Trace{}
	}
	local, remote = plainAddrPort(local), plainAddr(remote)
	chosen := p.selector.find(local, remote)
	fared := make([]rival, len(p.receive))
	for i, in := range p.receive {
		fared[i] = in.rival(local, remote)
	}
	slices.SortStableFunc(fared, compareRivals)
	t := Trace{of: subject{policy: p}}
	for i := range fared {
		r := &fared[i]
		if r.lost == 0 && i > 0 {
			r.lost = r.lostTo(fared[0])
		}
		t.add(Step{Check: checkReceiveConnector, Pass: r.in == chosen, about: about{subject: r.in.name}, rival: r})
	}
	return chosen, t
}

// trace returns an empty trace of what in decides.
func (in *Inbound) trace() Trace { return Trace{of: subject{policy: in.Policy(), in: in}} }

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
