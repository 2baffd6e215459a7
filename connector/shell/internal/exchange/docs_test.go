package exchange_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/shell/internal/golden"
)

var docsFile = filepath.Join("..", "..", "..", "..", "docs", "cmdlets.md")

// TestDocs holds docs/cmdlets.md to the table. To change it, change the table
// and run this test with -update.
func TestDocs(t *testing.T) {
	golden.Compare(t, docsFile, schema.Markdown())
}

// TestComplete wants every parameter in the table that Microsoft documents. The
// list has a line for each cmdlet, its parameters after a colon.
func TestComplete(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "parameters.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, n := range schema.Nouns {
		for name, verb := range n.Cmdlets() {
			for _, r := range n.Rows {
				if r.Verbs&verb != 0 {
					known[name+" "+r.Name] = true
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

// TestTable checks that the cmdlets bind the parameters of the schema, and what
// help says of them.
func TestTable(t *testing.T) {
	commands := newDriver(bare()).commands
	for _, n := range schema.Nouns {
		for name, verb := range n.Cmdlets() {
			c, ok := commands[name]
			if !ok {
				t.Errorf("there is no cmdlet %s", name)
				continue
			}
			for _, r := range n.Rows {
				bound := slices.ContainsFunc(c.Parameters(), func(p objectParameter) bool { return p.Name == r.Name && strings.HasPrefix(p.Help, r.Does) })
				if r.Verbs&verb != 0 && !bound {
					t.Errorf("%s doesn't bind -%s", name, r.Name)
				}
			}
		}
	}
}
