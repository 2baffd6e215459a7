package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// maxEdits is the limit of edits that WhyNot tries: each needs a compilation, and a
// comparison if it helps.
const maxEdits = 40

// WhyNot returns the single changes of p's Config that remove the first refusal of a
// session. It returns none if nothing is refused, or if none of the changes that it
// tried helps. Each was compiled and the session repeated. The changes that are
// enough come first, then those with which a later command is refused; both from
// narrow to wide.
//
// A change is narrower than another if the widest thing that it admits is: the number
// of client addresses times one for a single domain, 2^12 for a domain with all below
// it, and 2^24 for any. Then a grant to a user is narrower than one to a group, and
// that narrower than one to all authenticated users or to all clients; then the
// change that admits fewer things; then the path decides.
//
// Remedies lists what the client can do instead: if it only needs to log on, no
// change is necessary.
//
// At most 40 changes are tried: those of the connector that refused first, and those
// that are likely to be enough. untried is how many more there are, so in a policy of
// very many connectors some that would help may be missing.
func WhyNot(p *connector.Policy, d connector.Dialog) (edits []Edit, untried int) {
	q := newRefusal(p, d)
	if q == nil {
		return nil, 0
	}
	seen := map[string]bool{}
	for _, s := range q.suggestions() {
		if seen[s.text] {
			continue
		}
		seen[s.text] = true
		if len(seen) > maxEdits {
			untried++
		} else if e, ok := q.try(s); ok {
			edits = append(edits, e)
		}
	}
	slices.SortStableFunc(edits, compareEdits)
	return edits, untried
}

// try makes the Edit of s, if it helps.
func (q *refusal) try(s suggestion) (Edit, bool) {
	cfg := q.policy.Config() // a copy
	s.edit(&cfg)
	p, err := connector.Compile(cfg)
	if err != nil {
		return Edit{}, false // it breaks a rule
	}
	after := p.Walk(q.dialog)
	if !q.passesNow(after) {
		return Edit{}, false
	}
	e := Edit{Kind: s.kind, Path: s.path, Text: s.text, Config: cfg, After: after, rank: s.rank}
	found := Compare(q.policy, p)
	if found.TooLarge != "" {
		e.Admits = []Change{{Direction: Wider, Text: "What it admits isn't known: " + found.TooLarge + "."}}
	}
	for _, c := range found.Changes {
		if c.Direction == Wider {
			e.Admits = append(e.Admits, c)
		} else {
			e.Alters = append(e.Alters, c)
		}
	}
	return e, true
}

// suggestions lists changes that might help, by the reason of the refusal.
func (q *refusal) suggestions() []suggestion {
	s := q.stage()
	var all []suggestion
	if q.connector() != nil {
		all = append(all, q.limits()...)
		all = append(all, q.requirements()...)
		if s.Decision.Right.IsValid() {
			all = append(all, q.denials()...)
			all = append(all, q.grants(s.Decision.Right)...)
			all = append(all, q.groups()...)
			all = append(all, q.mechanisms(auth.TLS|auth.ExternalAuthoritative)...)
		}
		switch s.Decision.Reason {
		case reply.MechanismNotOffered:
			m := q.connector().Settings().AuthMechanism.Or(0) &^ auth.ExternalAuthoritative
			all = append(all, q.mechanisms(m|auth.TLS|auth.BasicAuth|auth.BasicAuthRequireTLS, m|auth.BasicAuth, m&^auth.BasicAuthRequireTLS)...)
		case reply.UnrecognizedCommand:
			all = append(all, q.mechanisms(q.connector().Settings().AuthMechanism.Or(0)|auth.TLS)...)
		case reply.RelayDenied, reply.AnonymousSendAsDenied, reply.SendAsDenied:
			all = append(all, q.acceptedDomains()...)
		}
	}
	if s.Name == connector.StageRoute || s.Decision.Reason == reply.RouteTooSmall {
		return append(all, q.routes()...)
	}
	return append(all, q.otherConnectors()...)
}
