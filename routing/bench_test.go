package routing_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// sizes are the numbers of address spaces that the benchmarks compare.
var sizes = []int{1_000, 100_000, 1_000_000}

// manySpaces returns n distinct address spaces, each tenth a subtree.
func manySpaces(n int) []routing.AddressSpace {
	spaces := make([]routing.AddressSpace, n)
	for i := range spaces {
		name := benchName(i)
		if i%10 == 0 {
			name = "*." + name
		}
		spaces[i] = routing.MustParseAddressSpace(name)
	}
	return spaces
}

func benchName(i int) string { return fmt.Sprintf("customer%07d.example.com", i) }

// manyRoutes spreads n address spaces over a hundred connectors.
func manyRoutes(n int) []routing.Connector {
	spaces := manySpaces(n)
	routes := make([]routing.Connector, 100)
	for i := range routes {
		routes[i] = routing.Connector{Name: fmt.Sprintf("c%03d", i), Spaces: spaces[i*n/100 : (i+1)*n/100]}
	}
	return append(routes, routing.Connector{Name: "internet", Spaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}})
}

// heap returns the bytes in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkLookup looks up domains in random order, so that the caches hold
// no more than they would in service. "hit" is in the table itself, "below"
// two labels under a subtree, "miss" is left to *.
func BenchmarkLookup(b *testing.B) {
	for _, n := range sizes {
		tbl := table(b, routing.Topology{}, manyRoutes(n)...)
		r := rand.New(rand.NewPCG(1, 1))
		const queries = 1 << 14
		names := map[string]func() string{
			"hit":   func() string { return benchName(r.IntN(n)) },
			"below": func() string { return "a.b." + benchName(r.IntN(n/10)*10) },
			"miss":  func() string { return fmt.Sprintf("mail.nobody%07d.example", r.IntN(n)) },
		}
		for _, kind := range []string{"hit", "below", "miss"} {
			domains := make([]routing.Domain, queries)
			for i := range domains {
				domains[i] = routing.MustParseDomain(names[kind]())
			}
			b.Run(fmt.Sprintf("%s/spaces=%d", kind, n), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if m := tbl.Lookup(routing.Query{Domain: domains[i%queries]}); m.Outcome != routing.Routed {
						b.Fatal(m)
					}
				}
			})
		}
	}
}

// BenchmarkNewTable reports, beside the time, what a compiled table occupies
// per address space: in itself (B/space), and with the names, which it shares
// with the routes it was made from (B/space+name).
func BenchmarkNewTable(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("spaces=%d", n), func(b *testing.B) {
			empty := heap()
			routes := manyRoutes(n)
			before := heap()
			var tbl *routing.Table
			for b.Loop() {
				tbl = table(b, routing.Topology{}, routes...)
			}
			own := heap() - before
			runtime.KeepAlive(routes)
			routes = nil
			both := heap() - empty
			runtime.KeepAlive(tbl)
			b.ReportMetric(float64(own)/float64(n), "B/space")
			b.ReportMetric(float64(both)/float64(n), "B/space+name")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/space")
		})
	}
}

func BenchmarkAcceptedLookup(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		domains := make([]routing.AcceptedDomain, n)
		for i := range domains {
			domains[i].DomainName = benchName(i)
		}
		acc := accepted(b, domains...)
		for _, name := range []string{benchName(n / 2), "mail.contoso.com"} {
			d := routing.MustParseDomain(name)
			b.Run(fmt.Sprintf("%s/domains=%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					acc.Lookup(d)
				}
			})
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	tbl := table(b, routing.Topology{}, manyRoutes(1000)...)
	q := routing.Query{Domain: routing.MustParseDomain(benchName(500))}
	b.ReportAllocs()
	for b.Loop() {
		tbl.Explain(q)
	}
}

func BenchmarkParsePath(b *testing.B) {
	for _, s := range []string{
		"<chris@contoso.com> SIZE=1000", "<Chris@Mail.Contoso.COM>", `<"chris \"p\""@contoso.com>`, "<jürgen@bücher.example>",
	} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := routing.ParsePath(s, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
