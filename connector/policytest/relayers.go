package policytest

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// seeker finds the sessions that may relay on a connector.
type seeker struct {
	domains    *partition.Domains
	recipients []routing.Address
	allowed    AllowedRelays
}

// relayer is an identity that may relay, as an example of all with the same name.
type relayer struct {
	who partition.Who
	as  string
	tls bool
	to  routing.Address
}

// at returns the Relay for the relayer at a place.
func (r relayer) at(in *connector.Inbound, l place) Relay {
	found := Relay{Connector: in.Name(), As: r.as, Local: l.local, From: l.ranges}
	found.Witness = r.who.Dialog(l.witness, l.ranges[0].Low(), r.tls || l.implicit)
	found.Witness.To = []routing.Address{r.to}
	return found
}

// relays reports whether a client with that identity may relay, and with which
// session.
func (s *seeker) relays(in *connector.Inbound, who partition.Who, implicit bool) (r relayer, ok bool) {
	for _, tls := range []bool{false, true} {
		if implicit && !tls {
			continue
		}
		session, open := who.OpenAt(in, implicit, tls)
		// Every session may use the null sender. A certificate that doesn't count on
		// that connector is ignored.
		if !open || !session.Mail(connector.Mail{}).Allowed() ||
			len(who.Partner) > 0 && !session.Identity().Is(permission.SIDPartners) {
			continue
		}
		for _, to := range s.recipients {
			if session.Rcpt(connector.Rcpt{To: to}).Allowed() {
				return relayer{who, session.Identity().Name, tls, to}, true
			}
		}
	}
	return relayer{}, false
}

// anonymous finds clients without authentication.
func (s *seeker) anonymous(in *connector.Inbound, implicit bool) []relayer {
	if r, ok := s.relays(in, partition.Who{}, implicit); ok {
		return []relayer{r}
	}
	return nil
}

// partners finds clients with a certificate that counts.
func (s *seeker) partners(in *connector.Inbound, implicit bool) []relayer {
	name := func(c partition.Crowd) string {
		return "a partner with a certificate for " + crowdText(c, strings.Clone)
	}
	return s.of(in, implicit, s.domains.Partners(), s.domains.PartnerCrowds, certified, name)
}

// certified is a client with a certificate for these domains.
func certified(names []string) partition.Who {
	var who partition.Who
	for _, name := range names {
		who.Partner = append(who.Partner, routing.MustParseDomain(name))
	}
	return who
}

// logins finds users, one of every kind that relaying can depend on.
func (s *seeker) logins(in *connector.Inbound, implicit bool) []relayer {
	if s.allowed.LoggedIn {
		return nil
	}
	logins := partition.NewLogins(in.ACL(), nil, permission.SetOf(permission.Submit, permission.AcceptAnyRecipient))
	var all []partition.Who
	for i := range logins.Users {
		all = append(all, partition.Who{User: &logins.Users[i]})
	}
	return s.of(in, implicit, all, logins.Crowds, member, func(c partition.Crowd) string {
		text := crowdText(c, func(sid string) string { return permission.SID(sid).Name() })
		if len(c.In) == 0 {
			return "any user" + text
		}
		return "a user in " + text
	})
}

// member is a user who is in these groups.
func member(sids []string) partition.Who {
	user := auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: []permission.SID{permission.SIDAuthenticatedUsers}}}
	for _, sid := range sids {
		user.SIDs = append(user.SIDs, permission.SID(sid))
	}
	return partition.Who{User: &user}
}

// of returns the relayers among all, as crowds. Each crowd has a different member,
// because of equal ones in all only one is in a crowd.
func (s *seeker) of(in *connector.Inbound, implicit bool, all []partition.Who,
	crowds func(func(int) bool) []partition.Crowd, member func(groups []string) partition.Who, name func(partition.Crowd) string,
) []relayer {
	found := map[int]relayer{}
	first := -1
	for i, who := range all {
		if r, ok := s.relays(in, who, implicit); ok {
			found[i] = r
			if first < 0 {
				first = i
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	var relayers []relayer
	for _, c := range crowds(func(i int) bool { _, ok := found[i]; return ok }) {
		var groups []string
		for _, list := range c.In {
			groups = append(groups, list[0])
		}
		r, ok := s.relays(in, member(groups), implicit)
		if !ok || c.Rest {
			r = found[first]
		}
		r.as = name(c)
		relayers = append(relayers, r)
	}
	return relayers
}

// crowdText names the groups of a crowd: "any of a, b and any of c, d, unless in e".
func crowdText(c partition.Crowd, name func(string) string) string {
	if c.Rest {
		return "other combinations of these groups, which are too many to list"
	}
	text := listsText(c.In, name)
	for _, lists := range c.Unless {
		text += ", unless in " + listsText(lists, name)
	}
	return text
}

func listsText(lists [][]string, name func(string) string) string {
	single := !slices.ContainsFunc(lists, func(list []string) bool { return len(list) != 1 })
	var texts, names []string
	for _, list := range lists {
		var members []string
		for _, s := range list {
			members = append(members, name(s))
		}
		slices.Sort(members)
		names = append(names, members...)
		if text := strings.Join(members, ", "); len(members) > 1 {
			texts = append(texts, "any of "+text)
		} else {
			texts = append(texts, text)
		}
	}
	if single && len(names) > 1 {
		slices.Sort(names)
		return "all of " + strings.Join(names, ", ")
	}
	slices.Sort(texts)
	return strings.Join(texts, " and ")
}
