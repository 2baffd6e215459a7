package analysis

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// kindOf returns the code of the note about relaying for this kind of identity.
func kindOf(e *servedConnector, who partition.Who) source.Code {
	switch {
	case who.User != nil:
		return CodeRelayUser
	case e.Settings().AuthMechanism.Or(0).Has(auth.ExternalAuthoritative):
		return CodeRelayExternal
	case len(who.Partner) > 0:
		return CodeRelayPartner
	}
	return CodeRelayAnonymous
}

// namedBits is the size of the largest range that counts as naming its clients: a
// prefix length, by the length of addresses. Ranges within private addresses always
// name their clients.
var namedBits = map[int]int{32: 16, 128: 48}

// wideBits is the same for Externally Secured servers, of which an organisation has
// fewer than a network has addresses. Private addresses are no exception.
var wideBits = map[int]int{32: 24, 128: 64}

// privateSpans are the addresses that the Internet doesn't route: RFC 1122 section
// 3.2.1.3, RFC 1918, RFC 3927, RFC 4193, RFC 4291 section 2.5.
var privateSpans = []partition.Span{
	spanOf("10.0.0.0/8"), spanOf("127.0.0.0/8"), spanOf("169.254.0.0/16"), spanOf("172.16.0.0/12"), spanOf("192.168.0.0/16"),
	spanOf("::1/128"), spanOf("fc00::/7"), spanOf("fe80::/10"),
}

func spanOf(prefix string) partition.Span {
	r := param.MustParseRange(prefix)
	return partition.Span{Low: r.Low(), High: r.High()}
}

// unnamedClients returns the clients of e in ranges that are larger than a prefix of
// bits, which are given by the length of addresses. Ranges within exempt are left
// out. Ranges that touch count as one, so cutting a large range into pieces doesn't
// hide it.
func (c *checker) unnamedClients(e *servedConnector, bits map[int]int, exempt []partition.Span) []partition.Span {
	var ranges []partition.Span
	for _, r := range e.Settings().RemoteIPRanges {
		ranges = append(ranges, partition.Span{Low: r.Low(), High: r.High()})
	}
	var large []partition.Span
	for _, s := range partition.Join(ranges) {
		within := func(p partition.Span) bool { return p.Contains(s.Low) && p.Contains(s.High) }
		if largerThan(s, bits[s.Low.BitLen()]) && !slices.ContainsFunc(exempt, within) {
			large = append(large, s)
		}
	}
	var unnamed []partition.Span
	for _, at := range c.pairs[e.pair].clients {
		for _, s := range large {
			if s.Low.BitLen() == at.Low.BitLen() && !s.High.Less(at.Low) && !at.High.Less(s.Low) {
				unnamed = append(unnamed, partition.Span{Low: maxAddr(s.Low, at.Low), High: minAddr(s.High, at.High)})
			}
		}
	}
	return partition.Join(unnamed)
}

func maxAddr(a, b netip.Addr) netip.Addr {
	if a.Less(b) {
		return b
	}
	return a
}

func minAddr(a, b netip.Addr) netip.Addr {
	if b.Less(a) {
		return b
	}
	return a
}

// largerThan reports whether s holds more addresses than a prefix of that length.
func largerThan(s partition.Span, bits int) bool {
	extent := param.MustParseRange(netip.PrefixFrom(s.Low, bits).Masked().String())
	return extent.Narrower(s.Range())
}

// moveDialog makes d the session of a client of e in one of the spans.
func (c *checker) moveDialog(d *connector.Dialog, e *servedConnector, spans []partition.Span) {
	for _, at := range c.pairs[e.pair].clients {
		l := &c.listeners[at.listener]
		for _, cell := range l.Cells[at.cell:] {
			if cell.In[0] != e.Inbound {
				continue
			}
			for _, s := range spans {
				client := cell.Witness
				if !s.Contains(client) {
					client = s.Low
				}
				if cell.Contains(client) && s.Contains(client) {
					d.Remote, d.Local = client, l.Witness
					d.TLS = d.TLS || l.Implicit
					return
				}
			}
		}
	}
}

// relayRights are the rights that decisions about recipients depend on.
var relayRights = permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)
