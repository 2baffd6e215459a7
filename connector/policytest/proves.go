package policytest

import (
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
)

// Proves fails the test unless something is true of every session that the question is
// about. The question is the text of [analysis.ParseQuestion]:
//
//	policytest.Proves(t, p, "-remote 10.1.0.0/16 -as printers -tls -to *.contoso.com -size 20MB always accepted")
//	policytest.Proves(t, p, "-remote !10.0.0.0/8 -from contoso.com never sends")
//	policytest.Proves(t, p, "-clear never logs-on")
//
// It prints a session of which it isn't true, with the explanation of the whole session. A
// question about no session, or about a group that no grant names, fails as well: it
// would prove nothing.
func Proves(t testing.TB, p *connector.Policy, question string) {
	t.Helper()
	q, err := analysis.ParseQuestion(question)
	if err != nil {
		t.Errorf("%s: %v", question, err)
		return
	}
	a := analysis.Ask(p, q)
	for _, note := range a.Notes {
		t.Errorf("%s: %s", question, note)
	}
	switch {
	case a.Holds:
	case a.Witness == nil || q.Other != "":
		t.Errorf("%s: %s", question, a.Text)
	default:
		t.Errorf("%s: %s:\n%v", question, a.Text, p.Walk(*a.Witness))
	}
}
