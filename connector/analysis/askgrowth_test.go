package analysis_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// TestAskGrowth is TestGrowth for questions about all sizes.
func TestAskGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const n, most = 100, 8
	for _, s := range policygen.Shapes {
		for _, question := range []string{"equivalent accepted", "equivalent encrypted"} {
			q := analysis.MustParseQuestion(question)
			var asked [2]uint64
			for i, n := range [2]int{n, 4 * n} {
				p, other := compile(t, s.Make(n)), compile(t, s.Make(n))
				asked[i] = allocatedBy(func() {
					if got := analysis.AskBoth(p, other, q); !got.Holds {
						t.Errorf("%s, %d: %s: %s", s.Name, n, question, got.Text)
					}
				})
			}
			t.Logf("%s: %s: %d and %d bytes", s.Name, question, asked[0], asked[1])
			if asked[1] > most*asked[0] {
				t.Errorf("%s: %s: %d and %d bytes", s.Name, question, asked[0], asked[1])
			}
		}
	}
}
