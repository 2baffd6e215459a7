package prover_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// TestGrowth: the memory that Prove and Verify take grows as the texts of the policy and of the
// certificate do.
func TestGrowth(t *testing.T) {
	const most = 3 // four would be a product of two numbers that grow
	for _, s := range policygen.Shapes {
		var prove, verify [2]uint64 // bytes for each byte of text
		for i, n := range [2]int{30, 120} {
			p, err := connector.Compile(s.Make(n))
			if err != nil {
				t.Fatal(err)
			}
			var c *proof.Certificate
			prove[i] = allocatedBy(func() { c, err = prover.Prove(p) })
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			certificate, err := c.Text()
			if err != nil {
				t.Fatal(err)
			}
			policy := text(t, p)
			verify[i] = allocatedBy(func() { err = proof.Verify(c, policy) })
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			size := uint64(len(policy) + len(certificate))
			prove[i] /= size
			verify[i] /= size
		}
		t.Logf("%s: prove %d and %d bytes, verify %d and %d", s.Name, prove[0], prove[1], verify[0], verify[1])
		if prove[1] > most*prove[0] || verify[1] > most*verify[0] {
			t.Errorf("%s: for each byte of text, prove takes %d and %d bytes, verify %d and %d", s.Name, prove[0], prove[1], verify[0], verify[1])
		}
	}
}

// TestTooLarge: a certificate that would be too large isn't made and then thrown away.
func TestTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	p, err := connector.Compile(policygen.RisingSizes(1500))
	if err != nil {
		t.Fatal(err)
	}
	allocated := allocatedBy(func() { _, err = prover.Prove(p) })
	if err == nil || !strings.Contains(err.Error(), "it would have more than") {
		t.Errorf("got %v", err)
	}
	if allocated > 16*proof.MaxBytes {
		t.Errorf("it takes %d bytes", allocated)
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
