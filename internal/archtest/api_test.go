package archtest_test

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
	"testing"
)

// TestGoSMTPStaysInside keeps go-smtp and go-sasl, whose interfaces still
// change, out of what an embedder can see: parameters, results, fields and
// methods. Package gosmtp is the wiring into go-smtp, and shows its types.
func TestGoSMTPStaysInside(t *testing.T) {
	for _, p := range packages(t, "./...") {
		if p.internal() || p.rel() == "relay/gosmtp" {
			continue
		}
		fset := token.NewFileSet()
		for _, file := range parse(t, fset, p, p.GoFiles) {
			foreign := emersion(file)
			visible(file, func(typ ast.Node) {
				ast.Inspect(typ, func(n ast.Node) bool {
					if sel, ok := n.(*ast.SelectorExpr); ok {
						if name, ok := sel.X.(*ast.Ident); ok && foreign[name.Name] != "" {
							t.Errorf("%s: %s.%s of %s is in the API", fset.Position(sel.Pos()), name, sel.Sel, foreign[name.Name])
						}
					}
					return true
				})
			})
		}
	}
}

// emersion returns the names under which file imports go-smtp and its kin.
func emersion(file *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range file.Imports {
		importPath, _ := strconv.Unquote(spec.Path.Value)
		if !strings.HasPrefix(importPath, "github.com/emersion/") {
			continue
		}
		name := strings.TrimPrefix(path.Base(importPath), "go-")
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = importPath
	}
	return names
}

// visible calls f with the types that the exported declarations of file are
// made of.
func visible(file *ast.File, f func(ast.Node)) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Name.IsExported() && exportedReceiver(decl) {
				f(decl.Type)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					visibleType(spec, f)
				case *ast.ValueSpec:
					if spec.Names[0].IsExported() && spec.Type != nil {
						f(spec.Type)
					}
				}
			}
		}
	}
}

// visibleType is visible for a type; of a struct only what is exported shows.
func visibleType(spec *ast.TypeSpec, f func(ast.Node)) {
	if !spec.Name.IsExported() {
		return
	}
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		f(spec.Type)
		return
	}
	for _, field := range structure.Fields.List {
		if len(field.Names) == 0 || field.Names[0].IsExported() {
			f(field.Type)
		}
	}
}
