package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// editJSON is a change of the policy that lifts a refusal, for people and machines.
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

// remedyJSON is an action of the client, or a condition on its user, for people and
// machines.
type remedyJSON struct {
	Remedy   string `json:"remedy"`
	Text     string `json:"text"`
	Accepted bool   `json:"accepted"`
	Refusal  string `json:"refusal,omitempty"` // the next one
}

// curesJSON are the ways to lift a refusal.
type curesJSON struct {
	Remedies []remedyJSON `json:"remedies,omitempty"`
	Edits    []editJSON   `json:"edits,omitempty"`

	// Changes of the policy for more than the client's own address that are left
	// out, because the client can do without.
	Wider int `json:"wider,omitempty"`

	Untried int `json:"untried,omitempty"` // changes that might lift it, too
}

// whyNot returns the ways to lift the first refusal of a session: actions of the
// client, and then changes of the policy. Where the client can do it alone, no change
// is proposed that lets in another client. usersUnknown says that only the names of
// users are known.
func (l *loaded) whyNot(a answer, usersUnknown bool) curesJSON {
	var all curesJSON
	d := a.dialog
	example := len(a.places) > 0 && a.places[0].other
	enough := false
	for _, r := range analysis.Remedies(l.Policy, d) {
		out := remedyJSON{Remedy: string(r.Kind), Text: r.Text, Accepted: r.Accepted(), Refusal: refusalText(r.Refusal())}
		if usersUnknown && (r.Kind == analysis.RemedyAddress || r.Kind == analysis.RemedyMember) {
			out.Text = fmt.Sprintf("give -users, -passwd or -ldap: groups and addresses of %s aren't known here; if they lack it, %s", d.User.Name, r.Text)
		}
		if r.Kind == analysis.RemedyServerCertificate {
			out.Text += ": give serve -cert and -key, or -acme"
		}
		enough = enough || r.Accepted()
		all.Remedies = append(all.Remedies, out)
	}
	before := l.Config()
	printed := map[string]bool{}
	edits, untried := analysis.WhyNot(l.Policy, d)
	all.Untried = untried
	for _, e := range edits {
		if example && e.Kind == analysis.EditBinding {
			continue // the local address is made up: clients don't connect to it
		}
		if enough && !e.Narrow() {
			all.Wider++
			continue
		}
		out := editJSON{
			Edit: string(e.Kind), Path: string(e.Path), Text: e.Text, Accepted: e.Accepted(), Refusal: refusalText(e.Refusal()),
			Admits: newEditChanges(e.Admits), Alters: newEditChanges(e.Alters),
		}
		if commands, err := shell.PrintChanges(before, e.Config); err == nil {
			if printed[string(commands)] {
				continue // the same change, by another name
			}
			printed[string(commands)] = true
			out.Commands = strings.Split(strings.TrimSpace(string(commands)), "\n")
		}
		all.Edits = append(all.Edits, out)
	}
	return all
}

// refusalText is the refusal that remains, if there is one.
func refusalText(s connector.Stage, ok bool) string {
	if !ok {
		return ""
	}
	return s.Command + ": " + s.Decision.Reply().String()
}

// changesShown is how many changes of what clients may do are printed for an edit.
const changesShown = 6

func printEditChanges(w io.Writer, changes []editChangeJSON) {
	for i, c := range changes {
		if i == changesShown {
			fmt.Fprintf(w, "   and %s\n", count(len(changes)-i, "other change"))
			break
		}
		fmt.Fprintf(w, "   %s %s\n", signs[c.Direction], strings.ReplaceAll(c.Text, "\n", "\n       "))
	}
}

// printCures prints what would let the session pass: what the client can do, and then
// changes of the policy, sufficient ones first, and narrow ones before wide ones.
func printCures(w io.Writer, cures curesJSON) {
	if len(cures.Remedies)+len(cures.Edits)+cures.Wider == 0 {
		fmt.Fprintln(w, "no single change that was tried lifts the refusal")
	} else {
		fmt.Fprintln(w, "changes that would lift the refusal, narrowest first:")
	}
	for i, r := range cures.Remedies {
		fmt.Fprintf(w, "%d. %s\n", i+1, r.Text)
		printRefusal(w, r.Refusal)
	}
	for i, e := range cures.Edits {
		fmt.Fprintf(w, "%d. %s\n", len(cures.Remedies)+i+1, e.Text)
		for _, command := range e.Commands {
			fmt.Fprintf(w, "     %s\n", command)
		}
		if len(e.Admits) == 0 {
			fmt.Fprintln(w, "   + no mail gets in by it alone")
		}
		printEditChanges(w, e.Admits)
		printEditChanges(w, e.Alters)
		printRefusal(w, e.Refusal)
	}
	if cures.Wider > 0 {
		fmt.Fprintf(w, "%s of the policy would let in others, too; the client can do without\n", count(cures.Wider, "change"))
	}
	if cures.Untried > 0 {
		fmt.Fprintf(w, "not tried: %s that may lift it, too\n", count(cures.Untried, "other change"))
	}
}

func printRefusal(w io.Writer, refusal string) {
	if refusal != "" {
		fmt.Fprintf(w, "   then refused: %s\n", refusal)
	}
}
