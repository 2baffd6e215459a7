package analysis

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Assertions answers the questions in Transport.Assertions, and returns a finding for each
// that isn't proved: it is false, it can't be read, or it can't be decided. All are
// errors, which can't be acknowledged: a program should serve p only without such findings.
// A nil policy asserts nothing.
//
// All questions together may take as much effort as one that is given to Ask; those that
// are left then are not decided.
func Assertions(p *connector.Policy) []Finding {
	if p == nil {
		return nil
	}
	var found []Finding
	effort := partition.NewEffort()
	for i, text := range p.Transport().Assertions {
		if f := assertion(p, text, effort); f.Code != "" {
			f.Severity, f.Path = source.SeverityError, source.Path("Transport.Assertions").Index(i)
			found = append(found, f)
		}
	}
	return found
}

// assertion returns the finding about one assertion; the zero Finding if it is true.
func assertion(p *connector.Policy, text string, effort *partition.Effort) (f Finding) {
	f.Fix = "correct the assertion, or remove it"
	q, err := ParseAssertion(text)
	if err != nil {
		f.Code, f.Detail = CodeAssertionInvalid, fmt.Sprintf("%q is not an assertion: %v", text, err)
		return f
	}
	switch a := askOne(p, q, effort); {
	case a.Undecided != "":
		f.Code, f.Detail = CodeAssertionUndecided, fmt.Sprintf("%q is not decided: %s", text, a.Undecided)
	case !a.Holds:
		f.Code, f.Detail = CodeAssertionFalse, fmt.Sprintf("%q is false: %s", text, a.Text)
		f.Fix = "change the policy so that it is true, or remove the assertion"
		if a.Witness != nil && q.Other == "" { // that of two connectors isn't one of the policy
			f.Witness = *a.Witness
		}
	}
	return f
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
