package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// power has the rights that a group allows and denies on the connectors of a connection,
// each with the number of the policy in front.
type power struct {
	allow, deny map[string]bool
	server      bool
}

func newPower() power { return power{allow: map[string]bool{}, deny: map[string]bool{}} }

// key identifies a power.
func (p power) key() string {
	return fmt.Sprint(slices.Sorted(maps.Keys(p.allow)), slices.Sorted(maps.Keys(p.deny)), p.server)
}

// with returns the power of one who is in the groups of p and of q. Of rights that are
// denied it doesn't matter whether they are also allowed.
func (p power) with(q power) power {
	sum := newPower()
	sum.server = p.server || q.server
	for _, from := range []power{p, q} {
		maps.Copy(sum.deny, from.deny)
		maps.Copy(sum.allow, from.allow)
	}
	maps.DeleteFunc(sum.allow, func(right string, _ bool) bool { return sum.deny[right] })
	return sum
}

// held returns the rights that are allowed and not denied in the i-th policy, sorted.
func (p power) held(i int) []string {
	held := []string{}
	for right := range p.allow {
		if name, ok := strings.CutPrefix(right, fmt.Sprint(i, " ")); ok && !p.deny[right] {
			held = append(held, name)
		}
	}
	slices.Sort(held)
	return held
}

// powers returns the power of each group on a connection as the policies' text gives it, as
// far as some rights go.
func (v *verifier) powers(c *Connection, rights []string) map[string]power {
	all := map[string]power{}
	for i := range v.policies {
		for _, e := range v.entries(i, c) {
			if !slices.Contains(rights, e.Right) {
				continue
			}
			if _, known := all[e.To]; !known {
				all[e.To] = newPower()
			}
			set := all[e.To].allow
			if e.Deny {
				set = all[e.To].deny
			}
			set[fmt.Sprint(i, " ", e.Right)] = true
		}
	}
	return all
}

// checkAccessLists checks that each connection has one list of groups, and that it is
// right for it.
func (v *verifier) checkAccessLists() error {
	var places [][]int
	for _, list := range v.AccessLists {
		places = append(places, list.Connections)
	}
	if err := cover("AccessLists", len(v.Connections), always, places); err != nil {
		return err
	}
	for i, list := range v.AccessLists {
		stated, err := list.stated()
		if err != nil {
			return wrong(nth("AccessLists", i), "%w", err)
		}
		for _, place := range list.Connections {
			right := v.powers(&v.Connections[place], Rights())
			for name, p := range right {
				if q, ok := stated[name]; !ok || q.key() != p.key() {
					return wrong(nth("AccessLists", i), "for connection %d, the group %q allows and denies %s, and %s is right", place, name, q.key(), p.key())
				}
			}
			for name := range stated {
				if _, ok := right[name]; !ok {
					return wrong(nth("AccessLists", i), "for connection %d, the access list names no group %q", place, name)
				}
			}
		}
	}
	return nil
}

// stated returns the power of each group as the certificate states it.
func (a *AccessList) stated() (map[string]power, error) {
	all := map[string]power{}
	seen := map[string]bool{}
	for _, g := range a.Groups {
		p := newPower()
		for i := range g.Allow {
			for j, lists := range [2][][]string{g.Allow, g.Deny} {
				set := [2]map[string]bool{p.allow, p.deny}[j]
				for _, right := range lists[i] {
					set[fmt.Sprint(i, " ", right)] = true
				}
				if !slices.IsSorted(lists[i]) || len(slices.Compact(slices.Clone(lists[i]))) < len(lists[i]) {
					return nil, fmt.Errorf("the rights %q aren't sorted, or one occurs twice", lists[i])
				}
			}
		}
		if seen[p.key()] || len(g.Members) == 0 {
			return nil, fmt.Errorf("the groups %q have equal power with others, which belong to them, or there are no members", g.Members)
		}
		seen[p.key()] = true
		for _, name := range g.Members {
			if _, twice := all[name]; twice {
				return nil, fmt.Errorf("the group %q occurs twice", name)
			}
			all[name] = p
		}
	}
	return all, nil
}

// outcome is the rights that a user holds under each policy, and whether the user is a
// server, for a question.
func (v *verifier) outcome(q *SessionQuestion, p power) string {
	var held [][]string
	for i := range v.policies {
		held = append(held, p.held(i))
	}
	return fmt.Sprintf("%q server %t", held, q.Servers && p.server)
}

// logins returns the powers of a question on a connection: that of each group, and the
// outcomes of all users, whatever groups they are in.
func (v *verifier) logins(q *SessionQuestion, c *Connection) (groups map[string]power, outcomes map[string]bool, err error) {
	groups = v.powers(c, q.Rights)
	for _, name := range semantics.ServerGroups { // which a policy need not name
		if _, known := groups[name]; !known {
			groups[name] = newPower()
		}
	}
	kinds := map[string]power{}
	for name, p := range groups {
		if p.server = slices.Contains(semantics.ServerGroups, name); name != semantics.AnonymousLogon && name != semantics.AuthenticatedUsers {
			kinds[p.key()] = p
		}
		groups[name] = p
	}
	delete(groups, semantics.AnonymousLogon) // of clients who haven't logged on
	outcomes = map[string]bool{}
	start := newPower().with(groups[semantics.AuthenticatedUsers])
	reached := map[string]bool{start.key(): true}
	for next := []power{start}; len(next) > 0; {
		if err := v.spend(joinSteps * int64(1+len(kinds))); err != nil {
			return nil, nil, err
		}
		p := next[0]
		next = next[1:]
		outcomes[v.outcome(q, p)] = true
		for _, kind := range kinds {
			if sum := p.with(kind); !reached[sum.key()] {
				reached[sum.key()] = true
				next = append(next, sum)
			}
		}
	}
	return groups, outcomes, nil
}
