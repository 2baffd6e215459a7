package archtest_test

import (
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// word is a word or phrase that must not come back, and the reason.
type word struct {
	pattern *regexp.Regexp
	reason  string
}

// phrase matches s as whole words in any letter case, across line ends.
func phrase(s string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + strings.ReplaceAll(s, " ", `[\s/]+`) + `)\b`)
}

// words are the ones that made readers stop. Each is easy to replace by the
// name of the thing or the person that is meant.
var words = []word{
	{phrase(`nobody|anybody|whoever|whomever`), `name the actor: "no client", "any caller", "the caller that …"`},
	{phrase(`whom`), `name the person or program: "the recipient that …"`},
	{phrase(`lest`), `"so that … not"`},
	{phrase(`anew`), `"again"`},
	{phrase(`fares?|fared`), `"differs", "fails", "its result"`},
	{phrase(`(?:is|are) (?-i:none)`), `name the thing: "there is no queue", "is not an address"`},
	{phrase(`goes by|go by|went by`), `"uses", "is chosen by", "is named"`},
	{phrase(`for there (?:is|are|was) no`), `"because there is no …"`},
	{phrase(`of ours|of our own`), `"this server's", "generated here"`},
	{phrase(`what is left`), `name the thing that remains`},
	{phrase(`by hand`), `"granted by Add-ADPermission", "an explicit grant", "manually"`},
	{phrase(`octets?`), `"bytes"`},
}

// spoken are the files in which other parties speak: what they say stays as
// it is.
var spoken = []string{
	"LICENSE",
	"connector/param/value_test.go",   // sizes as Exchange prints them
	"docs/terms.md",                   // lists the RFCs' words, too
	"internal/archtest/words_test.go", // the list itself
}

// TestWords keeps words out of the comments, the string literals, the
// documents and the recorded output that send readers back to the beginning
// of the sentence.
func TestWords(t *testing.T) {
	err := filepath.WalkDir(root(t), func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root(t), name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && strings.HasPrefix(d.Name(), ".") || rel != "." && d.Name() == "fuzz" {
				return filepath.SkipDir
			}
			return nil
		}
		if slices.Contains(spoken, rel) {
			return nil
		}
		for _, p := range prose(t, name) {
			for _, w := range words {
				for _, at := range w.pattern.FindAllStringIndex(p.text, -1) {
					if partOfName(p.text, at) || isOptionValue(p.text, at) {
						continue
					}
					line := p.line + strings.Count(p.text[:at[0]], "\n")
					t.Errorf("%s:%d: %q: say %s", rel, line, p.text[at[0]:at[1]], w.reason)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isOptionValue reports whether the word is the value of an option that users know from
// other programs: "-as anybody".
func isOptionValue(text string, at []int) bool {
	word := text[at[0]:at[1]]
	return word == "anybody" && (strings.HasSuffix(text[:at[0]], "-as ") || strings.Trim(text, `"`) == word)
}

// relativeNoun matches a sentence that describes a thing by a clause without naming it.
var relativeNoun = regexp.MustCompile(`\b(?:is|are|was|were|returns?|has|have|holds?)[\s/]+what\b`)

// TestNounsAreNamed keeps such sentences out of the comments of the code: "entry is
// the spool's memory of a message", not "is what the spool remembers of it".
func TestNounsAreNamed(t *testing.T) {
	sources(t, func(name string, text []byte) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, p := range goProse(name, text) {
			if !strings.HasPrefix(p.text, "/") {
				continue // a string
			}
			for _, at := range relativeNoun.FindAllStringIndex(p.text, -1) {
				line := p.line + strings.Count(p.text[:at[0]], "\n")
				t.Errorf("%s:%d: %q: name the thing", name, line, p.text[at[0]:at[1]])
			}
		}
	})
}

// partOfName reports whether what stands at a place of text belongs to a name,
// such as an address or the key of a table.
func partOfName(text string, at []int) bool {
	return at[0] > 0 && strings.ContainsRune("-_./", rune(text[at[0]-1])) ||
		at[1] < len(text) && strings.ContainsRune("@-_", rune(text[at[1]]))
}

// passage is text for people, and the line of the file where it begins.
type passage struct {
	line int
	text string
}

// prose returns what people read of a file: the comments and string literals
// of Go code, and all of documents, of scripts and of what programs were seen to print.
func prose(t *testing.T, name string) []passage {
	t.Helper()
	ext := filepath.Ext(name)
	if ext != ".go" && !slices.Contains([]string{".md", ".txt", ".ps1", ".golden", ".out", ".svg"}, ext) {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if ext != ".go" {
		return []passage{{1, string(text)}}
	}
	return goProse(name, text)
}

// goProse returns the comments of a Go file, those on neighbouring lines as
// one, and its string literals.
func goProse(name string, text []byte) []passage {
	var list []passage
	file := token.NewFileSet().AddFile(name, -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, scanner.ScanComments)
	end := -1 // the last line of the last comment
	for {
		pos, tok, lit := s.Scan()
		line := 0
		if tok == token.COMMENT || tok == token.STRING {
			line = file.Line(pos)
		}
		switch tok {
		case token.EOF:
			return list
		case token.COMMENT:
			if line == end+1 {
				list[len(list)-1].text += "\n" + lit
			} else {
				list = append(list, passage{line, lit})
			}
			end = line + strings.Count(lit, "\n")
		case token.STRING:
			if strings.ContainsAny(lit, " \n") { // a lone word is data
				list = append(list, passage{line, lit})
			}
			end = -1
		}
	}
}
