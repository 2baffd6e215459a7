package archtest_test

import (
	"bytes"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// maxLines is the length from which a file holds more than its main noun.
const maxLines = 420

// TestFileLength keeps files readable at one sitting.
func TestFileLength(t *testing.T) {
	sources(t, func(path string, text []byte) {
		if n := bytes.Count(text, []byte("\n")); n > maxLines && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s has %d lines; split it by its nouns (at most %d)", path, n, maxLines)
		}
	})
}

// TestNoInit keeps packages free of work at start-up.
func TestNoInit(t *testing.T) {
	sources(t, func(path string, text []byte) {
		if bytes.Contains(text, []byte("\nfunc init()")) {
			t.Errorf("%s has an init function", path)
		}
	})
}

// TestEverythingExportedIsDocumented wants a doc comment on every exported
// identifier of the library.
func TestEverythingExportedIsDocumented(t *testing.T) {
	for _, p := range packages(t, "./...") {
		fset := token.NewFileSet()
		for _, file := range parse(t, fset, p, p.GoFiles) {
			for _, decl := range file.Decls {
				for _, name := range undocumented(decl) {
					t.Errorf("%s: %s has no doc comment", fset.Position(name.Pos()), name.Name)
				}
			}
		}
	}
}

// undocumented returns the exported names of decl that no comment covers. One
// comment on a group of constants or variables covers the group.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Name.IsExported() && exportedReceiver(decl) && decl.Doc == nil {
			return []*ast.Ident{decl.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() && spec.Doc == nil && (decl.Doc == nil || decl.Lparen.IsValid()) {
					names = append(names, spec.Name)
				}
			case *ast.ValueSpec:
				if decl.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					names = append(names, spec.Names...)
				}
			}
		}
		return slices.DeleteFunc(names, func(n *ast.Ident) bool { return !n.IsExported() })
	}
	return nil
}

// exportedReceiver reports whether f is a function, or a method of a type
// that others can name.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return true
		}
	}
}
