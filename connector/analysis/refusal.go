package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// refusal is a refused stage and everything that suggestions depend on.
type refusal struct {
	policy  *connector.Policy
	config  connector.Config
	dialog  connector.Dialog
	walk    connector.Walkthrough
	refused int // the stage
}

// newRefusal returns the first refusal of the session, or nil.
func newRefusal(p *connector.Policy, d connector.Dialog) *refusal {
	w := p.Walk(d)
	i := slices.IndexFunc(w.Stages, func(s connector.Stage) bool { return !s.Decision.Allowed() })
	if p == nil || i < 0 {
		return nil
	}
	return &refusal{policy: p, config: p.Config(), dialog: d, walk: w, refused: i}
}

func (q *refusal) stage() connector.Stage { return q.walk.Stages[q.refused] }

// suggestion is an Edit that hasn't been tried yet.
type suggestion struct {
	kind EditKind
	path source.Path
	text string
	rank int
	edit func(*connector.Config)
}

// passesNow reports whether the stage that was refused passes in after.
func (q *refusal) passesNow(after connector.Walkthrough) bool {
	refused := q.stage()
	nth := 0 // EHLO is sent again after STARTTLS, and a recipient may come twice
	for _, s := range q.walk.Stages[:q.refused] {
		if s.Name == refused.Name && s.Command == refused.Command {
			nth++
		}
	}
	for _, s := range after.Stages {
		if s.Name != refused.Name || s.Command != refused.Command {
			continue
		}
		if nth--; nth < 0 {
			return s.Decision.Allowed()
		}
	}
	return false
}

// connector returns the connector that refused; nil if no connector was chosen.
func (q *refusal) connector() *connector.Inbound { return q.walk.Session.Inbound() }

// sender returns the address that was refused: of MAIL, or of the header's author.
func (q *refusal) sender() routing.Address {
	if q.stage().Name != connector.StageData {
		return q.dialog.From
	}
	for _, a := range q.dialog.Authors {
		if !q.walk.Session.Authors([]routing.Address{a}, true).Allowed() {
			return a
		}
	}
	return routing.Address{}
}

// recipient returns the address that RCPT or the route refused or, for a message
// whose size wasn't declared, the recipient that it is too large for.
func (q *refusal) recipient() routing.Address {
	for _, to := range q.dialog.To {
		if q.stage().Name == connector.StageData && q.policy.Route(to, q.dialog.Size, nil).Outcome == routing.TooLarge {
			return to
		}
		if s := to.String(); q.stage().Command == s || q.stage().Command == "RCPT TO:<"+s+">" {
			return to
		}
	}
	return routing.Address{}
}
