package permission_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/permission"
)

func mustACL(t testing.TB, p permission.Profile, g permission.Group, extra ...permission.Grant) *permission.ACL {
	t.Helper()
	acl, err := permission.NewACL(p, g, extra...)
	if err != nil {
		t.Fatal(err)
	}
	return acl
}

func allow(to permission.SID, rights ...permission.Right) permission.Grant {
	return permission.Grant{To: to, Allow: permission.SetOf(rights...)}
}

func deny(to permission.SID, rights ...permission.Right) permission.Grant {
	return permission.Grant{To: to, Deny: permission.SetOf(rights...)}
}

// slowHas answers with one right and one grant at a time.
func slowHas(grants []permission.Grant, p permission.Principal, r permission.Right) bool {
	allowed, denied := false, false
	for _, g := range grants {
		for _, sid := range p.SIDs {
			if sid == g.To {
				allowed = allowed || g.Allow.Has(r)
				denied = denied || g.Deny.Has(r)
			}
		}
	}
	return allowed && !denied
}

// Rights, Explain and the slow twin agree on random lists and principals.
func TestACLAgainstSlowTwin(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	sids := []permission.SID{permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDPartners, permission.SIDHubServers,
		permission.SIDExternallySecured, permission.SIDLegacyInterop, permission.NameSID("ann"), permission.NameSID("staff"), "S-1-5-21-1"}
	set := func() permission.Set {
		return permission.Set(rnd.Uint64()&rnd.Uint64()&rnd.Uint64()) & permission.AllRights
	}
	for range 500 {
		var extra []permission.Grant
		for range rnd.IntN(12) {
			g := permission.Grant{To: sids[rnd.IntN(len(sids))], Allow: set(), Deny: set()}
			g.Deny &= set() // rarer than what is allowed
			if g.Allow|g.Deny != 0 {
				extra = append(extra, g)
			}
		}
		profile, groups := permission.Profile(rnd.IntN(2)), permission.Group(rnd.UintN(uint(everyGroup)+1))
		acl := mustACL(t, profile, groups, extra...)
		all := append(groups.Grants(profile, false), extra...)
		for range 10 {
			var p permission.Principal
			for range rnd.IntN(4) {
				p.SIDs = append(p.SIDs, sids[rnd.IntN(len(sids))])
			}
			held := acl.Rights(p)
			for r := range permission.AllRights.All() {
				want := slowHas(all, p, r)
				if held.Has(r) != want {
					t.Fatalf("%v, %v, %v: held %v, want %v", groups, extra, p.SIDs, held.Has(r), want)
				}
				checkBecause(t, acl.Explain(p, r), p, want)
			}
		}
	}
}

// checkBecause checks that an explanation gives only reasons, and one for
// every outcome that has one.
func checkBecause(t *testing.T, b permission.Explanation, p permission.Principal, want bool) {
	t.Helper()
	if b.Held != want || b.Held && (len(b.Grants) == 0 || len(b.Overridden) > 0) || !b.Held && len(b.Grants) == 0 && len(b.Overridden) > 0 {
		t.Fatalf("want %v: %v", want, b)
	}
	for _, g := range b.Grants {
		if !p.Is(g.To) || b.Held && !g.Allow.Has(b.Right) || !b.Held && !g.Deny.Has(b.Right) {
			t.Fatalf("%v of %v is explained with %v", b.Right, p.SIDs, g)
		}
	}
	for _, g := range b.Overridden {
		if !p.Is(g.To) || !g.Allow.Has(b.Right) {
			t.Fatalf("%v of %v: overridden %v", b.Right, p.SIDs, g)
		}
	}
}

