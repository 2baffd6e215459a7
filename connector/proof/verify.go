package proof

import (
	"errors"
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// Verify checks that a certificate is true of a policy, given as the text that
// jsonconfig.Marshal writes. It believes nothing in the certificate. The error says which
// part is wrong, how, and what would be right.
func Verify(c *Certificate, policy []byte) error { return verify(c, policy) }

// VerifyDiff is Verify for a certificate of two policies. They do the same, as far as the
// certificate goes, if it is true and its Differences is 0.
func VerifyDiff(c *Certificate, before, after []byte) error { return verify(c, before, after) }

// refusal says which part of a certificate is wrong. It begins with the name of a member,
// as the certificate spells it.
func refusal(format string, args ...any) error { return fmt.Errorf(format, args...) }

// verifier checks one certificate.
type verifier struct {
	*Certificate
	policies  []*semantics.Policy
	receivers []map[string]*semantics.Receiver // of each policy, by name
	domains   domainIndex
	steps     int // that may still be spent
}

func verify(c *Certificate, texts ...[]byte) error { return verifyWithin(maxSteps, c, texts...) }

// verifyWithin is verify with another limit of steps.
func verifyWithin(steps int, c *Certificate, texts ...[]byte) error {
	switch {
	case c == nil:
		return errors.New("there is no certificate")
	case c.Format != Format || c.Rules != Rules:
		return fmt.Errorf("the certificate has format %d and rules %d, and these are format %d and rules %d", c.Format, c.Rules, Format, Rules)
	case len(c.Policies) != len(texts):
		return fmt.Errorf("the certificate is of %d policies and is checked with %d", len(c.Policies), len(texts))
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
func (v *verifier) shape() error {
	want := len(v.policies)
	wrong := func(place string, n int) error {
		if n == want {
			return nil
		}
		return fmt.Errorf("%s has %d values for %d policies", place, n, want)
	}
	var found []error
	for i, l := range v.Listeners {
		for _, s := range l.Spans {
			found = append(found, wrong(fmt.Sprintf("Listeners[%d], clients %s", i, s.Clients), len(s.Connectors)))
		}
	}
	for i, c := range v.Connections {
		found = append(found, wrong(fmt.Sprintf("Connections[%d]", i), len(c.Connectors)))
	}
	for i, c := range v.Classes {
		found = append(found, wrong(fmt.Sprintf("Classes[%d]", i), len(c.Accepted)), wrong(fmt.Sprintf("Classes[%d]", i), len(c.Secured)))
	}
	for i, c := range v.ClientNames {
		found = append(found, wrong(fmt.Sprintf("ClientNames[%d]", i), len(c.Secured)))
	}
	for i, a := range v.AccessLists {
		for _, g := range a.Groups {
			place := fmt.Sprintf("AccessLists[%d], groups %q", i, g.Members)
			found = append(found, wrong(place, len(g.Allow)), wrong(place, len(g.Deny)))
		}
	}
	for i, o := range v.Offers {
		found = append(found, wrong(fmt.Sprintf("Offers[%d]", i), len(o.Answers)))
	}
	for i, a := range v.Answers {
		for j, row := range a.Rows {
			found = append(found, wrong(fmt.Sprintf("Answers[%d].Rows[%d]", i, j), len(row.Answers)))
		}
	}
	for i, r := range v.Routes {
		for j, way := range r.Ways {
			place := fmt.Sprintf("Routes[%d].Ways[%d]", i, j)
			found = append(found, wrong(place, len(way.Answers)), wrong(place, len(way.Connectors)))
		}
	}
	if i := slices.IndexFunc(found, func(err error) bool { return err != nil }); i >= 0 {
		return found[i]
	}
	return nil
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
