package analysis_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// arrangement is a way in which a policy can be large. Each was once checked or compared with an
// effort that grew as a power of n.
type arrangement struct {
	name   string
	make   func(n int) connector.Config
	change func(*connector.Config)
}

var arrangements = []arrangement{
	{"grants", manyGrants, func(c *connector.Config) {
		p := &c.Receive[0].Permissions
		*p = append(*p, allow(permission.NameSID("newcomers"), permission.Submit, permission.AcceptAnyRecipient),
			permission.Grant{To: permission.NameSID("group1"), Deny: permission.SetOf(permission.AcceptAnyRecipient)})
	}},
	{"rising sizes", risingSizes, changeSend},
	{"same names", sameNames, changeSend},
	{"own addresses", ownAddresses, changeReceive},
	{"ranges", manyRanges, func(c *connector.Config) {
		c.Receive[0].RemoteIPRanges = c.Receive[0].RemoteIPRanges[1:]
	}},
	{"domains", manyDomains, func(c *connector.Config) { c.Accepted = c.Accepted[1:] }},
	{"nested", nested, changeReceive},
}

// changeSend changes every tenth Send connector.
func changeSend(c *connector.Config) {
	for i := 0; i < len(c.Send); i += 10 {
		c.Send[i].SmartHosts = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}
	}
}

// changeReceive changes every tenth Receive connector.
func changeReceive(c *connector.Config) {
	for i := 0; i < len(c.Receive); i += 10 {
		r := &c.Receive[i]
		r.Permissions = append(r.Permissions, allow(permission.SIDAnonymous, permission.AcceptAnyRecipient))
	}
}

// everybody is a connector that anonymous clients and users may use.
func everybody(name string) connector.Receive {
	return connector.Receive{
		Name: name, Bindings: bindings("0.0.0.0:25"), RemoteIPRanges: ranges("10.0.0.0/8"),
		AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
		PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
	}
}

// manyGrants has n grants to groups on one connector, which allow and deny different rights.
func manyGrants(n int) connector.Config {
	r := everybody("Users")
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

// risingSizes has n Send connectors for all domains, dearer as they are larger, and for a name each.
func risingSizes(n int) connector.Config {
	cfg := connector.Config{Receive: []connector.Receive{everybody("All")}, Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}}
	for i := range n {
		cfg.Send = append(cfg.Send, connector.Send{
			Name: fmt.Sprintf("s%05d", i), MaxMessageSize: param.Size(100_000 + 1000*i),
			AddressSpaces: []routing.AddressSpace{
				routing.MustParseAddressSpace(fmt.Sprintf("*;%d", 1+i*100/n)), routing.MustParseAddressSpace(fmt.Sprintf("d%d.example.net;1", i)),
			},
			SmartHosts: []param.SmartHost{param.MustParseSmartHost(fmt.Sprintf("mx%d.isp.example", i))},
		})
	}
	return cfg
}

// sameNames has n Send connectors for the same 200 names.
func sameNames(n int) connector.Config {
	cfg := connector.Config{Receive: []connector.Receive{everybody("All")}, Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}}
	for i := range n {
		s := connector.Send{
			Name: fmt.Sprintf("s%05d", i), MaxMessageSize: param.Size(100_000 + 1000*(i*7%n)),
			SmartHosts: []param.SmartHost{param.MustParseSmartHost(fmt.Sprintf("mx%d.isp.example", i))},
		}
		for j := range 200 {
			s.AddressSpaces = append(s.AddressSpaces, routing.MustParseAddressSpace(fmt.Sprintf("d%d.example.net;%d", j, 1+(i+j)%100)))
		}
		cfg.Send = append(cfg.Send, s)
	}
	return cfg
}

