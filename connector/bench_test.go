package connector_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// loaded is a policy of the given numbers of remote ranges and address spaces.
func loaded(b *testing.B, ranges, spaces int) *connector.Policy {
	b.Helper()
	return compile(b, load(ranges, spaces))
}

func load(ranges, spaces int) connector.Config {
	cfg := manyRanges(ranges)
	for i := range cfg.Receive {
		c := &cfg.Receive[i]
		c.PermissionGroups = groups(anonymous)
		c.Permissions = []permission.Grant{allow(permission.SIDAnonymous, permission.AcceptAnyRecipient)}
	}
	cfg.Accepted = []routing.AcceptedDomain{{DomainName: "contoso.com"}}
	cfg.Send = make([]connector.Send, 100)
	for i := range cfg.Send {
		cfg.Send[i].Name = fmt.Sprintf("s%03d", i)
	}
	for i := range spaces {
		s := &cfg.Send[i%len(cfg.Send)]
		s.AddressSpaces = append(s.AddressSpaces, routing.MustParseAddressSpace(domainName(i)))
	}
	for i := range cfg.Send {
		s := &cfg.Send[i]
		s.AddressSpaces = append(s.AddressSpaces, routing.MustParseAddressSpace(fmt.Sprintf("*;%d", i%100+1)))
	}
	return cfg
}

func domainName(i int) string { return fmt.Sprintf("d%07d.example%d.net", i, i%7) }

// client returns the i-th address that one of n ranges holds.
func client(i, n int) netip.Addr {
	v := 0x0a000000 + uint32(i*7919%n)*8 + 3
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// BenchmarkDecision is a whole session's decisions for one recipient: select,
// open, MAIL, RCPT and route.
func BenchmarkDecision(b *testing.B) {
	for _, size := range []struct{ ranges, spaces int }{
		{1_000, 1_000}, {100_000, 100_000}, {100_000, 1_000_000},
	} {
		b.Run(fmt.Sprintf("ranges=%d/spaces=%d", size.ranges, size.spaces), func(b *testing.B) {
			p := loaded(b, size.ranges, size.spaces)
			local := at("10.0.0.1:25")
			var clients [4096]netip.Addr
			var to [4096]routing.Address
			for i := range clients {
				clients[i] = client(i, size.ranges)
				to[i] = addr("user@" + domainName(i*104729%size.spaces))
			}
			from := addr("a@example.org")
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i = (i + 1) % len(clients)
				s := p.Select(local, clients[i], nil).Open(auth.Channel{}, nil)
				if !s.Mail(connector.Mail{From: from, Size: 1000}).Allowed() ||
					!s.Rcpt(connector.Rcpt{To: to[i]}).Allowed() || p.Route(to[i], 1000, nil).Outbound == nil {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkRcpt is the decision on one recipient once the session is open.
func BenchmarkRcpt(b *testing.B) {
	for _, spaces := range []int{1_000, 1_000_000} {
		p := loaded(b, 1_000, spaces)
		s := p.Select(at("10.0.0.1:25"), client(1, 1_000), nil).Open(auth.Channel{}, nil)
		var to [4096]routing.Address
		for i := range to {
			to[i] = addr("user@" + domainName(i*104729%spaces))
		}
		b.Run(fmt.Sprintf("decide/spaces=%d", spaces), func(b *testing.B) {
			i := 0
			for b.Loop() {
				i = (i + 1) % len(to)
				s.Rcpt(connector.Rcpt{To: to[i]})
			}
		})
		b.Run(fmt.Sprintf("route/spaces=%d", spaces), func(b *testing.B) {
			i := 0
			for b.Loop() {
				i = (i + 1) % len(to)
				p.Route(to[i], 1000, nil)
			}
		})
	}
}

func BenchmarkSelect(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprintf("ranges=%d", n), func(b *testing.B) {
			p := compile(b, manyRanges(n))
			local := at("10.0.0.1:25")
			var clients [4096]netip.Addr
			for i := range clients {
				clients[i] = client(i, n)
			}
			i := 0
			for b.Loop() {
				i = (i + 1) % len(clients)
				p.Select(local, clients[i], nil)
			}
		})
	}
}

// BenchmarkTracedRcpt is what tracing costs.
func BenchmarkTracedRcpt(b *testing.B) {
	s := open(compile(b, guide(permission.Current)).Select(at("10.2.3.4:25"), ip("192.168.5.77"), nil))
	r := connector.Rcpt{To: addr("a@example.net")}
	for b.Loop() {
		s.Tracing(new(connector.Trace)).Rcpt(r)
	}
}

// BenchmarkCompile compiles address spaces alone and ranges alone, and tells
// what the policy keeps of memory beyond the Config it was made from.
func BenchmarkCompile(b *testing.B) {
	for _, size := range []struct {
		ranges, spaces, count int
		unit                  string
	}{
		{10, 1_000_000, 1_000_000, "B/space"},
		{100_000, 10, 100_000, "B/range"},
	} {
		b.Run(fmt.Sprintf("ranges=%d/spaces=%d", size.ranges, size.spaces), func(b *testing.B) {
			cfg := load(size.ranges, size.spaces)
			before := heap()
			var p *connector.Policy
			for b.Loop() {
				p = compile(b, cfg)
			}
			b.ReportMetric((heap()-before)/float64(size.count), size.unit)
			runtime.KeepAlive(p)
			runtime.KeepAlive(cfg)
		})
	}
}

// heap returns the bytes that are reachable.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
