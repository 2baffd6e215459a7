package exchange_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/golden"
)

var docsFile = filepath.Join("..", "..", "..", "..", "docs", "cmdlets.md")

// TestDocs holds docs/cmdlets.md to the table. To change it, change the table
// and run this test with -update.
func TestDocs(t *testing.T) {
	golden.Compare(t, docsFile, exchange.Markdown())
}

// TestComplete wants every parameter in the table that Microsoft documents. The
// list has a line for each cmdlet, its parameters after a colon.
func TestComplete(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "parameters.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, s := range exchange.Table() {
		for _, noun := range s.Nouns {
			for _, p := range s.Params {
				for _, verb := range (p.In & s.Verbs).Names() {
					known[verb+"-"+noun+" "+p.Name] = true
				}
			}
		}
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		cmdlet, params, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for _, p := range strings.Fields(params) {
			n++
			if !known[cmdlet+" "+p] {
				t.Errorf("%s -%s is not in the table", cmdlet, p)
			}
		}
	}
	if n < 400 {
		t.Errorf("the list has %d parameters", n)
	}
}

// TestTable checks what every row must have, and that the cmdlets bind what the
// table lists.
func TestTable(t *testing.T) {
	commands := newDriver(bare()).commands
	for _, s := range exchange.Table() {
		for _, p := range s.Params {
			if p.Name == "" || p.Type == "" || p.In == 0 || p.Here == 0 {
				t.Errorf("%s: incomplete row %+v", s.Nouns[0], p)
			}
			if (p.Here == exchange.Kept || p.Here == exchange.Refused) && p.Why == "" {
				t.Errorf("%s -%s: %v without a reason", s.Nouns[0], p.Name, p.Here)
			}
			for _, verb := range (p.In & s.Verbs).Names() {
				for _, noun := range s.Nouns {
					c, ok := commands[verb+"-"+noun]
					if !ok {
						t.Errorf("there is no cmdlet %s-%s", verb, noun)
						continue
					}
					if !slices.ContainsFunc(c.Parameters(), func(q objectParameter) bool { return q.Name == p.Name }) {
						t.Errorf("%s doesn't bind -%s", c.Name(), p.Name)
					}
				}
			}
		}
	}
}
