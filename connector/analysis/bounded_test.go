package analysis_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// TestGrowth: four times as large a policy takes about four times as much memory. Sixteen times
// would be a product of two numbers that grow.
func TestGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const n, most = 100, 8
	for _, s := range policygen.Shapes {
		var check, diff [2]uint64
		for i, n := range [2]int{n, 4 * n} {
			cfg := s.Make(n)
			before := compile(t, cfg)
			s.Change(&cfg)
			after := compile(t, cfg)
			check[i] = allocatedBy(func() { analysis.Check(before, analysis.Options{}) })
			diff[i] = allocatedBy(func() { analysis.Compare(before, after) })
		}
		t.Logf("%s: check %d and %d bytes, diff %d and %d", s.Name, check[0], check[1], diff[0], diff[1])
		if check[1] > most*check[0] || diff[1] > most*diff[0] {
			t.Errorf("%s: check takes %d and %d bytes, diff %d and %d", s.Name, check[0], check[1], diff[0], diff[1])
		}
	}
}

// TestAssertionsGrowth: what all assertions have in common is found out once, so a hundred take a few times as much
// memory as one.
func TestAssertionsGrowth(t *testing.T) {
	const most = 10
	for _, form := range []string{"-remote 10.0.%d.0/24 -as anonymous never relays", "-remote 10.0.%d.0-10.0.%[1]d.7 -tls always served", "-to *.d%d.example%[1]d.net always routed"} {
		var took [2]uint64
		for i, n := range [2]int{1, 100} {
			cfg := large(100)
			for k := range n {
				cfg.Transport.Assertions = append(cfg.Transport.Assertions, fmt.Sprintf(form, k%7))
			}
			p := compile(t, cfg)
			took[i] = allocatedBy(func() {
				if found := analysis.Assertions(p); found != nil {
					t.Errorf("got %v", found)
				}
			})
		}
		if took[1] > most*took[0] {
			t.Errorf("%s: one takes %d bytes, a hundred take %d", form, took[0], took[1])
		}
	}
}

// BenchmarkGrowth checks the shapes of policies, and compares each with a changed one. It reports how
// many bytes are allocated for each element.
func BenchmarkGrowth(b *testing.B) {
	for _, s := range policygen.Shapes {
		for _, n := range []int{10, 100, 1000, 5000} {
			cfg := s.Make(n)
			before := compile(b, cfg)
			s.Change(&cfg)
			after := compile(b, cfg)
			measure := func(what string, f func() int) {
				b.Run(fmt.Sprintf("%s/%d/%s", s.Name, n, what), func(b *testing.B) {
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

// TestManyConflicts: beyond a hundred conflicts of one kind, the others are one finding, whose
// clients are those of all.
func TestManyConflicts(t *testing.T) {
	i := slices.IndexFunc(policygen.Shapes, func(s policygen.Shape) bool { return s.Name == "own addresses" })
	byCode := map[source.Code][]analysis.Finding{}
	for _, f := range analysis.Check(compile(t, policygen.Shapes[i].Make(150)), analysis.Options{}) {
		byCode[f.Code] = append(byCode[f.Code], f)
	}
	for _, code := range []source.Code{analysis.CodeBindingOutranks, connector.CodeRangesOverlap} {
		all := byCode[code]
		joined := slices.DeleteFunc(slices.Clone(all), func(f analysis.Finding) bool { return !strings.Contains(f.Detail, "; 48 more pairs of connectors") })
		if len(all) != 101 || len(joined) != 1 {
			t.Fatalf("%s: %d findings, of which %d are of many connectors", code, len(all), len(joined))
		}
		last := policygen.Span(3*149, 3*149).Low() // a client of the last two connectors
		if !slices.ContainsFunc(joined[0].Clients, func(c analysis.Clients) bool {
			return slices.ContainsFunc(c.Ranges, func(r param.Range) bool { return r.Contains(last) })
		}) {
			t.Errorf("%s: %v isn't among the clients of the last finding", code, last)
		}
	}
}
