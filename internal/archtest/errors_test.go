package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// programFiles parses the Go files of all modules that aren't tests.
func programFiles(t *testing.T) (*token.FileSet, []*ast.File) {
	fset := token.NewFileSet()
	var files []*ast.File
	sources(t, func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	})
	return fset, files
}

// TestNoPackagePrefix keeps the names of packages out of the texts of errors: people
// who run a program or read its log don't know them.
func TestNoPackagePrefix(t *testing.T) {
	fset, files := programFiles(t)
	names := map[string]bool{}
	for _, f := range files {
		names[f.Name.Name] = true
	}
	prefix := regexp.MustCompile(`^([a-z]+): `)
	for _, f := range files {
		if f.Name.Name == "main" { // begins with the name of the program
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if m := prefix.FindStringSubmatch(text); err == nil && m != nil && names[m[1]] && !strings.HasSuffix(fset.File(literal.Pos()).Name(), "connector/replay/foreign.go") {
				t.Errorf("%s: %q begins with the name of a package; say what, where, and what would be right", fset.Position(literal.Pos()), text)
			}
			return true
		})
	}
}

// TestCodesDocumented checks that docs/findings.md lists the code of every mistake and
// finding once, and no other, and that no two constants have one code.
func TestCodesDocumented(t *testing.T) {
	fset, files := programFiles(t)
	first := map[string]token.Position{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !isCode(spec.Type) {
				return true
			}
			for i, name := range spec.Names {
				literal, ok := spec.Values[i].(*ast.BasicLit)
				if !ok {
					t.Errorf("%s: %s isn't a literal", fset.Position(name.Pos()), name.Name)
					continue
				}
				code, _ := strconv.Unquote(literal.Value)
				if before, taken := first[code]; taken {
					t.Errorf("%s has the code %s of %s", fset.Position(name.Pos()), code, before)
				}
				first[code] = fset.Position(name.Pos())
			}
			return true
		})
	}
	page, err := os.ReadFile(filepath.Join(root(t), "docs", "findings.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^(?:### |\\| `)([a-z-]+)").FindAllStringSubmatch(string(page), -1) {
		if slices.Contains(listed, m[1]) {
			t.Errorf("docs/findings.md lists %s twice", m[1])
		}
		if _, ok := first[m[1]]; !ok {
			t.Errorf("docs/findings.md lists %s, which is not a code", m[1])
		}
		listed = append(listed, m[1])
	}
	for code, at := range first {
		if !slices.Contains(listed, code) {
			t.Errorf("%s: docs/findings.md doesn't list %s", at, code)
		}
	}
}

// isCode reports whether a constant is declared as source.Code.
func isCode(typ ast.Expr) bool {
	switch typ := typ.(type) {
	case *ast.Ident:
		return typ.Name == "Code"
	case *ast.SelectorExpr:
		x, ok := typ.X.(*ast.Ident)
		return ok && x.Name == "source" && typ.Sel.Name == "Code"
	}
	return false
}
