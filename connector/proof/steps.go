package proof

import "fmt"

// maxSteps limits the steps of checking a certificate. A step takes some nanoseconds, so that
// checking ends within a minute, whatever the certificate and the policies are.
const maxSteps int64 = 4_000_000_000

// The steps of finding a next hop twice, and of a decision, beside those that depend on the
// policies, and of joining the powers of two groups.
const (
	hopSteps      = 2000
	decisionSteps = 100
	joinSteps     = 500
)

// errSteps says that a certificate isn't checked to the end.
var errSteps = fmt.Errorf("to check the certificate takes more than %d steps, so it isn't checked to the end", maxSteps)

// spend counts steps. Beyond the limit it refuses the certificate.
func (v *verifier) spend(steps int64) error {
	if v.steps -= min(steps, v.steps+1); v.steps < 0 {
		return errSteps
	}
	return nil
}

// serving returns the steps of finding the connectors that serve a client.
func (v *verifier) serving() (steps int64) {
	for _, byName := range v.receivers {
		for _, r := range byName {
			steps += int64(1 + len(r.Bindings) + len(r.Ranges))
		}
	}
	return steps
}

// deciding returns the steps of the answer for a row on a connection.
func (v *verifier) deciding(q *SessionQuestion, c *Connection, row *Row) (steps int64) {
	for i := range v.policies {
		decisions := len(v.Classes)
		if q.Name == AskSenders && row.User == nil && len(v.allowedSenders(c)) > 0 {
			decisions += len(v.Domains)
		}
		steps += int64(decisions)*int64(decisionSteps+len(v.entries(i, c))) + int64(len(v.Domains))
	}
	return steps
}
