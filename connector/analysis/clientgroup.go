package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
)

// speaker is somebody who stands for all who fare alike.
type representative struct {
	partition.Who
	logins *partition.Logins // of which a user is one
	place  int               // in Users of logins, or in Partners
}

// key tells speakers apart.
func (s representative) key() string { return fmt.Sprint(proofOf(s.Who), s.place) }

// party is clients who prove the same kind of thing.
type clientGroup struct {
	proof proof
	partition.Crowd
}

// proof is what clients prove who they are by.
type proof uint8

const (
	byNothing proof = iota
	byLogin
	byCertificate
)

func proofOf(w partition.Who) proof {
	switch {
	case w.User != nil:
		return byLogin
	case len(w.Partner) > 0:
		return byCertificate
	}
	return byNothing
}

// key tells parties apart.
func (p clientGroup) key() string { return fmt.Sprint(p) }

// has reports whether the speaker is one of the party.
func (p clientGroup) has(s representative) bool {
	return proofOf(s.Who) == p.proof && p.Has(s.Groups())
}

// member returns the session as one of a member of the party.
func (p clientGroup) member(d connector.Dialog) connector.Dialog {
	var groups []string
	for _, list := range p.In {
		groups = append(groups, list[0])
	}
	switch {
	case p.Rest:
	case p.proof == byCertificate:
		d.PeerNames = groups
	case p.proof == byLogin:
		user := *d.User
		user.SIDs = []permission.SID{permission.SIDAuthenticatedUsers}
		for _, sid := range groups {
			user.SIDs = append(user.SIDs, permission.SID(sid))
		}
		d.User = &user
	}
	return d
}

// exceptions begin what is said of those whom a sentence isn't about.
type exceptions struct{ logins, certificates string }

var (
	unchanged = exceptions{", but nothing changes for ", ", but nothing changes with one that also names "}
	forbidden = exceptions{", but not as ", ", but not with one that also names "}
)

// identity returns as whom the parties do something, as the end of a sentence.
// Everybody who is meant is named, however many there are.
func identity(parties []clientGroup, but exceptions) string {
	var anybody, anyLogin bool
	words := map[proof][]string{}
	for _, p := range parties {
		switch {
		case p.proof == byNothing:
			anybody = true
		case p.proof == byLogin && len(p.In) == 0 && len(p.Unless) == 0 && !p.Rest:
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
	case anybody && anyLogin:
		ways = append(ways, "with or without authentication")
	case anybody:
		ways = append(ways, "without authentication")
	case anyLogin:
		ways = append(ways, "after logging in")
	}
	if !anyLogin {
		for _, text := range words[byLogin] {
			ways = append(ways, strings.TrimRight("after logging in "+text, " "))
		}
	}
	for _, text := range words[byCertificate] {
		ways = append(ways, "with a certificate "+text)
	}
	return strings.ReplaceAll(" "+strings.Join(ways, " or "), " ,", ",")
}

// words names the groups of a party and those excepted.
func (p clientGroup) words(but exceptions) string {
	name, also, as, except := sidName, " who are also ", "as ", but.logins
	if p.proof == byCertificate {
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
