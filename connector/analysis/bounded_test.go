package analysis_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
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
