package archtest_test

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// logging are the methods that write a line, with the place of its text among their
// arguments. log is the one of the queue's scheduler, whose driver writes the line, and audit
// that of the console.
var logging = map[string]int{"audit": 0, "Debug": 0, "Info": 0, "Warn": 0, "Error": 0, "log": 1, "Log": 2, "LogAttrs": 2}

// passedOn are the texts of lines that the caller of the method has got from elsewhere: from
// an event, from the scheduler, or from the line above.
var passedOn = []string{"e.Kind.String()", "a.Text", "event", "demonstrated", "what"}

// TestPlainLinesAreDocumented holds docs/logs.md to the lines of the log that are not
// events, both ways. A line that is about a connection, command, message, recipient or
// attempt must be an event instead.
func TestPlainLinesAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs/logs.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, plain, ok := strings.Cut(string(text), "## Other lines")
	if !ok {
		t.Fatal("docs/logs.md has no section about other lines")
	}
	documented := make(map[string]bool)
	for line := range strings.Lines(plain) {
		if cell, ok := strings.CutPrefix(line, "| `"); ok {
			text, _, _ := strings.Cut(cell, "`")
			documented[text] = false
		}
	}
	for _, p := range packages(t, "./relay/...", "./console/...", module+"/examples/gateway") {
		fset := token.NewFileSet()
		for _, file := range parse(t, fset, p, p.GoFiles) {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !logs(call) {
					return true
				}
				sel := call.Fun.(*ast.SelectorExpr)
				for _, arg := range call.Args[logging[sel.Sel.Name]:][:1] {
					if !markDocumented(documented, arg) {
						t.Errorf("%s: docs/logs.md doesn't have this line", fset.Position(arg.Pos()))
					}
				}
				return true
			})
		}
	}
	sources(t, func(_ string, text []byte) { // texts that are passed on
		for line, found := range documented {
			documented[line] = found || strings.Contains(string(text), strconv.Quote(line))
		}
	})
	for line, found := range documented {
		if !found {
			t.Errorf("docs/logs.md has %q, which is not logged", line)
		}
	}
}

// logs reports whether a call writes a line of the log: by the name of the method, and
// because it is called on something that has log in its name.
func logs(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	at, ok := logging[sel.Sel.Name]
	if !ok || len(call.Args) <= at {
		return false
	}
	of := sel.X
	if inner, ok := of.(*ast.CallExpr); ok {
		of = inner.Fun
	}
	name := ""
	switch of := of.(type) {
	case *ast.SelectorExpr:
		name = of.Sel.Name
	case *ast.Ident:
		name = of.Name
	}
	return sel.Sel.Name == "log" || sel.Sel.Name == "audit" || strings.Contains(strings.ToLower(name), "log")
}

// markDocumented notes that the lines are logged whose text is arg, or has arg's constant
// part at its beginning or end. It returns false if no line fits.
func markDocumented(documented map[string]bool, arg ast.Expr) bool {
	found := false
	ast.Inspect(arg, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return true
		}
		for line := range documented {
			if line == text || lit != arg && (strings.HasPrefix(line, text) || strings.HasSuffix(line, text)) {
				documented[line], found = true, true
			}
		}
		return true
	})
	if found {
		return true
	}
	var b strings.Builder
	writeName(&b, arg)
	for _, name := range passedOn {
		if b.String() == name {
			return true
		}
	}
	return false
}

// writeName writes an expression of names, selectors and calls without arguments.
func writeName(b *strings.Builder, e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		b.WriteString(e.Name)
	case *ast.SelectorExpr:
		writeName(b, e.X)
		b.WriteString("." + e.Sel.Name)
	case *ast.CallExpr:
		writeName(b, e.Fun)
		b.WriteString("()")
	}
}
