package explain

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/shell"
)

// Cures are the ways to lift the first refusal of a session: actions of the client, and then changes of the policy,
// sufficient ones first, and narrow ones before wide ones.
type Cures struct {
	Remedies []Remedy `json:"remedies,omitempty"`
	Edits    []Edit   `json:"edits,omitempty"`

	// Wider counts changes of the policy for more than the client's own address that are left out, because the client
	// can do without.
	Wider int `json:"wider,omitempty"`

	Untried int `json:"untried,omitempty"` // changes that may lift the refusal, too
}

// Remedy is an action of the client, or a condition on its user.
type Remedy struct {
	Kind     analysis.RemedyKind `json:"remedy"`
	Text     string              `json:"text"`
	Accepted bool                `json:"accepted"`
	Refusal  string              `json:"refusal,omitempty"` // the next one
}

// Edit is a change of the policy.
type Edit struct {
	Kind     analysis.EditKind `json:"edit"`
	Path     string            `json:"path"`
	Text     string            `json:"text"`
	Commands []string          `json:"commands,omitempty"` // of Exchange; empty: no command can make it
	Accepted bool              `json:"accepted"`
	Refusal  string            `json:"refusal,omitempty"` // the next one
	Admits   []Effect          `json:"admits"`
	Alters   []Effect          `json:"alters"` // what may no longer happen, or happens otherwise
}

// Effect is a change of what clients may do.
type Effect struct {
	Direction analysis.Direction `json:"direction"`
	Aspect    analysis.Aspect    `json:"aspect"`
	Text      string             `json:"text"`
}

// CuresOf returns the ways to lift the refusal of an answer. Where the client can do it alone, no change is proposed
// that lets in another client.
func CuresOf(p *connector.Policy, a Answer) Cures {
	var all Cures
	example := len(a.Places) > 0 && a.Places[0].Example
	enough := false
	for _, r := range analysis.Remedies(p, a.Dialog) {
		enough = enough || r.Accepted()
		all.Remedies = append(all.Remedies, Remedy{Kind: r.Kind, Text: r.Text, Accepted: r.Accepted(), Refusal: Refusal(r.Refusal())})
	}
	before := p.Config()
	printed := map[string]bool{}
	edits, untried := analysis.WhyNot(p, a.Dialog)
	all.Untried = untried
	for _, e := range edits {
		if example && e.Kind == analysis.EditBinding {
			continue // the local address is made up: clients don't connect to it
		}
		if enough && !e.Narrow() {
			all.Wider++
			continue
		}
		out := Edit{
			Kind: e.Kind, Path: string(e.Path), Text: e.Text, Accepted: e.Accepted(), Refusal: Refusal(e.Refusal()),
			Admits: effects(e.Admits), Alters: effects(e.Alters),
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

// Len returns the number of ways, those that are left out included.
func (c Cures) Len() int { return len(c.Remedies) + len(c.Edits) + c.Wider }

func effects(changes []analysis.Change) []Effect {
	all := []Effect{} // in JSON a list, not null
	for _, c := range changes {
		all = append(all, Effect{c.Direction, c.Aspect, c.Text})
	}
	return all
}
