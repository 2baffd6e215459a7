package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
)

// representative is a client identity that stands for all identities that get the
// same decisions.
type representative struct {
	partition.Who
	logins *partition.Logins // that a user is one of; nil for other clients
	place  int               // in Users of logins, or in Partners
}

// key returns different texts for different representatives.
func (s representative) key() string { return fmt.Sprint(proofOf(s.Who), s.place) }

// clientGroup is the clients that prove their identity in the same way and belong to
// the same groups.
type clientGroup struct {
	proof Proof
	partition.Crowd
}

func proofOf(w partition.Who) Proof {
	switch {
	case w.User != nil:
		return ByLogon
	case len(w.Partner) > 0:
		return ByCertificate
	}
	return ByNothing
}

// key returns different texts for different groups.
func (p clientGroup) key() string { return fmt.Sprint(p) }

// has reports whether the representative belongs to the group.
func (p clientGroup) has(s representative) bool {
	return proofOf(s.Who) == p.proof && p.Has(s.Groups())
}

// member returns the session d with a member of the group as its client.
func (p clientGroup) member(d connector.Dialog) connector.Dialog {
	var groups []string
	for _, list := range p.In {
		groups = append(groups, list[0])
	}
	switch {
	case p.Rest:
	case p.proof == ByCertificate:
		d.PeerNames = groups
	case p.proof == ByLogon:
		user := *d.User
		user.SIDs = []permission.SID{permission.SIDAuthenticatedUsers}
		for _, sid := range groups {
			user.SIDs = append(user.SIDs, permission.SID(sid))
		}
		d.User = &user
	}
	return d
}

// exceptions are the words that introduce the clients to which a sentence does not
// apply.
type exceptions struct{ logins, certificates string }

var (
	unchanged = exceptions{", but nothing changes for ", ", but nothing changes with one that also names "}
	forbidden = exceptions{", but not as ", ", but not with one that also names "}
)

// identity returns the end of a sentence that names the clients of groups. It names
// every client it means, however many there are.
func identity(groups []clientGroup, but exceptions) string {
	var anonymous, anyLogin bool
	words := map[Proof][]string{}
	for _, p := range groups {
		switch {
		case p.proof == ByNothing:
			anonymous = true
		case p.proof == ByLogon && len(p.In) == 0 && len(p.Unless) == 0 && !p.Rest:
			anyLogin = true
		default:
			text := p.words(but)
			if !slices.Contains(words[p.proof], text) {
				words[p.proof] = append(words[p.proof], text)
			}
		}
	}
	var ways []string
	switch {
	case anonymous && anyLogin:
		ways = append(ways, "with or without authentication")
	case anonymous:
		ways = append(ways, "without authentication")
	case anyLogin:
		ways = append(ways, "after logging on")
	}
	if !anyLogin {
		for _, text := range words[ByLogon] {
			ways = append(ways, strings.TrimRight("after logging on "+text, " "))
		}
	}
	for _, text := range words[ByCertificate] {
		ways = append(ways, "with a certificate "+text)
	}
	return strings.ReplaceAll(" "+strings.Join(ways, " or "), " ,", ",")
}

// words names the groups that the clients belong to, and the exceptions.
func (p clientGroup) words(but exceptions) string {
	name, also, as, except := sidName, " who are also ", "as ", but.logins
	if p.proof == ByCertificate {
		name, also, as, except = func(s string) string { return s }, " and also ", "for ", but.certificates
	}
	if p.Rest {
		return as + "other combinations of these groups, which are too many to list"
	}
	text := ""
	if len(p.In) > 0 {
		text = as + groupsText(p.In, name, also)
	}
	var excepted []string
	for _, lists := range p.Unless {
		excepted = append(excepted, groupsText(lists, name, also))
	}
	if len(excepted) > 0 {
		slices.Sort(excepted)
		text += except + strings.Join(excepted, ", or ")
	}
	return text
}

func sidName(s string) string { return permission.SID(s).Name() }

// groupsText names one group of each list.
func groupsText(lists [][]string, name func(string) string, also string) string {
	var texts []string
	for _, list := range lists {
		var names []string
		for _, s := range list {
			names = append(names, name(s))
		}
		slices.Sort(names)
		texts = append(texts, orText(names))
	}
	slices.Sort(texts)
	return strings.Join(texts, also)
}

// orText joins all names.
func orText(names []string) string {
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " or " + names[n]
	}
	return strings.Join(names, "")
}
