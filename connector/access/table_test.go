package access_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/access"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestSlow holds every cell of random policies against what sessions are told, and against a
// twin that reads the configuration one grant at a time.
func TestSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	seen := map[access.Verdict]int{}
	for range 400 {
		p := policygen.Policy(r)
		rows, total := access.New(p).Rows(access.Query{Rights: permission.AllRights, Each: true})
		if total != len(rows) {
			t.Fatalf("%d rows of %d", len(rows), total)
		}
		for _, row := range rows {
			in := named(p, row.Connector)
			sessions := sessionsOf(p, in, row.Principal)
			if (row.NoSession == "") != (len(sessions) > 0) {
				t.Fatalf("%s, %s: %d sessions, and %q", row.Connector, row.Principal.Name(), len(sessions), row.NoSession)
			}
			if len(row.Cells) != permission.AllRights.Len() {
				t.Fatalf("%d cells", len(row.Cells))
			}
			for _, c := range row.Cells {
				seen[c.Verdict]++
				if got, want := c.Verdict, slowVerdict(p, in, row.Principal, c.Right, len(sessions) > 0); got != want {
					t.Fatalf("%s, %s, %v: %v, want %v; %+v", row.Connector, row.Principal.Name(), c.Right, got, want, in.Settings().Permissions)
				}
				for _, s := range sessions {
					if s.Rights().Has(c.Right) != (c.Verdict == access.Allowed) {
						t.Fatalf("%s, %s, %v: %v, and the session holds %v", row.Connector, row.Principal.Name(), c.Right, c.Verdict, s.Rights())
					}
				}
				explained(t, p, row, c)
			}
			told(t, p, row, sessions)
		}
	}
	for _, v := range []access.Verdict{access.Absent, access.Denied, access.Unusable, access.Allowed} {
		if seen[v] < 100 {
			t.Errorf("%v occurs %d times", v, seen[v])
		}
	}
}

func named(p *connector.Policy, name string) *connector.Inbound {
	for in := range p.Receive() {
		if in.Name() == name {
			return in
		}
	}
	return nil
}

// sessionsOf opens sessions of a client that is known as sid, with and without TLS.
func sessionsOf(p *connector.Policy, in *connector.Inbound, sid permission.SID) (all []connector.Session) {
	for _, tls := range []bool{false, true} {
		if tls && !in.Open(auth.Channel{}, nil).OffersTLS() {
			continue
		}
		ch := auth.Channel{TLS: tls, Further: auth.WithoutPassword()}
		if sid == permission.SIDPartners && tls {
			ch.PeerNames = p.Transport().TLSReceiveDomainSecureList
		}
		s := in.Open(ch, nil)
		switch sid {
		case permission.SIDAnonymous, permission.SIDExternallySecured, permission.SIDPartners:
			if s.Identity().Is(sid) {
				all = append(all, s)
			}
			continue
		}
		for _, mechanism := range s.SASL() {
			if !s.Auth(mechanism).Allowed() {
				continue
			}
			user, d := s.Login(auth.Identity{Principal: permission.Principal{Name: "somebody", SIDs: []permission.SID{sid}}})
			if d.Allowed() {
				all = append(all, user)
			}
		}
	}
	return all
}

// slowVerdict reads the configuration one grant at a time.
func slowVerdict(p *connector.Policy, in *connector.Inbound, sid permission.SID, right permission.Right, session bool) access.Verdict {
	sids := []permission.SID{sid}
	if !slices.Contains([]permission.SID{permission.SIDAnonymous, permission.SIDExternallySecured, permission.SIDPartners}, sid) {
		sids = append(sids, permission.SIDAuthenticatedUsers)
	}
	allowed, denied := false, false
	for _, to := range sids {
		removed := false
		for _, g := range in.Settings().Permissions {
			if g.To == to {
				removed = removed || g.Removed.Has(right)
				allowed = allowed || g.Allow.Has(right)
				denied = denied || g.Deny.Has(right)
			}
		}
		for _, g := range in.Settings().PermissionGroups.Or(0).Grants(p.Config().Profile, false) {
			allowed = allowed || g.To == to && g.Allow.Has(right) && !removed
		}
	}
	switch {
	case denied:
		return access.Denied
	case !allowed:
		return access.Absent
	case !session:
		return access.Unusable
	}
	return access.Allowed
}

// explained checks that the entries of a cell are those that decide, at the paths where they are.
func explained(t *testing.T, p *connector.Policy, row access.Row, c access.Cell) {
	t.Helper()
	for _, e := range c.Entries {
		ok := false
		switch {
		case e.Overridden:
			ok = c.Verdict == access.Denied && e.Allow.Has(c.Right)
		case c.Verdict == access.Denied:
			ok = e.Deny.Has(c.Right)
		case c.Verdict == access.Absent:
			ok = e.Removed.Has(c.Right)
		default:
			ok = e.Allow.Has(c.Right)
		}
		element := source.Named("Receive", row.Connector)
		if want := element + ".PermissionGroups"; ok && e.Group != 0 {
			ok = e.Basis.Path == want
		} else if ok {
			at := slices.Index(named(p, row.Connector).Settings().Permissions, e.Grant)
			ok = e.Basis.Path == (element + ".Permissions").Index(at)
		}
		if !ok {
			t.Fatalf("%s, %s, %v: %v because of %v at %s", row.Connector, row.Principal.Name(), c.Right, c.Verdict, e, e.Basis.Path)
		}
	}
	if c.Verdict != access.Absent && len(c.Entries) == 0 {
		t.Fatalf("%s, %s, %v: %v without a reason", row.Connector, row.Principal.Name(), c.Right, c.Verdict)
	}
}

