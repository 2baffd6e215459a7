package observed_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
)

// TestExhaustively compares a few policies on every session that they tell apart: each
// connector, with and without TLS, as every union of two groups and two names of a
// certificate, with each sender, each recipient, each size.
func TestExhaustively(t *testing.T) {
	compared := 0
	for i := range *count / 400 {
		r := rand.New(rand.NewPCG(uint64(i), 41))
		p := anyPolicy(r, i)
		q := read(t, p)
		every := all{mentions: q.Mentions()}
		for _, s := range every.sessions(q) {
			got, want := q.Decide(s), walked(t, p, s)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				text, _ := json.Marshal(s)
				t.Fatalf("%s\n%s\nsemantics: %+v\nWalk:      %+v", textOf(t, p), text, got, want)
			}
			compared++
		}
	}
	t.Logf("%d sessions compared", compared)
	if compared < 1000*(*count/400) {
		t.Errorf("only %d sessions compared", compared)
	}
}

// all enumerates sessions.
type all struct{ mentions observed.Mentions }

// sessions varies the sender, the recipient and the size of the sessions of all clients.
func (a all) sessions(q *observed.Policy) (list []observed.Session) {
	for _, s := range a.clients(q) {
		s.From, s.To, s.Header = "", []string{"user@contoso.com"}, fields
		for _, from := range a.addresses("user") {
			s := s
			s.From, s.Authors = from, []string{from}
			list = append(list, s)
		}
		for _, to := range slices.Concat(a.addresses("user"), a.addresses("a%b")) {
			s := s
			s.To = []string{to}
			list = append(list, s)
		}
		for _, limit := range a.mentions.Sizes {
			for n := limit - 1; n <= limit+1; n++ {
				s := s
				s.Size = n
				list = append(list, s)
			}
		}
		for _, limit := range a.mentions.Counts {
			s := s
			s.To = slices.Repeat(s.To, int(min(limit, 3))+1)
			list = append(list, s)
		}
	}
	return list
}

// clients returns a session for each connector, with and without TLS, and each identity.
func (a all) clients(q *observed.Policy) (list []observed.Session) {
	seen := map[string]bool{}
	for _, local := range locals {
		for _, remote := range a.mentions.Clients() {
			in := q.Serving(local, remote)
			if in == nil {
				continue
			}
			key := fmt.Sprint(in.Name, local.Port() == 465)
			if seen[key] {
				continue
			}
			seen[key] = true
			for _, tls := range []bool{false, true} {
				s := observed.Session{Client: semantics.Client{Local: local, Remote: remote, TLS: tls, Helo: "client.example"}}
				list = append(list, s)
				for _, groups := range unions(a.mentions.Groups) {
					s := s
					s.User, s.Groups, s.Addresses, s.Domains = true, groups, []string{"user@contoso.com"}, []string{"*.fabrikam.com"}
					list = append(list, s)
				}
				for _, names := range unions(a.mentions.PeerNames) {
					if s := s; tls {
						s.PeerNames = names
						list = append(list, s)
					}
				}
			}
		}
	}
	return list
}

// addresses returns addresses in each domain that is mentioned, below it and beside it.
func (a all) addresses(local string) (list []string) {
	for _, d := range append(slices.Clone(a.mentions.Domains), "elsewhere.example", "label") {
		list = append(list, local+"@"+d)
		if d[0] != '[' {
			list = append(list, local+"@x."+d, local+"@x"+d)
		}
	}
	return append(list, a.mentions.Addresses...)
}

// unions returns nothing, each of names, and each pair, with a name that no policy has.
func unions(names []string) (list [][]string) {
	list = append(list, []string{"ann"})
	for i, one := range names {
		list = append(list, []string{one, "ann"})
		for _, other := range names[:i] {
			list = append(list, []string{one, other, "ann"})
		}
	}
	return list
}
