package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// shellWords divides a command line as a shell of Unix does.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(strings.ReplaceAll(line, `'\''`, "\x00"), "'") {
		if i%2 == 0 {
			words = append(words, strings.Fields(part)...)
		} else {
			words = append(words, part)
		}
	}
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "\x00", "'")
	}
	return words
}

// TestAskCommands runs the command that an answer prints: explain comes to the same result.
func TestAskCommands(t *testing.T) {
	for question, code := range map[string]int{
		"testdata/relay.json -tls always accepted":                                                                                                 exitNo,
		"testdata/relay.json -tls sometimes accepted":                                                                                              exitOK,
		"testdata/relay.json -as Interns -own -from fabrikam.com -tls sometimes accepted":                                                          exitOK,
		"testdata/relay.json -as Interns -others -from fabrikam.com -tls always accepted":                                                          exitNo,
		"testdata/partner.json -as certificate -own never accepted":                                                                                exitOK,
		"testdata/partner.json -as certificate:woodgrovebank.com -others -from woodgrovebank.com,contoso.com always accepted":                      exitNo,
		"testdata/relay.json -size 1GB -to fabrikam.com always accepted":                                                                           exitNo,
		"testdata/relay.json -connector FromInternetGateway -from <> -tls -to fabrikam.com -as anonymous sometimes accepted -profile exchange2007": exitOK,
	} {
		var out, errs bytes.Buffer
		run(append([]string{"ask", "-json"}, strings.Fields(question)...), nil, &out, &errs)
		var answer questionJSON
		if err := json.Unmarshal(out.Bytes(), &answer); err != nil || answer.Explain == "" {
			t.Errorf("%s: %v, %s%s", question, err, &out, &errs)
			continue
		}
		var explained bytes.Buffer
		if got := run(shellWords(answer.Explain)[1:], nil, &explained, &explained); got != code {
			t.Errorf("%s: %s exits with %d:\n%s", question, answer.Explain, got, &explained)
		}
	}
}

// TestShellWord quotes what a shell would read otherwise.
func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{"a-b": "a-b", "<a@b>": "'<a@b>'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'"} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: got %s", word, got)
		}
	}
}

// TestAskCompletion offers files and claims, then properties, and connectors.
func TestAskCompletion(t *testing.T) {
	c := newCLI(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
	for line, want := range map[string]string{
		"ask ":                                "always",
		"ask p.json ":                         ":files",
		"ask testdata/relay.json always ":     "relays",
		"ask testdata/relay.json -connector ": "FromInternetGateway",
		"ask -with-connector x never ":        "offered",
	} {
		if got := c.complete(strings.Split(line, " ")); !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, want) }) {
			t.Errorf("%s: %q", line, got)
		}
	}
}
