package policytest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// AllowedRelays says who may relay. The zero AllowedRelays is nobody.
type AllowedRelays struct {
	From     []param.Range // clients that may, whoever they are
	LoggedIn bool          // users who have logged in may, from anywhere
}

// Relay is clients that may relay.
type Relay struct {
	Connector string           // the Receive connector that lets them
	As        string           // as whom: a principal, or members of any of some groups, or of all of them
	Local     []netip.AddrPort // where they connect; an unspecified address is all that no binding names
	From      []param.Range    // the clients, as few ranges as possible
	Witness   connector.Dialog // such a session, for Policy.Walk
}

// String returns the sentence.
func (r Relay) String() string {
	var from []string
	for _, rng := range r.From {
		from = append(from, rng.String())
	}
	return fmt.Sprintf("%s may relay as %s through %q, at %v, to %v",
		strings.Join(from, ", "), r.As, r.Connector, r.Local, r.Witness.To[0])
}

// NobodyRelays fails the test if anybody but those excepted may relay: may
// send to a recipient in a domain that the policy doesn't accept, or to one of
// an accepted domain whose local part names another (user%example.net@ours).
// It prints who, from where and through which connector, and explains a
// session of theirs. The accepted domain * makes no recipient one of ours.
func NobodyRelays(t testing.TB, p *connector.Policy, but AllowedRelays) {
	t.Helper()
	for _, r := range Relays(p, but) {
		t.Errorf("%v:\n%v", r, p.Walk(r.Witness))
	}
}

// Relays returns who may relay but for those excepted, by connector in the
// order of the policy and, within one, those who prove least first. It is
// exact: there are no others.
func Relays(p *connector.Policy, but AllowedRelays) []Relay {
	seeker := seeker{domains: partition.NewDomains(p, nil), recipients: foreign(p), but: but}
	var found []Relay
	places := served(p, but.From)
	for in := range p.Receive() {
		at := places[in]
		if len(at) == 0 {
			continue
		}
		for _, kind := range []func(*connector.Inbound, bool) []relayer{seeker.anonymous, seeker.partners, seeker.logins} {
			who := map[bool][]relayer{}
			for _, l := range at {
				if who[l.implicit] == nil {
					who[l.implicit] = kind(in, l.implicit)
				}
			}
			for i := range max(len(who[false]), len(who[true])) {
				for _, l := range at {
					if i < len(who[l.implicit]) {
						found = append(found, who[l.implicit][i].at(in, l))
					}
				}
			}
		}
	}
	return found
}

// place is where clients of a connector connect, and from where.
type place struct {
	local    []netip.AddrPort
	witness  netip.AddrPort
	implicit bool // connections begin with TLS
	ranges   []param.Range
}

// served returns whom every connector serves, without the ranges excepted.
func served(p *connector.Policy, except []param.Range) map[*connector.Inbound][]place {
	places := map[*connector.Inbound][]place{}
	for _, l := range partition.Sources(p, nil) {
		spans := map[*connector.Inbound][]partition.Span{}
		for _, c := range l.Cells {
			if in := c.In[0]; in != nil {
				spans[in] = append(spans[in], without(c.Span, except)...)
			}
		}
		for in, left := range spans {
			at := place{local: l.Local, witness: l.Witness, implicit: l.Implicit}
			for _, s := range partition.Join(left) {
				at.ranges = append(at.ranges, s.Range())
			}
			if len(at.ranges) > 0 {
				places[in] = append(places[in], at)
			}
		}
	}
	return places
}

// without returns what is left of a span without ranges.
func without(s partition.Span, ranges []param.Range) []partition.Span {
	left := []partition.Span{s}
	for _, r := range ranges {
		var next []partition.Span
		for _, s := range left {
			if !r.Overlaps(s.Range()) {
				next = append(next, s)
				continue
			}
			if s.Low.Less(r.Low()) {
				next = append(next, partition.Span{Low: s.Low, High: r.Low().Prev()})
			}
			if r.High().Less(s.High) {
				next = append(next, partition.Span{Low: r.High().Next(), High: s.High})
			}
		}
		left = next
	}
	return left
}

// foreign returns recipients that it takes the right to relay to reach, one of
// every kind that decisions can depend on.
func foreign(p *connector.Policy) []routing.Address {
	named := p.Config().Accepted
	named = slices.DeleteFunc(named, func(a routing.AcceptedDomain) bool { return a.DomainName == "*" })
	ours, err := routing.NewAccepted(named...)
	if err != nil { // it was good with one more
		ours, _ = routing.NewAccepted()
	}
	var all []routing.Address
	domains := partition.NewDomains(p, nil)
	for _, members := range domains.Members {
		var other, own bool
		for _, i := range members {
			d := domains.Cells[i].Witness
			if _, ok := ours.Lookup(d); ok && !own {
				own = true
				all = append(all, partition.Mailbox("user%example.net", d))
			} else if !ok && !other {
				other = true
				all = append(all, partition.Mailbox("friend", d))
			}
		}
	}
	// An ordinary domain reads best as a witness.
	slices.SortStableFunc(all, func(a, b routing.Address) int { return kind(a) - kind(b) })
	return all
}

// kind orders witnesses: ordinary domains, other foreign ones, our own.
func kind(a routing.Address) int {
	switch {
	case a.HasRouting():
		return 2
	case a.Domain().IsLiteral() || a.Domain().SingleLabel():
		return 1
	}
	return 0
}
