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
	Edit     string           `json:"edit"`
	Path     string           `json:"path"`
	Text     string           `json:"text"`
	Commands []string         `json:"commands,omitempty"` // of Exchange; none: no command can make it
	Accepted bool             `json:"accepted"`
	Refusal  string           `json:"refusal,omitempty"` // the next one
	Admits   []editChangeJSON `json:"admits"`
	Alters   []editChangeJSON `json:"alters"` // what may no longer happen, or happens otherwise
}

type editChangeJSON struct {
	Direction analysis.Direction `json:"direction"`
	Aspect    analysis.Aspect    `json:"aspect"`
	Text      string             `json:"text"`
}

func newEditChanges(changes []analysis.Change) []editChangeJSON {
	all := []editChangeJSON{}
	for _, c := range changes {
		all = append(all, editChangeJSON{c.Direction, c.Aspect, c.Text})
	}
	return all
}

// whyNot returns the changes that turn the first refusal of a session, and how many
// weren't tried.
func (l *loaded) whyNot(d connector.Dialog) (all []editJSON, untried int) {
	before := l.Config()
	edits, untried := analysis.WhyNot(l.Policy, d)
	for _, e := range edits {
		out := editJSON{
			Edit: string(e.Kind), Path: e.Path, Text: e.Text, Accepted: e.Accepted(),
			Admits: newEditChanges(e.Admits), Alters: newEditChanges(e.Alters),
		}
		if commands, err := shell.PrintChanges(before, e.Config); err == nil {
			out.Commands = strings.Split(strings.TrimSpace(string(commands)), "\n")
		}
		if s, ok := e.Refusal(); ok {
			out.Refusal = s.Command + ": " + s.Decision.Reply().String()
		}
		all = append(all, out)
	}
	return all, untried
}

// changesShown is how many of the things that an edit admits, and as many of
// those that it alters, are printed.
const changesShown = 6

func printEditChanges(w io.Writer, changes []editChangeJSON) {
	for i, c := range changes {
		if i == changesShown {
			fmt.Fprintf(w, "   and %s\n", count(len(changes)-i, "other change"))
			break
		}
		fmt.Fprintf(w, "   %s %s\n", signs[c.Direction], c.Text)
	}
}

// printEdits prints what would let the session pass, what is all it takes first, and
// from narrow to wide.
func printEdits(w io.Writer, edits []editJSON, untried int) {
	if len(edits) == 0 {
		fmt.Fprintln(w, "none of the changes tried turns the refusal")
	} else {
		fmt.Fprintln(w, "what would turn the refusal, from narrow to wide:")
	}
	for i, e := range edits {
		fmt.Fprintf(w, "%d. %s\n", i+1, e.Text)
		for _, command := range e.Commands {
			fmt.Fprintf(w, "     %s\n", command)
		}
		if len(e.Admits) == 0 {
			fmt.Fprintln(w, "   + no mail gets in by it alone")
		}
		printEditChanges(w, e.Admits)
		printEditChanges(w, e.Alters)
		if e.Refusal != "" {
			fmt.Fprintf(w, "   then refused: %s\n", e.Refusal)
		}
	}
	if untried > 0 {
		fmt.Fprintf(w, "not tried: %s that may turn it as well\n", count(untried, "other change"))
	}
}
