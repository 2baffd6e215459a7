package proof_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// TestSteps: a certificate is refused if checking it takes too many steps, wherever they end.
func TestSteps(t *testing.T) {
	for _, s := range policygen.Shapes {
		p, err := connector.Compile(s.Make(20))
		if err != nil {
			t.Fatal(err)
		}
		c, err := prover.Prove(p)
		if err != nil {
			t.Fatal(err)
		}
		text, err := jsonconfig.Marshal(p.Config())
		if err != nil {
			t.Fatal(err)
		}
		limit := int64(1)
		for err = proof.VerifyWithin(limit, c, text); err != nil; err = proof.VerifyWithin(limit, c, text) {
			if !strings.Contains(err.Error(), "more than") {
				t.Fatalf("%s, with %d steps: %v", s.Name, limit, err)
			}
			limit *= 2
		}
		if limit < 1<<10 || limit > 1<<26 {
			t.Errorf("%s: %d steps are enough", s.Name, limit)
		}
	}
}
