package analysis

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
)

// Answer is the answer to a Question. It is exact: it holds for every session that the
// question is about.
type Answer struct {
	// Holds reports whether the claim is true. It is false if Undecided isn't empty.
	Holds bool
	// Undecided says why there is no answer: the question is about no session at all, it
	// names a connector that doesn't exist, or the policy is too large.
	Undecided string
	// TooLarge is set if the policy is the reason.
	TooLarge bool
	// Witness is a session that shows the answer, for Policy.Walk: a counterexample, or an
	// example for ClaimSometimes. It is nil if the answer is about all sessions. A
	// session under two connectors taken alone is for Inbound.Walk of each.
	Witness *connector.Dialog
	// Text is the answer in a sentence, which also says what happens to the Witness.
	Text string
	// Notes say what is doubtful about the question, such as a group that no grant names.
	Notes []string
	// Cells is how many kinds of sessions were decided.
	Cells int
}

// Ask answers a question about a policy. Claims that compare need Question.Other, the
// connector to compare with; to compare policies, use AskBoth.
//
// The effort grows as that of Check; beyond the same limits Answer.Undecided says so.
func Ask(p *connector.Policy, q Question) Answer {
	g := groundwork{policies: [2]*connector.Policy{p, nil}, effort: partition.NewEffort()}
	return g.ask(q)
}

// ask is Ask about the first policy.
func (g *groundwork) ask(q Question) (a Answer) {
	p := g.policies[0]
	switch err := q.check(); {
	case err != nil:
		return undecided(err)
	case q.Other != "":
		g.effort.Part(func() { a = askBoth(p, p, q, g.effort) })
		return a
	case q.Claim.Compares():
		return undecided(fmt.Errorf("%s compares two policies or two connectors; give the other policy with -with, or the other connector with -with-connector", q.Claim))
	}
	if q.Connector != "" {
		in, err := inboundNamed(p, q.Connector)
		if err != nil {
			return undecided(err)
		}
		q.Connector = in.Name()
	}
	return g.prove(q)
}

// AskBoth answers a question that compares two policies. With Question.Connector, the
// connector of p taken alone is compared with Question.Other of other, by default the
// connector of the same name.
func AskBoth(p, other *connector.Policy, q Question) Answer {
	return askBoth(p, other, q, partition.NewEffort())
}

func askBoth(p, other *connector.Policy, q Question, effort *partition.Effort) Answer {
	if err := q.check(); err != nil {
		return undecided(err)
	}
	if !q.Claim.Compares() {
		return undecided(fmt.Errorf("%s is about one policy; compare two with %s", q.Claim, either([]Claim{ClaimDisjoint, ClaimImplies, ClaimEquivalent})))
	}
	if q.Connector != "" {
		name := q.Other
		if name == "" {
			name = q.Connector
		}
		var errs [2]error
		p, errs[0] = alone(p, q.Connector)
		other, errs[1] = alone(other, name)
		if err := errors.Join(errs[:]...); err != nil {
			return undecided(err)
		}
		q.Connector, q.Other = "", ""
	}
	g := groundwork{policies: [2]*connector.Policy{p, other}, effort: effort}
	return g.prove(q)
}

func undecided(err error) Answer {
	return Answer{Undecided: err.Error(), Text: "not decided: " + err.Error()}
}

// inboundNamed returns the Receive connector of that name, in any letter case.
func inboundNamed(p *connector.Policy, name string) (*connector.Inbound, error) {
	for in := range p.Receive() {
		if strings.EqualFold(in.Name(), name) {
			return in, nil
		}
	}
	return nil, fmt.Errorf("this server has no Receive connector %q", name)
}

// alone returns p with one Receive connector only.
func alone(p *connector.Policy, name string) (*connector.Policy, error) {
	in, err := inboundNamed(p, name)
	if err != nil {
		return nil, err
	}
	cfg := p.Config()
	for i := range cfg.Receive {
		given := cfg.Receive[i].WithDefaults(&cfg)
		if given.Name == in.Name() && given.Server == in.Settings().Server {
			cfg.Receive = cfg.Receive[i : i+1]
			break
		}
	}
	return connector.Compile(cfg)
}

// prove answers a question about one policy, or about two.
func (g *groundwork) prove(q Question) (found Answer) {
	if q.Property == PropertyServed && q.Argument != "" {
		if _, err := inboundNamed(g.policies[0], q.Argument); err != nil {
			if _, other := inboundNamed(g.policies[1], q.Argument); other != nil {
				return undecided(err)
			}
		}
	}
	g.lay()
	a := newAsker(q, g)
	if len(q.To) == 0 {
		a.recipients = g.everyRecipient(a)
	}
	g.effort.Part(func() {
		a.collect()
		a.run()
		found = a.answer()
	})
	return found
}