func TestACLDecides(t *testing.T) {
	const relay = permission.AcceptAnyRecipient
	staff := permission.NameSID(`CONTOSO\staff`)
	ann := permission.Authenticated("ann", staff)
	tests := []struct {
		name   string
		groups permission.Group
		extra  []permission.Grant
		who    permission.Principal
		want   bool
	}{
		{"nothing is given by default", 0, nil, ann, false},
		{"users relay", permission.ExchangeUsers, nil, ann, true},
		{"anonymous doesn't relay", permission.AnonymousUsers, nil, permission.Anonymous(), false},
		{"anonymous relays after the grant", permission.AnonymousUsers, []permission.Grant{allow(permission.SIDAnonymous, relay)}, permission.Anonymous(), true},
		{"what anonymous was granted isn't a user's", permission.AnonymousUsers, []permission.Grant{allow(permission.SIDAnonymous, relay)}, ann, false},
		{"what anonymous was denied isn't denied to users", permission.ExchangeUsers, []permission.Grant{deny(permission.SIDAnonymous, relay)}, ann, true},
		{"a grant to a group", 0, []permission.Grant{allow(staff, relay)}, ann, true},
		{"deny to the user beats allow to the group", permission.ExchangeUsers, []permission.Grant{deny(permission.NameSID("ANN"), relay)}, ann, false},
		{"deny to the group beats allow to the user", 0, []permission.Grant{allow(permission.NameSID("ann"), relay), deny(staff, relay)}, ann, false},
		{"order doesn't matter", 0, []permission.Grant{deny(staff, relay), allow(permission.NameSID("ann"), relay)}, ann, false},
		{"deny of another right", permission.ExchangeUsers, []permission.Grant{deny(staff, permission.Submit)}, ann, true},
		{"one grant that allows and denies", 0, []permission.Grant{{To: staff, Allow: permission.SetOf(relay), Deny: permission.SetOf(relay)}}, ann, false},
		{"externally secured", permission.ExchangeServers, nil, permission.ExternallySecured(), true},
		{"partners don't relay", permission.Partners, nil, permission.Partner("x"), false},
		{"the zero principal", everyGroup, nil, permission.Principal{}, false},
		{"a principal with the zero SID", everyGroup, nil, permission.Principal{Name: "x", SIDs: []permission.SID{""}}, false},
	}
	for _, tt := range tests {
		if got := mustACL(t, permission.Current, tt.groups, tt.extra...).Rights(tt.who).Has(relay); got != tt.want {
			t.Errorf("%s: relays %v", tt.name, got)
		}
	}
}

func TestACLZeroDenies(t *testing.T) {
	var none *permission.ACL
	for _, acl := range []*permission.ACL{none, {}} {
		if s := acl.Rights(permission.Anonymous()); s != 0 {
			t.Errorf("gives %v", s)
		}
		if b := acl.Explain(permission.Anonymous(), permission.Submit); b.Held || len(b.Grants) != 0 || len(acl.Grants()) != 0 {
			t.Errorf("explains %v", b)
		}
	}
}

func TestNewACLRefuses(t *testing.T) {
	good := allow(permission.SIDAnonymous, permission.Submit)
	tests := []struct {
		name    string
		profile permission.Profile
		groups  permission.Group
		extra   []permission.Grant
		want    []string
	}{
		{"profile", 9, 0, nil, []string{"Profile(9)"}},
		{"group", 0, 1 << 9, nil, []string{"Group(0x200)"}},
		{"zero grant", 0, 0, []permission.Grant{good, {}}, []string{"grant 1", "not a SID"}},
		{"no rights", 0, 0, []permission.Grant{{To: permission.SIDPartners}}, []string{"neither allows nor denies", "Partner Servers"}},
		{"name for a SID", 0, 0, []permission.Grant{{To: "ANONYMOUS LOGON", Allow: good.Allow}}, []string{"not a SID"}},
		{"spelling of a SID", 0, 0, []permission.Grant{{To: "s-1-5-7", Allow: good.Allow}}, []string{"not a SID"}},
		{"unknown right", 0, 0, []permission.Grant{{To: permission.SIDAnonymous, Allow: 1 << 60}}, []string{"don't exist"}},
		{"unknown right denied", 0, 0, []permission.Grant{{To: permission.SIDAnonymous, Deny: 1}}, []string{"don't exist"}},
		{"unknown group of a grant", 0, 0, []permission.Grant{{To: good.To, Allow: good.Allow, Group: 1 << 9}}, []string{"unknown permission group"}},
		{"all at once", 9, 1 << 9, []permission.Grant{{}, good, {To: permission.SIDPartners}}, []string{"Profile(9)", "Group(0x200)", "grant 0", "grant 2"}},
	}
	for _, tt := range tests {
		acl, err := permission.NewACL(tt.profile, tt.groups, tt.extra...)
		if err == nil || acl != nil {
			t.Errorf("%s: accepted", tt.name)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %v", tt.name, want, err)
			}
		}
	}
}

func TestACLCopies(t *testing.T) {
	extra := []permission.Grant{allow(permission.SIDAnonymous, permission.Submit)}
	acl := mustACL(t, permission.Current, 0, extra...)
	extra[0] = allow(permission.SIDAnonymous, permission.AcceptAnyRecipient)
	acl.Grants()[0] = extra[0]
	if got := acl.Rights(permission.Anonymous()); got != permission.SetOf(permission.Submit) {
		t.Errorf("the list changed with its source: %v", got)
	}
	if got := acl.Grants()[0]; got.Allow != permission.SetOf(permission.Submit) {
		t.Errorf("the list changed with its copy: %v", got)
	}
}

