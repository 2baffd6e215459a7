package permission_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/permission"
)

// slowSet is Set done with a map.
type slowSet map[permission.Right]bool

func slow(s permission.Set) slowSet {
	m := slowSet{}
	for r := range permission.Right(255) {
		if s.Has(r) {
			m[r] = true
		}
	}
	return m
}

func TestSetAgainstMap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a := permission.Set(rnd.Uint64()) & permission.AllRights
		b := permission.Set(rnd.Uint64()) & permission.AllRights
		if rnd.IntN(4) == 0 {
			b &= a
		}
		ma, mb := slow(a), slow(b)
		for r := range permission.Right(255) {
			if got := a.Union(b).Has(r); got != (ma[r] || mb[r]) {
				t.Fatalf("union of %v and %v has %v: %v", a, b, r, got)
			}
			if got := a.Intersect(b).Has(r); got != (ma[r] && mb[r]) {
				t.Fatalf("intersection of %v and %v has %v: %v", a, b, r, got)
			}
			if got := a.Minus(b).Has(r); got != (ma[r] && !mb[r]) {
				t.Fatalf("%v minus %v has %v: %v", a, b, r, got)
			}
		}
		all := true
		for r := range mb {
			all = all && ma[r]
		}
		if a.HasAll(b) != all || a.Len() != len(ma) {
			t.Fatalf("%v, %v: HasAll %v, Len %d", a, b, a.HasAll(b), a.Len())
		}
		listed := slices.Collect(a.All())
		if !slices.IsSorted(listed) || permission.SetOf(listed...) != a || len(listed) != len(ma) {
			t.Fatalf("%v lists as %v", a, listed)
		}
	}
}

func TestSetAllStops(t *testing.T) {
	n := 0
	for range permission.AllRights.All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("yielded %d times after break", n)
	}
}

func TestSetOfIgnoresInvalid(t *testing.T) {
	if s := permission.SetOf(0, 25, 64, 255); s != 0 {
		t.Errorf("SetOf invalid rights = %#x", uint64(s))
	}
	if got := slices.Collect(permission.Set(1 | 1<<63).All()); len(got) != 0 {
		t.Errorf("a set of unknown bits lists %v", got)
	}
}

func TestParseSet(t *testing.T) {
	two := permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)
	tests := []struct {
		in   string
		want permission.Set
		text string
	}{
		{"", 0, "None"},
		{" none ", 0, "None"},
		{"ms-exch-smtp-submit", permission.SetOf(permission.Submit), "ms-Exch-SMTP-Submit"},
		{"Submit Messages to any Recipient,ms-Exch-SMTP-Submit", two, "ms-Exch-SMTP-Submit, ms-Exch-SMTP-Accept-Any-Recipient"},
		{"ms-Exch-SMTP-Submit , ms-Exch-SMTP-Submit", permission.SetOf(permission.Submit), "ms-Exch-SMTP-Submit"},
	}
	for _, tt := range tests {
		got, err := permission.ParseSet(tt.in)
		if err != nil || got != tt.want || got.String() != tt.text {
			t.Errorf("ParseSet(%q) = %v, %v; want %v", tt.in, got, err, tt.text)
		}
	}
	bad := []struct {
		in     string
		errors int
	}{
		{",", 2},
		{"ms-Exch-SMTP-Submit,", 1},
		{"None, ms-Exch-SMTP-Submit", 1},
		{"a,b,None,c", 4},
		{strings.Repeat("x,", 10_000), 50},
	}
	for _, tt := range bad {
		s, err := permission.ParseSet(tt.in)
		if err == nil || s != 0 {
			t.Errorf("ParseSet(%.40q) = %v, %v", tt.in, s, err)
		} else if n := strings.Count(err.Error(), "\n") + 1; n != tt.errors {
			t.Errorf("ParseSet(%.40q): %d errors, want %d", tt.in, n, tt.errors)
		}
	}
}

func TestGroupText(t *testing.T) {
	tests := []struct {
		in   string
		want permission.Group
		text string
	}{
		{"", 0, "None"},
		{"NONE", 0, "None"},
		{"custom,exchangeservers,AnonymousUsers", permission.AnonymousUsers | permission.ExchangeServers | permission.Custom,
			"AnonymousUsers, ExchangeServers, Custom"},
		{"Anonymous, partner", permission.AnonymousUsers | permission.Partners, "AnonymousUsers, Partners"},
		{"Partners,Custom,ExchangeLegacyServers,ExchangeServers,ExchangeUsers,AnonymousUsers", everyGroup,
			"AnonymousUsers, ExchangeUsers, ExchangeServers, ExchangeLegacyServers, Partners, Custom"},
	}
	for _, tt := range tests {
		got, err := permission.ParseGroup(tt.in)
		if err != nil || got != tt.want || got.String() != tt.text {
			t.Errorf("ParseGroup(%q) = %v, %v; want %v", tt.in, got, err, tt.text)
		}
	}
	for _, in := range []string{"Everybody", "None,Custom", "Custom,", "Exchange Users", "Cuſtom"} {
		if g, err := permission.ParseGroup(in); err == nil || g != 0 {
			t.Errorf("ParseGroup(%q) = %v, %v", in, g, err)
		}
	}
	unknown := permission.Group(1<<9) | permission.Custom
	if unknown.IsValid() || unknown.String() != "Custom, Group(0x200)" {
		t.Errorf("unknown flags: valid %v, %q", unknown.IsValid(), unknown)
	}
	if s := permission.Group(1 << 9).String(); s != "Group(0x200)" {
		t.Errorf("unknown flag alone: %q", s)
	}
	if b, err := unknown.MarshalText(); err == nil {
		t.Errorf("unknown flags marshal as %q", b)
	}
}

func TestProfileText(t *testing.T) {
	for _, in := range []string{"Current", "current", " EXCHANGE2007 "} {
		p, err := permission.ParseProfile(in)
		if err != nil || !strings.EqualFold(strings.TrimSpace(in), p.String()) {
			t.Errorf("ParseProfile(%q) = %v, %v", in, p, err)
		}
	}
	for _, in := range []string{"", "2007", "Exchange2010"} {
		if p, err := permission.ParseProfile(in); err == nil || p != 0 {
			t.Errorf("ParseProfile(%q) = %v, %v", in, p, err)
		}
	}
	if p := permission.Profile(9); p.IsValid() || p.String() != "Profile(9)" {
		t.Errorf("Profile(9): valid %v, %q", p.IsValid(), p)
	}
	if b, err := permission.Profile(9).MarshalText(); err == nil {
		t.Errorf("Profile(9) marshals as %q", b)
	}
}

func TestTextRoundTrip(t *testing.T) {
	type values struct {
		Right   permission.Right
		Set     permission.Set
		Group   permission.Group
		Profile permission.Profile
		SID     permission.SID
	}
	want := values{permission.SendExch50, permission.AllRights, everyGroup, permission.Exchange2007, permission.SIDPartners}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got values
	if err := json.Unmarshal(b, &got); err != nil || got != want {
		t.Errorf("%s became %+v, %v", b, got, err)
	}
	for _, field := range []string{"Right", "Set", "Group", "Profile", "SID"} {
		kept := want
		if err := json.Unmarshal([]byte(`{"`+field+`":"nonsense"}`), &kept); err == nil || kept != want {
			t.Errorf("%s read from nonsense: %v, %+v", field, err, kept)
		}
	}
}
