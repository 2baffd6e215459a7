package archtest_test

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pure are the packages that decide and never touch a network.
var pure = []string{"./permission/...", "./auth/...", "./routing/...", "./connector/..."}

// TestPurePackages holds the pure packages, and everything under them, to
// values: an embedder can test a policy without a socket, and a decision can
// depend on nothing but its arguments.
func TestPurePackages(t *testing.T) {
	banned := []string{
		"net", "net/mail", "net/http", "crypto/tls", "crypto/x509", "os/exec",
		"github.com/emersion/go-smtp", "github.com/emersion/go-sasl",
		module + "/relay", module + "/internal/smtpserver",
	}
	for _, p := range packages(t, pure...) {
		for _, dep := range banned {
			if slices.Contains(p.Deps, dep) {
				t.Errorf("%s depends on %s", p.rel(), dep)
			}
		}
	}
}

// TestLayers checks that a package imports only what its row of the table in the
// root's package documentation allows. Internal packages may be anywhere.
func TestLayers(t *testing.T) {
	layers := readLayers(t)
	imported := make(map[string]bool) // "row import" for each import between rows
	for _, p := range packages(t, "./...") {
		if p.rel() == "." || p.internal() {
			continue
		}
		row := rowOf(layers, p.rel())
		for _, dep := range p.Imports {
			rel, inModule := strings.CutPrefix(dep, module+"/")
			if !inModule || strings.Contains("/"+rel+"/", "/internal/") {
				continue
			}
			below := rowOf(layers, rel)
			imported[row+" "+below] = true
			if below != row && !layers[row].below[below] {
				t.Errorf("%s imports %s, which doc.go doesn't show", p.rel(), rel)
			}
		}
	}
	for row, l := range layers {
		for _, below := range l.imports {
			if !imported[row+" "+below] {
				t.Errorf("doc.go shows that %s imports %s, which it doesn't", row, below)
			}
		}
	}
}

// layer is a row of the table of packages in doc.go.
type layer struct {
	imports []string        // the rows that it names
	below   map[string]bool // these rows, and the ones that they import
}

// readLayers returns the rows of the table of packages in doc.go by the names of their packages.
// A row may name only rows above it.
func readLayers(t *testing.T) map[string]layer {
	text, err := os.ReadFile(filepath.Join(root(t), "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	layers := make(map[string]layer)
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z/.]+) +(-|[a-z/.]+(?:, [a-z/.]+)*)   `).FindAllStringSubmatch(string(text), -1) {
		if m[1] == "package" {
			continue // the head of the table
		}
		l := layer{below: make(map[string]bool)}
		dir := ""
		for _, name := range strings.Split(m[2], ", ") {
			if name == "-" || name == "all" {
				continue
			}
			if strings.HasPrefix(name, "/") {
				name = dir + name
			}
			dir = path.Dir(name)
			if layers[name].below == nil {
				t.Errorf("doc.go: the row of %s names %s, which has no row above it", m[1], name)
			}
			l.imports = append(l.imports, name)
			l.below[name] = true
			maps.Copy(l.below, layers[name].below)
		}
		layers[m[1]] = l
		if m[1] == "examples" {
			return layers
		}
	}
	t.Fatalf("found no table of packages in doc.go: %v", slices.Sorted(maps.Keys(layers)))
	return nil
}

// rowOf returns the name of the row that a package belongs to: its own, or the one of the
// directory that it is in.
func rowOf(layers map[string]layer, name string) string {
	if _, ok := layers[name]; ok {
		return name
	}
	dir := path.Dir(name)
	if _, ok := layers[dir+"/..."]; ok || dir == "." {
		return dir + "/..."
	}
	return rowOf(layers, dir)
}

// TestSemanticsStandsAlone keeps the second evaluator to the standard library: what it
// shared with the first one, it couldn't check.
func TestSemanticsStandsAlone(t *testing.T) {
	for _, p := range packages(t, "./connector/internal/semantics/...") {
		for _, dep := range p.Deps {
			if domain, _, _ := strings.Cut(dep, "/"); strings.Contains(domain, ".") && dep != module+"/connector/internal/semantics" {
				t.Errorf("%s depends on %s", p.rel(), dep)
			}
		}
	}
}

// mostProofLines is how many lines docs/proof.md says that a reader of the verifier has to read.
const mostProofLines = 4300

// TestProofStandsAlone keeps the verifier of certificates to the standard library and the
// second evaluator: what made a certificate can't check it. Both stay small enough to read.
func TestProofStandsAlone(t *testing.T) {
	lines := 0
	for _, p := range packages(t, "./connector/proof", "./connector/internal/semantics") {
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			lines += strings.Count(string(text), "\n")
		}
	}
	if lines >= mostProofLines {
		t.Errorf("the verifier and its evaluator have %d lines; docs/proof.md promises fewer than %d", lines, mostProofLines)
	}
	for _, p := range packages(t, "./connector/proof") {
		for _, dep := range p.Deps {
			if domain, _, _ := strings.Cut(dep, "/"); strings.Contains(domain, ".") && dep != module+"/connector/internal/semantics" {
				t.Errorf("%s depends on %s", p.rel(), dep)
			}
		}
	}
}

// TestExamplesUsePublicPackages keeps the programs to what every embedder has.
func TestExamplesUsePublicPackages(t *testing.T) {
	for _, p := range packages(t, module+"/examples/...") {
		for _, dep := range p.Imports {
			rel, ours := strings.CutPrefix(dep, module+"/internal/")
			if ours {
				t.Errorf("%s imports internal/%s", p.rel(), rel)
			}
		}
	}
}

// TestStoresNeedNoRelay keeps what an implementer of a queue Store compiles to
// this module's values and the modules that check domain names.
func TestStoresNeedNoRelay(t *testing.T) {
	own := []string{"internal/ascii", "routing", "connector/source", "relay/envelope", "relay/queue", "relay/queue/queuetest"}
	for _, p := range packages(t, "./relay/envelope", "./relay/queue", "./relay/queue/queuetest") {
		for _, dep := range p.Deps {
			rel, ours := strings.CutPrefix(dep, module+"/")
			domain, _, _ := strings.Cut(dep, "/")
			switch {
			case ours && !slices.Contains(own, rel),
				!ours && strings.Contains(domain, ".") && !strings.HasPrefix(dep, "golang.org/x/net/") && !strings.HasPrefix(dep, "golang.org/x/text/"):
				t.Errorf("%s depends on %s", p.rel(), dep)
			}
		}
	}
}
