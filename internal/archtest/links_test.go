package archtest_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDocLinks checks that a doc comment puts only names in brackets that go doc
// and editors can follow: names of its own package, of a package that its package
// imports, or of the standard library.
func TestDocLinks(t *testing.T) {
	names := make(map[string]map[string]bool) // by import path
	var links []docLink
	for _, p := range packages(t, "./...", "./examples/...", "./verifiers/...", "./milter/...", "./metrics/...", "./tracing/...") {
		fset := token.NewFileSet()
		files := parse(t, fset, p, p.GoFiles)
		names[p.ImportPath] = declared(files)
		links = append(links, docLinks(fset, p, files)...)
	}
	if len(links) < 100 {
		t.Fatalf("found %d links only", len(links))
	}
	var others []string
	for _, l := range links {
		if names[l.ImportPath] == nil && !slices.Contains(others, l.ImportPath) {
			others = append(others, l.ImportPath)
		}
	}
	for _, p := range packages(t, append([]string{"-e"}, others...)...) {
		names[p.ImportPath] = declared(parse(t, token.NewFileSet(), p, p.GoFiles))
	}
	for _, l := range links {
		if !names[l.ImportPath][strings.TrimPrefix(l.Recv+"."+l.Name, ".")] {
			t.Errorf("%s: go doc can't link [%s]; if it exists, name it without brackets", l.at, l.text)
		}
	}
}

// TestCommentsNameFiles checks that the Go files that comments send the reader to exist,
// in the comment's directory or below the root.
func TestCommentsNameFiles(t *testing.T) {
	file := regexp.MustCompile(`\b[a-z_0-9/]+\.go\b`)
	sources(t, func(name string, text []byte) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, p := range goProse(name, text) {
			if !strings.HasPrefix(p.text, "/") {
				continue // a string
			}
			for _, named := range file.FindAllString(p.text, -1) {
				_, here := os.Stat(filepath.Join(filepath.Dir(name), named))
				_, below := os.Stat(filepath.Join(root(t), named))
				if here != nil && below != nil {
					t.Errorf("%s:%d: there is no file %s", name, p.line, named)
				}
			}
		}
	})
}

// docLink is a link to a name in the comment that begins at a position.
type docLink struct {
	*comment.DocLink
	text string
	at   token.Position
}

// docLinks returns the links in the doc comments of p.
func docLinks(fset *token.FileSet, p pkg, files []*ast.File) []docLink {
	imports := make(map[string]string)
	for _, file := range files {
		for _, spec := range file.Imports {
			target, _ := strconv.Unquote(spec.Path.Value)
			name := path.Base(target)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imports[name] = target
		}
	}
	parser := comment.Parser{
		LookupPackage: func(name string) (string, bool) { return cmp.Or(imports[name], name), true },
		LookupSym:     func(string, string) bool { return true },
	}
	var links []docLink
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			group, ok := n.(*ast.CommentGroup)
			if !ok {
				_, code := n.(*ast.BlockStmt)
				return !code
			}
			for _, block := range parser.Parse(group.Text()).Content {
				blockLinks(block, func(l *comment.DocLink) {
					if l.Name != "" { // else a package, or the syntax of another language
						l.ImportPath = cmp.Or(l.ImportPath, p.ImportPath)
						links = append(links, docLink{l, fmt.Sprint(l.Text[0]), fset.Position(group.Pos())})
					}
				})
			}
			return true
		})
	}
	return links
}

// blockLinks calls found with each link in the text of a block.
func blockLinks(block comment.Block, found func(*comment.DocLink)) {
	texts := func(list []comment.Text) {
		for _, text := range list {
			if l, ok := text.(*comment.DocLink); ok {
				found(l)
			}
		}
	}
	switch block := block.(type) {
	case *comment.Heading:
		texts(block.Text)
	case *comment.Paragraph:
		texts(block.Text)
	case *comment.List:
		for _, item := range block.Items {
			for _, b := range item.Content {
				blockLinks(b, found)
			}
		}
	}
}

// declared returns the exported names of a package's files; methods and fields
// as Type.Name.
func declared(files []*ast.File) map[string]bool {
	names := make(map[string]bool)
	fields := func(typ string, list *ast.FieldList) {
		for _, f := range list.List {
			for _, name := range f.Names {
				names[typ+"."+name.Name] = true
			}
			if name, ok := embedded(f); ok {
				names[typ+"."+name] = true
			}
		}
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				name := decl.Name.Name
				if decl.Recv != nil {
					typ, _ := typeName(decl.Recv.List[0].Type)
					name = typ + "." + name
				}
				names[name] = true
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							names[name.Name] = true
						}
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
						switch typ := spec.Type.(type) {
						case *ast.StructType:
							fields(spec.Name.Name, typ.Fields)
						case *ast.InterfaceType:
							fields(spec.Name.Name, typ.Methods)
						}
					}
				}
			}
		}
	}
	return names
}

// embedded returns the name of an embedded field.
func embedded(f *ast.Field) (string, bool) {
	if len(f.Names) > 0 {
		return "", false
	}
	return typeName(f.Type)
}

// typeName returns the name of a type without package, pointer and type arguments.
func typeName(typ ast.Expr) (string, bool) {
	switch typ := typ.(type) {
	case *ast.Ident:
		return typ.Name, true
	case *ast.StarExpr:
		return typeName(typ.X)
	case *ast.SelectorExpr:
		return typ.Sel.Name, true
	case *ast.IndexExpr:
		return typeName(typ.X)
	}
	return "", false
}
