package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// editJSON is a change of the policy that turns a refusal, for people and machines.
type editJSON struct {
	Edit     string       `json:"edit"`
	Path     string       `json:"path"`
	Text     string       `json:"text"`
	Commands []string     `json:"commands,omitempty"` // of Exchange; none: no command can make it
	Accepted bool         `json:"accepted"`
	Refusal  string       `json:"refusal,omitempty"` // the next one
	Admits   []changeJSON `json:"admits"`
}

type changeJSON struct {
	Aspect string `json:"aspect"`
	Text   string `json:"text"`
}

// whyNot returns the changes that turn the first refusal of a session.
func (l *loaded) whyNot(d connector.Dialog) []editJSON {
	before := l.Config()
	var all []editJSON
	for _, e := range analysis.WhyNot(l.Policy, d) {
		out := editJSON{Edit: string(e.Kind), Path: e.Path, Text: e.Text, Accepted: e.Accepted(), Admits: []changeJSON{}}
		if commands, err := shell.PrintChanges(before, e.Config); err == nil {
			out.Commands = strings.Split(strings.TrimSpace(string(commands)), "\n")
		}
		if s, ok := e.Refusal(); ok {
			out.Refusal = s.Command + ": " + s.Decision.Reply().String()
		}
		for _, c := range e.Admits {
			out.Admits = append(out.Admits, changeJSON{string(c.Aspect), c.Text})
		}
		all = append(all, out)
	}
	return all
}

// admitsShown is how many of the things that a change admits are printed.
const admitsShown = 6

// printEdits prints what would let the session pass, from narrow to wide.
func printEdits(w io.Writer, edits []editJSON) {
	if len(edits) == 0 {
		fmt.Fprintln(w, "no single change of the policy turns the refusal")
		return
	}
	fmt.Fprintln(w, "what would turn the refusal, from narrow to wide:")
	for i, e := range edits {
		fmt.Fprintf(w, "%d. %s\n", i+1, e.Text)
		for _, command := range e.Commands {
			fmt.Fprintf(w, "     %s\n", command)
		}
		if len(e.Admits) == 0 {
			fmt.Fprintln(w, "   + no mail gets in by it alone")
		}
		for i, c := range e.Admits {
			if i == admitsShown {
				fmt.Fprintf(w, "   + and %s\n", count(len(e.Admits)-i, "other change"))
				break
			}
			fmt.Fprintf(w, "   + %s\n", c.Text)
		}
		if e.Refusal != "" {
			fmt.Fprintf(w, "   then refused: %s\n", e.Refusal)
		}
	}
}
