package event

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// names returns the names of the Kinds in the order of their numbers.
func names(t *testing.T) (all []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if name.IsExported() {
					all = append(all, name.Name)
				}
			}
		}
	}
	return all
}

// levels returns the levels at which a Kind is logged.
func levels(k Kind) string {
	e := Event{Kind: k}
	switch k {
	case ConnectionEnded:
		return "INFO, WARN"
	case CommandRefused:
		return "INFO, ERROR"
	case LimitReached:
		return "DEBUG, INFO, WARN"
	case TokenNotRenewed, KeysNotFetched:
		return "WARN, ERROR"
	}
	return e.Level().String()
}

// TestDocumented holds docs/logs.md to the table: each Kind has its row, with name, text,
// level and keys, and each row has its Kind.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/logs.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 7 && strings.HasPrefix(line, "| `") {
			rows[strings.Join(cells[1:5], "|")] = true
		}
	}
	all := names(t)
	if len(all) != int(kinds)-1 {
		t.Fatalf("%d names, %d kinds", len(all), kinds-1)
	}
	for i, name := range all {
		k := Kind(i + 1)
		row := fmt.Sprintf(" `%s` | `%s` | %s | `%s` ", name, k, levels(k), strings.Join(table[k].keys, " "))
		if !rows[row] {
			t.Errorf("docs/logs.md has no row with |%s|", row)
		}
		delete(rows, row)
	}
	for row := range rows {
		t.Errorf("docs/logs.md has a row of no event: %s", row)
	}
}
