package policygen

import (
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// grants has n grants to groups on one connector, which allow and deny different rights.
func grants(n int) connector.Config {
	r := Everybody("Users")
	rights := []permission.Right{
		permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender,
		permission.BypassAntiSpam, permission.BypassMessageSizeLimit, permission.AcceptHeadersRouting, permission.AcceptHeadersOrganization,
		permission.AcceptHeadersForest,
	}
	for i := range n {
		g := permission.Grant{To: permission.NameSID(fmt.Sprintf("group%d", i))}
		for j, right := range rights {
			if (i+1)>>j&1 == 0 {
				continue
			}
			if (i+j)%3 == 0 {
				g.Deny |= permission.SetOf(right)
			} else {
				g.Allow |= permission.SetOf(right)
			}
		}
		if g.Allow|g.Deny == 0 {
			g.Allow = permission.SetOf(permission.Submit)
		}
		r.Permissions = append(r.Permissions, g)
	}
	return connector.Config{Receive: []connector.Receive{r}, Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}}
}

// denies has n connectors with ten groups each, which their neighbours have too: some are allowed
// what others are denied.
func denies(n int) connector.Config {
	cfg := nested(n)
	for i := range cfg.Receive {
		r := &cfg.Receive[i]
		for j := range 10 {
			g := permission.Grant{To: permission.NameSID(fmt.Sprintf("group%d", i+j)), Allow: permission.SetOf(permission.AcceptAnyRecipient)}
			if j%2 == 0 {
				g = permission.Grant{To: g.To, Deny: permission.SetOf(permission.AcceptAnyRecipient, permission.AcceptAnySender)}
			}
			r.Permissions = append(r.Permissions, g)
		}
	}
	return cfg
}

// ownAddresses has n connectors, each bound to all addresses and to one of its own.
func ownAddresses(n int) connector.Config {
	cfg := nested(n)
	for i := range cfg.Receive {
		r := &cfg.Receive[i]
		r.Bindings = append(r.Bindings, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, byte(i >> 8), byte(i)}), 25))
		r.RemoteIPRanges = []param.Range{Span(3*i, 3*i+2*n-i)} // which overlap
	}
	return cfg
}

// Ranges has n overlapping ranges on one connector.
func Ranges(n int) connector.Config {
	r := Everybody("All")
	r.RemoteIPRanges = nil
	for i := range n {
		r.RemoteIPRanges = append(r.RemoteIPRanges, Span(3*i, 3*i+7))
	}
	return connector.Config{Receive: []connector.Receive{r}}
}

// rangesIPv6 has n ranges of IPv6 on one connector, each the first half of one before or a
// neighbour of it.
func rangesIPv6(n int) connector.Config {
	cfg := alone(Everybody("All"))
	r := &cfg.Receive[0]
	r.Bindings, r.RemoteIPRanges = []netip.AddrPort{param.MustParseBinding("[::]:25")}, nil
	for i := range n {
		at := netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, byte(i >> 12), byte(i >> 4)})
		r.RemoteIPRanges = append(r.RemoteIPRanges, param.MustParseRange(netip.PrefixFrom(at, 48+4*(i%16)).String()))
	}
	return cfg
}

// deep has n ranges, each within the one before, by turns on two connectors.
func deep(n int) connector.Config {
	cfg := nested(2)
	for i := range cfg.Receive {
		cfg.Receive[i].RemoteIPRanges = nil
	}
	for i := range n {
		r := &cfg.Receive[i%2]
		r.RemoteIPRanges = append(r.RemoteIPRanges, Span(3*i, 10*n-3*i))
	}
	return cfg
}

// nested has n connectors, each with a range within that of the one before.
func nested(n int) connector.Config {
	cfg := connector.Config{Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}}
	for i := range n {
		r := Everybody(fmt.Sprintf("r%05d", i))
		r.RemoteIPRanges = []param.Range{Span(3*i, 10*n-3*i)}
		r.MaxHopCount = 1 + i%500
		cfg.Receive = append(cfg.Receive, r)
	}
	return cfg
}

// Span is the range of the clients low to high, counted from 10.0.0.1.
func Span(low, high int) param.Range {
	at := func(i int) netip.Addr {
		i++
		return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	}
	return param.MustParseRange(at(low).String() + "-" + at(high).String())
}
