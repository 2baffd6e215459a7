package archtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// document is a Markdown file of the repository.
type document struct {
	path   string // from the root
	text   string // without the code blocks
	blocks []block
}

// block is a fenced code block.
type block struct {
	language string
	line     int // of its first line
	lines    []string
}

// documents reads the Markdown files of the root and of docs.
func documents(t *testing.T) []document {
	t.Helper()
	var docs []document
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/recipes/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(root(t), path)
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, parseDocument(rel, string(text)))
		}
	}
	if len(docs) == 0 {
		t.Fatal("no documents found")
	}
	return docs
}

func parseDocument(path, text string) document {
	d := document{path: path}
	var prose []string
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && fenced:
			fenced = false
		case fence:
			fenced = true
			d.blocks = append(d.blocks, block{language: language, line: i + 2})
		case fenced:
			b := &d.blocks[len(d.blocks)-1]
			b.lines = append(b.lines, line)
		default:
			prose = append(prose, line)
		}
	}
	d.text = strings.Join(prose, "\n")
	return d
}

// TestGoBlocks wants Go code in the documents to be true: a whole file must
// pass go vet, or go test where it holds tests, or, where a text block comes
// next, print just that; anything less must stand in a Go file of the
// repository as it is, indentation aside.
func TestGoBlocks(t *testing.T) {
	var code []string
	sources(t, func(_ string, text []byte) { code = append(code, squeeze(string(text))) })
	for _, d := range documents(t) {
		for i, b := range d.blocks {
			if b.language != "go" {
				continue
			}
			text := strings.Join(b.lines, "\n") + "\n"
			if regexp.MustCompile(`(?m)^package `).MatchString(text) {
				var output []string
				if i+1 < len(d.blocks) && d.blocks[i+1].language == "text" {
					output = d.blocks[i+1].lines
				}
				if err := check(t, text, output); err != nil {
					t.Errorf("%s:%d: %v", d.path, b.line, err)
				}
				continue
			}
			if !slices.ContainsFunc(code, func(c string) bool { return strings.Contains(c, squeeze(text)) }) {
				t.Errorf("%s:%d: this code stands in no Go file", d.path, b.line)
			}
		}
	}
}

// squeeze takes the indentation and the empty lines out of code.
func squeeze(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString("\n" + line)
		}
	}
	return b.String() + "\n"
}

// check compiles one file as a user of the library would, and runs it if its
// output is known.
func check(t *testing.T, text string, output []string) error {
	verb, name := "vet", "main.go"
	if strings.Contains(text, `"testing"`) {
		verb, name = "test", "readme_test.go"
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if output != nil {
		verb = "run"
	}
	got, err := run(filepath.Join(root(t), "examples"), "go", verb, file)
	if want := strings.Join(output, "\n") + "\n"; err == nil && output != nil && got != want {
		return fmt.Errorf("it prints\n%s", got)
	}
	return err
}

// TestPolicyBlocks wants policies in the documents to be true: JSON with a
// connector in it must compile.
func TestPolicyBlocks(t *testing.T) {
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			text := strings.Join(b.lines, "\n")
			if b.language != "json" || !strings.Contains(text, `"Receive"`) {
				continue
			}
			cfg, err := jsonconfig.Parse(d.path, []byte(text))
			if err == nil {
				_, err = connector.Compile(cfg)
			}
			if err != nil {
				t.Errorf("%s:%d: %v", d.path, b.line, err)
			}
		}
	}
}

// TestScriptBlocks wants Exchange commands on the front page to run.
func TestScriptBlocks(t *testing.T) {
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if d.path != "README.md" || b.language != "powershell" {
				continue
			}
			script := shell.File{Name: d.path, Data: []byte(strings.Join(b.lines, "\n"))}
			in, err := shell.Load(t.Context(), shell.Options{}, script)
			if err == nil {
				_, err = connector.Compile(in.Config())
			}
			if err != nil {
				t.Errorf("%s:%d: %v", d.path, b.line, err)
			}
		}
	}
}

// TestSessionBlocks wants what a program prints in the documents to be what
// its tests have seen it print: a console block stands in a file of testdata.
func TestSessionBlocks(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(root(t), "examples/*/testdata/*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(text)
	}
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if b.language == "console" && !strings.Contains(seen.String(), strings.Join(b.lines, "\n")) {
				t.Errorf("%s:%d: no test has seen this session", d.path, b.line)
			}
		}
	}
}

// TestLinks wants what the documents point at inside the repository to exist,
// headings included.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(d.text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") {
				continue // elsewhere
			}
			path := filepath.Join(root(t), d.path)
			if target != "" {
				path = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %s is not there", d.path, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(t, path), anchor) {
				t.Errorf("%s: %s has no such heading", d.path, m[1])
			}
		}
	}
}

// anchors returns the names under which the headings of a document are linked.
func anchors(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(parseDocument(path, string(text)).text) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		name := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		name = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(name, "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
