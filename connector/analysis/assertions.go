package analysis

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Assertions answers the questions in Transport.Assertions, and returns a finding for each
// that isn't proved: it is false, it can't be read, or it can't be decided. These are
// errors, which can't be acknowledged: a program should serve p only without them. A true
// assertion about a group that no grant names, which may be a misspelt one, is a warning. A
// nil policy asserts nothing.
//
// All questions together may take as much effort as one that is given to Ask; one finding
// is about all those that are left then.
func Assertions(p *connector.Policy) []Finding {
	if p == nil {
		return nil
	}
	return assertions(p, partition.NewEffort())
}

func assertions(p *connector.Policy, effort *partition.Effort) (found []Finding) {
	g := groundwork{policies: [2]*connector.Policy{p, nil}, effort: effort}
	all := p.Transport().Assertions
	for i, text := range all {
		f := Finding{Diagnostic: source.Diagnostic{Severity: source.SeverityError, Path: source.Path("Transport.Assertions").Index(i)}}
		switch q, err := ParseAssertion(text); {
		case err != nil:
			f.Code, f.Detail = CodeAssertionInvalid, fmt.Sprintf("%q is not an assertion: %v", text, err)
			f.Fix = "correct the assertion, or remove it"
		case i > 0 && effort.Exceeded(): // an earlier finding says so
		default:
			g.assert(&f, text, q)
			if rest := len(all) - i - 1; effort.Exceeded() && rest > 0 {
				f.Detail = fmt.Sprintf("%q and the %d after it are not decided: %d of %d assertions were examined, and all together are too large to be answered exactly", text, rest, i, len(all))
			}
		}
		if f.Code != "" {
			found = append(found, f)
		}
	}
	return found
}

// assert answers an assertion. Unless it is true and its words are known, f becomes the finding that says so.
func (g *groundwork) assert(f *Finding, text string, q Question) {
	switch a := g.ask(q); {
	case a.Undecided != "":
		f.Code, f.Detail = CodeAssertionUndecided, fmt.Sprintf("%q is not decided: %s", text, a.Undecided)
		f.Fix = "correct the assertion, or remove it"
		if a.TooLarge {
			f.Fix = "restrict the assertions to fewer clients, senders or recipients, or remove some"
		}
	case !a.Holds:
		f.Code, f.Detail = CodeAssertionFalse, fmt.Sprintf("%q is false: %s", text, a.Text)
		f.Fix = "change the policy so that it is true, or remove the assertion"
		if a.Witness != nil && q.Other == "" { // that of two connectors isn't one of the policy
			f.Witness = *a.Witness
		}
	case len(a.Notes) > 0:
		f.Severity, f.Code, f.Detail = source.SeverityWarning, CodeAssertionDoubtful, fmt.Sprintf("%q is true, but %s", text, strings.Join(a.Notes, "; "))
		f.Fix = "correct the group's name, or grant it something, or remove the assertion"
	}
}

// ParseAssertion is ParseQuestion for an element of Transport.Assertions, which is about one
// policy.
func ParseAssertion(text string) (Question, error) {
	q, err := ParseQuestion(text)
	if err == nil && q.Claim.Compares() && q.Other == "" {
		err = fmt.Errorf("%s compares two policies; an assertion is about one, so it needs -connector and -with-connector", q.Claim)
	}
	return q, err
}