func TestBecauseString(t *testing.T) {
	ann := permission.Authenticated("ann")
	acl := mustACL(t, permission.Current, permission.ExchangeUsers, deny(permission.SIDAuthenticatedUsers, permission.AcceptAnyRecipient))
	tests := []struct {
		right permission.Right
		want  string
	}{
		{permission.Submit, "ms-Exch-SMTP-Submit: held\n" +
			`  allow ms-Exch-SMTP-Submit to NT AUTHORITY\Authenticated Users (ExchangeUsers)`},
		{permission.AcceptAnyRecipient, "ms-Exch-SMTP-Accept-Any-Recipient: not held\n" +
			`  deny ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\Authenticated Users (explicit)` + "\n" +
			`  overridden: allow ms-Exch-SMTP-Accept-Any-Recipient to NT AUTHORITY\Authenticated Users (ExchangeUsers)`},
		{permission.AcceptAnySender, "ms-Exch-SMTP-Accept-Any-Sender: not held, never granted"},
	}
	for _, tt := range tests {
		if got := acl.Explain(ann, tt.right).String(); got != tt.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
		}
	}
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	acl := mustACL(t, permission.Current, everyGroup)
	ann := permission.Authenticated("ann", permission.NameSID("staff"))
	var sink bool
	if n := testing.AllocsPerRun(100, func() {
		held := acl.Rights(ann)
		sink = held.Has(permission.Submit) && held.HasAll(permission.SetOf(permission.Submit, permission.AcceptAnyRecipient))
		for r := range held.All() {
			sink = sink && held.Has(r)
		}
	}); n != 0 || !sink {
		t.Errorf("%v allocations, held %v", n, sink)
	}
}

func BenchmarkRights(b *testing.B) {
	ann := permission.Authenticated("ann", permission.NameSID("staff"))
	for _, byHand := range []int{0, 10_000} {
		var extra []permission.Grant
		for i := range byHand {
			extra = append(extra, allow(permission.NameSID(fmt.Sprint("user", i)), permission.Submit))
		}
		acl := mustACL(b, permission.Current, everyGroup, extra...)
		b.Run(fmt.Sprintf("byHand=%d", byHand), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !acl.Rights(ann).Has(permission.Submit) {
					b.Fatal("not held")
				}
			}
		})
	}
}

// A removed right isn't held, is reported as removed, and may be granted explicitly
// again.
func TestRemoved(t *testing.T) {
	anonymous, submit, sender := permission.Anonymous(), permission.SetOf(permission.Submit), permission.SetOf(permission.AcceptAnySender)
	taken := permission.Grant{To: permission.SIDAnonymous, Removed: sender}
	acl, err := permission.NewACL(permission.Current, permission.AnonymousUsers|permission.ExchangeServers, taken)
	if err != nil {
		t.Fatal(err)
	}
	if rights := acl.Rights(anonymous); rights.Has(permission.AcceptAnySender) || !rights.Has(permission.Submit) {
		t.Errorf("anonymous clients hold %v", rights)
	}
	if !acl.Rights(permission.ExternallySecured()).Has(permission.AcceptAnySender) {
		t.Error("others lost it, too")
	}
	why := acl.Explain(anonymous, permission.AcceptAnySender)
	if want := "ms-Exch-SMTP-Accept-Any-Sender: not held\n  remove ms-Exch-SMTP-Accept-Any-Sender from NT AUTHORITY\\ANONYMOUS LOGON (explicit)"; why.String() != want {
		t.Errorf("got %q, want %q", why, want)
	}
	again, err := permission.NewACL(permission.Current, permission.AnonymousUsers, taken, permission.Grant{To: permission.SIDAnonymous, Allow: sender})
	if err != nil || !again.Rights(anonymous).Has(permission.AcceptAnySender) {
		t.Errorf("%v, held %v", err, again.Rights(anonymous))
	}
	for _, wrong := range []permission.Grant{
		{To: permission.SIDAnonymous, Removed: sender, Allow: submit},
		{To: permission.SIDAnonymous, Removed: sender, Group: permission.AnonymousUsers},
		{To: permission.SIDAnonymous, Removed: 1 << 63},
		{Removed: sender},
	} {
		if _, err := permission.NewACL(permission.Current, 0, wrong); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}
