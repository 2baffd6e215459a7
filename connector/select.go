package connector

import (
	"net/netip"
	"slices"
)

// Select returns the Receive connector for a connection, or nil to refuse it.
// Among the enabled connectors of this server that have a binding for local and
// a range for remote, a binding to the address itself wins over one to all
// addresses, then the smallest range wins, then the connector of FrontendTransport,
// then the lowest name. IPv4 addresses mapped into IPv6 count as IPv4, and zones do
// not count.
//
// Unless t is nil, Select appends to it why each Receive connector of this server
// was chosen or passed over: the chosen one first, then the others that match, best
// first, then the rest in the order of the Config. With nil it does not allocate.
func (p *Policy) Select(local netip.AddrPort, remote netip.Addr, t *Trace) *Inbound {
	if p == nil {
		return nil
	}
	local, remote = plainAddrPort(local), plainAddr(remote)
	chosen := p.selector.find(local, remote)
	if t != nil {
		p.explainSelect(local, remote, chosen, t)
	}
	return chosen
}

// explainSelect appends to t why each Receive connector of this server was chosen or
// passed over, in the order that Select documents.
func (p *Policy) explainSelect(local netip.AddrPort, remote netip.Addr, chosen *Inbound, t *Trace) {
	candidates := make([]receiveCandidate, len(p.receive))
	for i, in := range p.receive {
		candidates[i] = in.candidate(local, remote)
	}
	slices.SortStableFunc(candidates, compareCandidates)
	for i := range candidates {
		r := &candidates[i]
		switch {
		case r.fate != "":
		case i == 0:
			r.fate = FateChosen
		default:
			r.fate = r.fateBeside(candidates[0])
		}
		t.add(Step{Check: checkReceiveConnector, Pass: r.in == chosen, about: about{subject: r.in.name}, receive: r, of: subject{policy: p}})
	}
}