// ownAddresses has n connectors, each bound to all addresses and to one of its own.
func ownAddresses(n int) connector.Config {
	cfg := nested(n)
	for i := range cfg.Receive {
		r := &cfg.Receive[i]
		r.Bindings = append(r.Bindings, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, byte(i >> 8), byte(i)}), 25))
		r.RemoteIPRanges = []param.Range{span(3*i, 3*i+2*n-i)} // which overlap
	}
	return cfg
}

// manyRanges has n overlapping ranges on one connector.
func manyRanges(n int) connector.Config {
	r := everybody("All")
	r.RemoteIPRanges = nil
	for i := range n {
		r.RemoteIPRanges = append(r.RemoteIPRanges, span(3*i, 3*i+7))
	}
	return connector.Config{Receive: []connector.Receive{r}}
}

// manyDomains has n accepted domains, and as many for domain security.
func manyDomains(n int) connector.Config {
	cfg := connector.Config{Receive: []connector.Receive{everybody("All")}}
	cfg.Receive[0].DomainSecureEnabled = true
	for i := range n {
		name := fmt.Sprintf("d%d.example.net", i)
		if i%3 == 0 {
			name = "*." + name
		} else {
			cfg.Transport.TLSReceiveDomainSecureList = append(cfg.Transport.TLSReceiveDomainSecureList, name)
		}
		cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: name, DomainType: routing.DomainType(1 + i%2)})
	}
	return cfg
}

// nested has n connectors, each with a range within that of the one before.
func nested(n int) connector.Config {
	cfg := connector.Config{Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}}
	for i := range n {
		r := everybody(fmt.Sprintf("r%05d", i))
		r.RemoteIPRanges = []param.Range{span(3*i, 10*n-3*i)}
		r.MaxHopCount = 1 + i%500
		cfg.Receive = append(cfg.Receive, r)
	}
	return cfg
}

// span is the range of the clients low to high, counted from 10.0.0.1.
func span(low, high int) param.Range {
	at := func(i int) netip.Addr {
		i++
		return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	}
	return param.MustParseRange(at(low).String() + "-" + at(high).String())
}

// TestGrowth: four times as large a policy takes about four times as much memory. Sixteen times
// would be a product of two numbers that grow.
func TestGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const n, most = 250, 8
	for _, a := range arrangements {
		var check, diff [2]uint64
		for i, n := range [2]int{n, 4 * n} {
			cfg := a.make(n)
			before := compile(t, cfg)
			a.change(&cfg)
			after := compile(t, cfg)
			check[i] = allocatedBy(func() { analysis.Check(before, analysis.Options{}) })
			diff[i] = allocatedBy(func() { analysis.Compare(before, after) })
		}
		t.Logf("%s: check %d and %d bytes, diff %d and %d", a.name, check[0], check[1], diff[0], diff[1])
		if check[1] > most*check[0] || diff[1] > most*diff[0] {
			t.Errorf("%s: check takes %d and %d bytes, diff %d and %d", a.name, check[0], check[1], diff[0], diff[1])
		}
	}
}

// BenchmarkGrowth checks the arrangements, and compares each with a changed one. It reports how
// many bytes are allocated for each element.
func BenchmarkGrowth(b *testing.B) {
	for _, a := range arrangements {
		for _, n := range []int{10, 100, 1000, 5000} {
			cfg := a.make(n)
			before := compile(b, cfg)
			a.change(&cfg)
			after := compile(b, cfg)
			measure := func(what string, f func() int) {
				b.Run(fmt.Sprintf("%s/%d/%s", a.name, n, what), func(b *testing.B) {
					results := 0
					allocated := allocatedBy(func() {
						for b.Loop() {
							results = f()
						}
					})
					b.ReportMetric(float64(results), "results")
					b.ReportMetric(float64(allocated)/float64(b.N)/float64(n), "B/element")
				})
			}
			measure("check", func() int { return len(analysis.Check(before, analysis.Options{})) })
			measure("diff", func() int { return len(analysis.Compare(before, after).Changes) })
		}
	}
}

// allocatedBy returns how many bytes f allocates.
func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
