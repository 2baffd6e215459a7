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

// AllowedRelays are the clients that may relay. The zero value allows no relay.
type AllowedRelays struct {
	From     []param.Range // clients that may relay with any identity
	LoggedIn bool          // users who have logged on may relay, from anywhere
}

// Relay is a set of clients that may relay.
type Relay struct {
	Connector string           // the Receive connector that lets them
	As        string           // their identity: a principal, or members of any or of all of some groups
	Local     []netip.AddrPort // where they connect; an unspecified address means all that no binding names
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

// NoRelaysExcept fails the test if any client that isn't allowed may relay: may send
// to a recipient in a domain that the policy doesn't accept, or to one in an
// accepted domain whose local part names another domain (user%example.net@ours).
// It prints the identity, the clients and the connector, and explains a session.
// The accepted domain * doesn't count as accepting a recipient here.
func NoRelaysExcept(t testing.TB, p *connector.Policy, allowed AllowedRelays) {
	t.Helper()
	for _, r := range Relays(p, allowed) {
		t.Errorf("%v:\n%v", r, p.Walk(r.Witness))
	}
}

// Relays returns the clients that may relay and aren't allowed to, by connector in
// the order of the policy and, within one, anonymous clients first. The list is
// complete.
func Relays(p *connector.Policy, allowed AllowedRelays) []Relay {
	seeker := seeker{domains: partition.NewDomains(p, nil), recipients: foreign(p), allowed: allowed}
	var found []Relay
	places := served(p, allowed.From)
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

// place is a set of local addresses of a connector and its clients there.
type place struct {
	local    []netip.AddrPort
	witness  netip.AddrPort
	implicit bool // connections begin with TLS
	ranges   []param.Range
}

// served returns the clients of every connector without those in the allowed ranges.
func served(p *connector.Policy, except []param.Range) map[*connector.Inbound][]place {
	places := map[*connector.Inbound][]place{}
	for _, l := range partition.Intervals(p, nil, partition.NewEffort()) {
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

// without returns the parts of a span outside of ranges.
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

// foreign returns recipients for which the right to relay is needed, one of every
// kind that decisions can depend on.
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
	// An ordinary domain is the most readable witness.
	slices.SortStableFunc(all, func(a, b routing.Address) int { return kind(a) - kind(b) })
	return all
}

// kind orders witnesses: ordinary domains, other foreign ones, accepted ones.
func kind(a routing.Address) int {
	switch {
	case a.HasRouting():
		return 2
	case a.Domain().IsLiteral() || a.Domain().SingleLabel():
		return 1
	}
	return 0
}
