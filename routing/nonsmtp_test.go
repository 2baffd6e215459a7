package routing_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// randomText returns up to n letters of a small alphabet.
func randomText(r *rand.Rand, n int, alphabet string) string {
	b := make([]byte, 1+r.IntN(n))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// TestTextPatterns compares the patterns of non-SMTP spaces with regular
// expressions.
func TestTextPatterns(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	matched := 0
	for range 5000 {
		pattern, address := randomText(r, 6, "aB**."), randomText(r, 8, "abB.")
		tbl := table(t, routing.Topology{}, route("x", "FAX:"+pattern))
		expr := "(?i)^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
		want := regexp.MustCompile(expr).MatchString(address)
		m := tbl.Lookup(routing.Query{Type: "FAX", Address: address})
		if (m.Outcome == routing.Routed) != want {
			t.Fatalf("FAX:%s and %s: %v", pattern, address, m.Outcome)
		}
		if want {
			matched++
		}
	}
	if matched < 500 {
		t.Errorf("only %d matches: the inputs are no test", matched)
	}
}

func TestX400Attributes(t *testing.T) {
	tests := []struct {
		space, address string
		want           bool
	}{
		{"c=us;1", "c=us;a=adatum;s=Chris", true},
		{"c=us;a=adatum;1", "A=ADATUM; C=US", true}, // any order, case and space
		{"c=us;a=adatum;1", "c=us", false},
		{"c=us;a=*;1", "c=us;a=adatum", true},
		{"c=us;a=*;1", "c=us", false},
		{"c=us;1", "c=usa", false},
		{"c=us;1", "cc=us", false},
		{"c=us;1", "", false},
		{"*;1", "", true},
		{"c=us;;1", "c=us", true}, // an empty attribute asks for nothing
	}
	for _, tt := range tests {
		tbl := table(t, routing.Topology{}, route("x", "X400:"+tt.space))
		m := tbl.Lookup(routing.Query{Type: "X400", Address: tt.address})
		if (m.Outcome == routing.Routed) != tt.want {
			t.Errorf("X400:%s and %q: %v", tt.space, tt.address, m.Outcome)
		}
	}
	tbl := table(t, routing.Topology{}, route("country", "X400:c=us;1"), route("both", "X400:a=adatum;c=us;100"))
	if m := tbl.Lookup(routing.Query{Type: "X400", Address: "c=us;a=adatum"}); m.Index != 1 {
		t.Error("the space with more attributes is not the more specific one")
	}
}
