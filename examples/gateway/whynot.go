package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/explain"
)

// cures returns the ways to lift the first refusal of a session, with the flags that they need. usersUnknown says that
// only the names of users are known.
func (l *loaded) cures(a explain.Answer, usersUnknown bool) explain.Cures {
	all := explain.CuresOf(l.Policy, a)
	for i := range all.Remedies {
		r := &all.Remedies[i]
		switch {
		case usersUnknown && (r.Kind == analysis.RemedyAddress || r.Kind == analysis.RemedyMember):
			r.Text = fmt.Sprintf("give -users, -passwd or -ldap: groups and addresses of %s aren't known here; if they lack it, %s", a.Dialog.User.Name, r.Text)
		case r.Kind == analysis.RemedyServerCertificate:
			r.Text += ": give serve -cert and -key, or -acme"
		}
	}
	return all
}

// changesShown is how many changes of what clients may do are printed for an edit.
const changesShown = 6

func printEffects(w io.Writer, effects []explain.Effect) {
	for i, e := range effects {
		if i == changesShown {
			fmt.Fprintf(w, "   and %s\n", count(len(effects)-i, "other change"))
			break
		}
		fmt.Fprintf(w, "   %s %s\n", explain.Sign(e.Direction), strings.ReplaceAll(e.Text, "\n", "\n       "))
	}
}

// printCures prints the ways to lift a refusal.
func printCures(w io.Writer, cures explain.Cures) {
	if cures.Len() == 0 {
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
		printEffects(w, e.Admits)
		printEffects(w, e.Alters)
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
