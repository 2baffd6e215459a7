package proof

import (
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// Verify checks that a certificate is true of a policy, given as the text that
// jsonconfig.Marshal writes. It believes nothing in the certificate. The error says which
// part is wrong, by the names of members, how, and what would be right.
func Verify(c *Certificate, policy []byte) error { return verify(c, policy) }

// VerifyDiff is Verify for a certificate of two policies. They do the same, as far as the
// certificate goes, if it is true and its Differences is 0.
func VerifyDiff(c *Certificate, before, after []byte) error { return verify(c, before, after) }

// fault says which place of a certificate is wrong, named as the certificate spells it, and
// how.
type fault struct {
	place string
	how   error
}

func (f *fault) Error() string { return f.place + ": " + f.how.Error() }

// wrong returns the fault of a place.
func wrong(place, how string, args ...any) error { return &fault{place, fmt.Errorf(how, args...)} }

// nth names an element of a member.
func nth(member string, i int) string { return fmt.Sprintf("%s[%d]", member, i) }

// verifier checks one certificate.
type verifier struct {
	*Certificate
	policies  []*semantics.Policy
	receivers []map[string]*semantics.Receiver // of each policy, by name
	domains   domainIndex
	steps     int64 // that may still be spent
}

func policyCount(n int) string {
	if n == 1 {
		return "one policy"
	}
	return fmt.Sprintf("%d policies", n)
}

func verify(c *Certificate, texts ...[]byte) error { return verifyWithin(maxSteps, c, texts...) }

// verifyWithin is verify with another limit of steps.
func verifyWithin(steps int64, c *Certificate, texts ...[]byte) error {
	switch {
	case c == nil:
		return errors.New("there is no certificate")
	case c.Format != Format || c.Rules != Rules:
		return fmt.Errorf("the certificate has format %d and rules %d, and these are format %d and rules %d", c.Format, c.Rules, Format, Rules)
	case len(c.Policies) != len(texts):
		return fmt.Errorf("the certificate is of %s and is checked with %s", policyCount(len(c.Policies)), policyCount(len(texts)))
	}
	v := &verifier{Certificate: c, steps: steps}
	for i, text := range texts {
		if hash := Hash(text); c.Policies[i] != hash {
			return fmt.Errorf("the certificate is of another policy, with the hash %s; the hash of this one is %s", c.Policies[i], hash)
		}
		p, err := semantics.Read(text)
		if err != nil {
			return err
		}
		byName := map[string]*semantics.Receiver{}
		for _, r := range p.Receivers {
			byName[r.Name] = r
		}
		v.policies, v.receivers = append(v.policies, p), append(v.receivers, byName)
	}
	if err := v.shape(); err != nil {
		return err
	}
	for _, check := range []func() error{
		v.checkListeners, v.checkDomains, v.checkClientNames, v.checkAccessLists, v.checkOffers, v.checkAnswers, v.checkRoutes,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	if _, n := c.Count(); c.Differences != n {
		return fmt.Errorf("the certificate says that %d answers differ, and %d do", c.Differences, n)
	}
	return nil
}

// shape checks that what has one value for each policy has as many as there are
// policies.
func (v *verifier) shape() (first error) {
	want := len(v.policies)
	check := func(n int, place string, at ...any) {
		if n != want && first == nil {
			first = wrong(fmt.Sprintf(place, at...), "there are %d values for %d policies", n, want)
		}
	}
	for i, l := range v.Listeners {
		for _, s := range l.Spans {
			check(len(s.Connectors), "Listeners[%d], clients %s", i, s.Clients)
		}
	}
	for i, c := range v.Connections {
		check(len(c.Connectors), "Connections[%d]", i)
	}
	for i, c := range v.Classes {
		check(len(c.Accepted), "Classes[%d].Accepted", i)
		check(len(c.Secured), "Classes[%d].Secured", i)
	}
	for i, c := range v.ClientNames {
		check(len(c.Secured), "ClientNames[%d]", i)
	}
	for i, a := range v.AccessLists {
		for _, g := range a.Groups {
			check(len(g.Allow), "AccessLists[%d], groups %q, Allow", i, g.Members)
			check(len(g.Deny), "AccessLists[%d], groups %q, Deny", i, g.Members)
		}
	}
	for i, o := range v.Offers {
		check(len(o.Answers), "Offers[%d]", i)
	}
	for i, a := range v.Answers {
		for j, row := range a.Rows {
			check(len(row.Answers), "Answers[%d].Rows[%d]", i, j)
		}
	}
	for i, r := range v.Routes {
		for j, way := range r.Ways {
			check(len(way.Answers), "Routes[%d].Ways[%d].Answers", i, j)
			check(len(way.Connectors), "Routes[%d].Ways[%d].Connectors", i, j)
		}
	}
	return first
}

// cover checks that places contains each number from 0 to before n that is wanted once,
// and no other. groups are lists of numbers of places.
func cover(what string, n int, wanted func(int) bool, groups [][]int) error {
	seen := make([]bool, n)
	for i, group := range groups {
		if len(group) == 0 {
			return fmt.Errorf("%s: element %d is about none of them", what, i)
		}
		for _, place := range group {
			switch {
			case place < 0 || place >= n:
				return fmt.Errorf("%s: there is no element %d", what, place)
			case !wanted(place):
				return fmt.Errorf("%s: element %d doesn't belong here", what, place)
			case seen[place]:
				return fmt.Errorf("%s: element %d occurs twice", what, place)
			}
			seen[place] = true
		}
	}
	for place, ok := range seen {
		if !ok && wanted(place) {
			return fmt.Errorf("%s: element %d is missing", what, place)
		}
	}
	return nil
}

func always(int) bool { return true }

// receiver returns the Receive connector of a connection; nil if it is refused.
func (v *verifier) receiver(policy int, c *Connection) *semantics.Receiver {
	return v.receivers[policy][c.Connectors[policy]]
}

// entries returns the entries of the access list of a connection.
func (v *verifier) entries(policy int, c *Connection) []semantics.Entry {
	if r := v.receiver(policy, c); r != nil {
		return r.Entries
	}
	return nil
}
