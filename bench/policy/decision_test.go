package policy

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/gaissmai/bart"
	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The sizes at which a whole decision is compared with the two look-ups that
// every policy needs.
var sizes = []int{10, 1000, 100000}

// prefixOf is the i-th of many /24 prefixes, clientOf an address in it.
func prefixOf(i int) netip.Prefix { return netip.PrefixFrom(clientOf(i), 24).Masked() }

func clientOf(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(10 + i>>16), byte(i >> 8), byte(i), 7})
}

// domainOf is the i-th accepted domain, hostOf a name two labels below it.
func domainOf(i int) string { return fmt.Sprintf("domain%d.example", i) }
func hostOf(i int) string   { return "host.mail." + domainOf(i) }

// BenchmarkLookups measures the two look-ups that every policy needs: the client's
// address in a prefix table, the recipient's domain by its suffixes in a map.
func BenchmarkLookups(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			table := new(bart.Table[int])
			domains := map[string]int{}
			for i := range n {
				table.Insert(prefixOf(i), i)
				domains[domainOf(i)] = i
			}
			remotes, names := make([]netip.Addr, 4096), make([]string, 4096)
			for i := range remotes {
				remotes[i], names[i] = clientOf(i*7919%n), hostOf(i*7907%n)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_, ok := table.Lookup(remotes[i%len(remotes)])
				if !ok || !suffix(domains, names[i%len(names)]) {
					b.Fatal("not found")
				}
			}
		})
	}
}

// suffix looks for name and the domains above it.
func suffix(domains map[string]int, name string) bool {
	for {
		if _, ok := domains[name]; ok {
			return true
		}
		i := 0
		for i < len(name) && name[i] != '.' {
			i++
		}
		if i == len(name) {
			return false
		}
		name = name[i+1:]
	}
}

// BenchmarkDecision is the whole decision at the same sizes: the connector by
// local address and client, its rights, the recipient by accepted domains.
func BenchmarkDecision(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := policyOf(b, n)
			remotes, rcpts := make([]netip.Addr, 4096), make([]connector.Rcpt, 4096)
			for i := range remotes {
				remotes[i] = clientOf(i * 7919 % n)
				rcpts[i].To = routing.MustParseAddress("user@" + hostOf(i*7907%n))
			}
			channel := auth.Channel{Local: local}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				session := p.Select(local, remotes[i%len(remotes)], nil).Open(channel, nil)
				if !session.Rcpt(rcpts[i%len(rcpts)]).Allowed() {
					b.Fatal("refused")
				}
			}
		})
	}
}

// policyOf has n ranges, a thousand to a connector, and n accepted domains.
func policyOf(b *testing.B, n int) *connector.Policy {
	var cfg connector.Config
	for i := range n {
		if i%1000 == 0 {
			cfg.Receive = append(cfg.Receive, connector.Receive{Name: name(i), Bindings: []netip.AddrPort{local},
				PermissionGroups: param.Value(permission.AnonymousUsers)})
		}
		r := &cfg.Receive[len(cfg.Receive)-1]
		r.RemoteIPRanges = append(r.RemoteIPRanges, param.MustParseRange(prefixOf(i).String()))
		cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{Name: domainOf(i), DomainName: "*." + domainOf(i)})
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkPrefixMemory compares what a prefix takes in a policy, beyond the
// configuration it keeps, with what it takes in bart alone.
func BenchmarkPrefixMemory(b *testing.B) {
	const n = 100000
	b.Run("bart", func(b *testing.B) {
		for b.Loop() {
			before := heap()
			table := new(bart.Table[int])
			for i := range n {
				table.Insert(prefixOf(i), i)
			}
			b.ReportMetric(float64(heap()-before)/n, "B/prefix")
			runtime.KeepAlive(table)
		}
	})
	b.Run("policy", func(b *testing.B) {
		cfg := connector.Config{}
		for i := range n {
			if i%1000 == 0 {
				cfg.Receive = append(cfg.Receive, connector.Receive{Name: name(i), Bindings: []netip.AddrPort{local}})
			}
			r := &cfg.Receive[len(cfg.Receive)-1]
			r.RemoteIPRanges = append(r.RemoteIPRanges, param.MustParseRange(prefixOf(i).String()))
		}
		for b.Loop() {
			before := heap()
			p, err := connector.Compile(cfg)
			if err != nil {
				b.Fatal(err)
			}
			policy := heap() - before
			kept := p.Config()
			config := heap() - before - policy
			b.ReportMetric(float64(policy-config)/n, "B/prefix")
			runtime.KeepAlive(kept)
			runtime.KeepAlive(p)
		}
	})
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