// told checks that MAIL and RCPT are answered as the cells say.
func told(t *testing.T, p *connector.Policy, row access.Row, sessions []connector.Session) {
	t.Helper()
	held := permission.Set(0)
	for _, c := range row.Cells {
		if c.Verdict == access.Allowed {
			held = held.Union(permission.SetOf(c.Right))
		}
	}
	elsewhere := routing.MustParseAddress("somebody@elsewhere.org")
	_, accepted := p.Accepted(elsewhere.Domain())
	for _, s := range sessions {
		submit := held.Has(permission.Submit)
		if d := s.Mail(connector.Mail{}); d.Allowed() != submit && !s.Inbound().Settings().RequireTLS {
			t.Fatalf("%s, %s: MAIL gets %v, and the cells allow %v", row.Connector, row.Principal.Name(), d.Reply(), held)
		}
		relay := submit && (accepted || held.Has(permission.AcceptAnyRecipient))
		if d := s.Rcpt(connector.Rcpt{To: elsewhere}); d.Allowed() != relay {
			t.Fatalf("%s, %s: RCPT gets %v, and the cells allow %v", row.Connector, row.Principal.Name(), d.Reply(), held)
		}
	}
}

// TestShared: rows that connectors share are those that each of them has alone, and slices
// together are the whole.
func TestShared(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 2))
	shared := 0
	for range 100 {
		cfg := policygen.Config(r)
		for i := range 4 { // equal but for the name, and one that differs in a way that shows in no right
			twin := cfg.Receive[0]
			twin.Name = fmt.Sprintf("twin%d", i)
			twin.RemoteIPRanges = nil
			twin.RemoteIPRanges = append(twin.RemoteIPRanges, policygen.Range(r))
			cfg.Receive = append(cfg.Receive, twin)
		}
		p, err := connector.Compile(cfg)
		if err != nil {
			continue
		}
		table := access.New(p)
		rows, total := table.Rows(access.Query{})
		var pages []access.Row
		for len(pages) < total {
			page, n := table.Rows(access.Query{Offset: len(pages), Limit: 3})
			if n != total || len(page) == 0 || len(page) > 3 {
				t.Fatalf("%d rows on a page, %d in all, want %d", len(page), n, total)
			}
			pages = append(pages, page...)
		}
		if !reflect.DeepEqual(rows, pages) {
			t.Fatal("the pages differ from the whole")
		}
		for _, row := range rows {
			for _, other := range row.Others {
				shared++
				alone, _ := table.Rows(access.Query{Connectors: []string{strings.ToUpper(other)}, Principals: []permission.SID{row.Principal}})
				if len(alone) != 1 || len(alone[0].Others) > 0 || text(alone[0], other) != text(row, row.Connector) {
					t.Fatalf("%s shares %s with %s, which has %s", row.Connector, text(row, ""), other, text(alone[0], ""))
				}
			}
		}
	}
	if shared < 100 {
		t.Errorf("only %d rows are shared", shared)
	}
}

// text has the verdicts and reasons of a row of the connector name.
func text(r access.Row, name string) string {
	s := r.NoSession
	for _, c := range r.Cells {
		s += fmt.Sprintln(c.Right, c.Verdict, r.Why(c))
		for _, e := range c.Entries {
			s += strings.TrimPrefix(string(e.Basis.Path), string(source.Named("Receive", name)))
		}
	}
	return s
}

// TestHeld: the rows of who may relay are those with an allowed cell.
func TestHeld(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 3))
	relay := permission.SetOf(permission.AcceptAnyRecipient)
	for range 100 {
		table := access.New(policygen.Policy(r))
		all, _ := table.Rows(access.Query{Rights: relay})
		held, total := table.Rows(access.Query{Rights: relay, Held: true})
		want := slices.DeleteFunc(all, func(r access.Row) bool { return r.Cells[0].Verdict != access.Allowed })
		if total != len(held) || len(held) != len(want) || len(want) > 0 && !reflect.DeepEqual(held, want) {
			t.Fatalf("%d rows, want %d", len(held), len(want))
		}
	}
}

// TestNothing: no policy has no rows, and a page beyond the end is empty.
func TestNothing(t *testing.T) {
	for _, table := range []*access.Table{{}, access.New(nil), access.New(policygen.Policy(rand.New(rand.NewPCG(1, 1))))} {
		if rows, _ := table.Rows(access.Query{Offset: 1000}); rows != nil {
			t.Errorf("%d rows", len(rows))
		}
	}
}
