package routing_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// accepted compiles domains that must be right.
func accepted(t testing.TB, domains ...routing.AcceptedDomain) *routing.Accepted {
	t.Helper()
	a, err := routing.NewAccepted(domains...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAcceptedLookup(t *testing.T) {
	a := accepted(t,
		routing.AcceptedDomain{DomainName: "Contoso.com."},
		routing.AcceptedDomain{DomainName: "*.contoso.com", DomainType: routing.InternalRelay},
		routing.AcceptedDomain{DomainName: "lab.contoso.com", DomainType: routing.ExternalRelay, MatchSubDomains: true},
		routing.AcceptedDomain{DomainName: "*.fabrikam.com"},
		routing.AcceptedDomain{DomainName: "bücher.example"},
		routing.AcceptedDomain{DomainName: "[192.0.2.1]"},
	)
	const none = routing.DomainType(0)
	tests := []struct {
		domain string
		want   routing.DomainType
	}{
		{"contoso.com", routing.Authoritative},
		{"CONTOSO.COM", routing.Authoritative},
		{"a.contoso.com", routing.InternalRelay},
		{"a.b.contoso.com", routing.InternalRelay},
		{"lab.contoso.com", routing.ExternalRelay},
		{"a.lab.contoso.com", routing.ExternalRelay},
		{"fabrikam.com", none}, // *.x does not cover the apex
		{"a.fabrikam.com", routing.Authoritative},
		{"xn--bcher-kva.example", routing.Authoritative},
		{"a.xn--bcher-kva.example", none},
		{"acontoso.com", none},
		{"contoso.com.evil.example", none},
		{"com", none},
		{"[192.0.2.1]", routing.Authoritative},
		{"[192.0.2.2]", none},
		{strings.Repeat("a.", 100) + "contoso.com", routing.InternalRelay},
	}
	for _, tt := range tests {
		d := routing.MustParseDomain(tt.domain)
		got, ok := a.Lookup(d)
		if got != tt.want || ok != (tt.want != none) {
			t.Errorf("Lookup(%s) = %v, %v; want %v", tt.domain, got, ok, tt.want)
		}
		if found, ok := a.Find(d); found.DomainType != tt.want || ok != (tt.want != none) {
			t.Errorf("Find(%s) = %v, %v; want %v", tt.domain, found, ok, tt.want)
		}
	}
	if got := a.Default(); got.String() != "contoso.com" {
		t.Errorf("Default() = %q, want the first", got)
	}
}

func TestAcceptedEmpty(t *testing.T) {
	empty := accepted(t)
	for _, a := range []*routing.Accepted{nil, {}, empty} {
		if _, ok := a.Lookup(routing.MustParseDomain("contoso.com")); ok || a.Default().IsValid() {
			t.Errorf("%v: covers something", a)
		}
	}
	all := accepted(t, routing.AcceptedDomain{DomainName: "*"})
	for _, s := range []string{"contoso.com", "com", "[192.0.2.1]"} {
		if _, ok := all.Lookup(routing.MustParseDomain(s)); !ok {
			t.Errorf("* does not cover %s", s)
		}
	}
	if _, ok := all.Lookup(routing.Domain{}); ok || all.Default().IsValid() {
		t.Error("* covers the zero Domain, or is a default")
	}
}

func TestAcceptedDefault(t *testing.T) {
	a := accepted(t,
		routing.AcceptedDomain{DomainName: "*.contoso.com"},
		routing.AcceptedDomain{DomainName: "contoso.com"},
		routing.AcceptedDomain{DomainName: "fabrikam.com", Default: true},
	)
	if got := a.Default(); got.String() != "fabrikam.com" {
		t.Errorf("Default() = %q, want the one marked", got)
	}
	a = accepted(t, routing.AcceptedDomain{DomainName: "*.x.example"}, routing.AcceptedDomain{DomainName: "y.example"})
	if got := a.Default(); got.String() != "y.example" {
		t.Errorf("Default() = %q, want the first without wildcard", got)
	}
}

func TestAcceptedProblems(t *testing.T) {
	_, err := routing.NewAccepted(
		routing.AcceptedDomain{DomainName: "contoso.com", Default: true, MatchSubDomains: true},
		routing.AcceptedDomain{Name: "other", DomainName: "CONTOSO.com"},
		routing.AcceptedDomain{Name: "CONTOSO.COM", DomainName: "a.example", Default: true},
		routing.AcceptedDomain{DomainName: "*.contoso.com"},
		routing.AcceptedDomain{DomainName: "*b.example"},
		routing.AcceptedDomain{DomainName: "b.*.example"},
		routing.AcceptedDomain{},
		routing.AcceptedDomain{DomainName: "c.example", DomainType: 9},
		routing.AcceptedDomain{Name: strings.Repeat("n", 65), DomainName: "d.example"},
		routing.AcceptedDomain{DomainName: "[192.0.2.1]", MatchSubDomains: true},
		routing.AcceptedDomain{DomainName: "*.e.example", Default: true},
		routing.AcceptedDomain{DomainName: "*"},
		routing.AcceptedDomain{Name: "all", DomainName: "*"},
		routing.AcceptedDomain{DomainName: "evil\r\n"},
		routing.AcceptedDomain{Name: "long", DomainName: strings.Repeat("ü", 129)},
	)
	want := []string{
		"Accepted[1].DomainName: contoso.com is covered by Accepted[0] already",
		"Accepted[2].Name: \"CONTOSO.COM\" is the name of Accepted[0] already",
		"Accepted[2].Default: Accepted[0] is the default domain already",
		"Accepted[3].DomainName: *.contoso.com is covered by Accepted[0] already",
		"Accepted[4].DomainName: \"*b.example\" has a wildcard",
		"Accepted[5].DomainName: \"b.*.example\" has a wildcard",
		"Accepted[6].DomainName: \"\" is empty: give a domain, such as contoso.com",
		"Accepted[7].DomainType: DomainType(9) does not exist",
		"Accepted[8].Name: is longer than 64 characters",
		"Accepted[9].DomainName: \"[192.0.2.1]\" is an address literal",
		"Accepted[10].Default: *.e.example has a wildcard",
		"Accepted[12].DomainName: * is covered by Accepted[11] already",
		"Accepted[13].DomainName: \"evil\\r\\n\" has a character",
		"Accepted[14].DomainName: \"" + strings.Repeat(`\u00fc`, 40) + "\"… is longer than 256 characters",
	}
	wantProblems(t, err, want)
}

// wantProblems checks that err is Diagnostics whose lines begin as wanted.
func wantProblems(t *testing.T, err error, want []string) {
	t.Helper()
	var problems source.Diagnostics
	if !errors.As(err, &problems) {
		t.Fatalf("error is %v, not Diagnostics", err)
	}
	got := strings.Split(err.Error(), "\n")
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			t.Errorf("unexpected: %s", got[i])
		case i >= len(got) || !strings.HasPrefix(got[i], want[i]):
			t.Errorf("problem %d: want %s…; all:\n%s", i, want[i], err)
			return
		}
	}
}

func TestAcceptedKeepsNoReference(t *testing.T) {
	in := []routing.AcceptedDomain{{DomainName: "contoso.com"}}
	a := accepted(t, in...)
	in[0] = routing.AcceptedDomain{DomainName: "evil.example", DomainType: routing.ExternalRelay}
	if got, _ := a.Lookup(routing.MustParseDomain("contoso.com")); got != routing.Authoritative {
		t.Errorf("changed from outside: %v", got)
	}
}

func TestDomainTypeText(t *testing.T) {
	for _, want := range []routing.DomainType{0, routing.Authoritative, routing.InternalRelay, routing.ExternalRelay} {
		text, err := want.MarshalText()
		var got routing.DomainType
		if err2 := got.UnmarshalText([]byte(strings.ToUpper(string(text)))); err != nil || err2 != nil || got != want {
			t.Errorf("%v: %q, %v, %v, %v", want, text, err, got, err2)
		}
	}
	if _, err := routing.ParseDomainType("Authoritive"); err == nil {
		t.Error("a misspelt type parses")
	}
	typ := routing.InternalRelay
	if err := typ.UnmarshalText([]byte("Authoritive")); err == nil || typ != routing.InternalRelay {
		t.Errorf("a misspelt type unmarshals, or changes the value to %v", typ)
	}
	if _, err := routing.DomainType(9).MarshalText(); err == nil {
		t.Error("DomainType(9) marshals")
	}
}

// slowAccepted answers as the documentation of AcceptedDomain reads: every
// entry is tried, and the one that says most about the domain wins.
func slowAccepted(domains []routing.AcceptedDomain, d routing.Domain) routing.DomainType {
	best, bestLen := routing.DomainType(0), -1
	for _, a := range domains {
		length := -1
		name, wildcard := strings.CutPrefix(a.DomainName, "*.")
		switch {
		case name == "*":
			length = 0
		case !wildcard && name == d.String():
			length = 1000
		case (wildcard || a.MatchSubDomains) && strings.HasSuffix(d.String(), "."+name):
			length = len(name)
		}
		if length > bestLen {
			best, bestLen = a.DomainType, length
		}
	}
	return best
}

func TestAcceptedAgainstSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		var domains []routing.AcceptedDomain
		for i := range r.IntN(40) {
			name := randomName(r)
			if r.IntN(3) == 0 {
				name = "*." + name
			}
			if r.IntN(60) == 0 {
				name = "*"
			}
			domains = append(domains, routing.AcceptedDomain{Name: fmt.Sprint(i), DomainName: name,
				DomainType: routing.DomainType(1 + r.IntN(3)), MatchSubDomains: r.IntN(4) == 0})
		}
		// What is a mistake only beside others goes, one at a time.
		a, err := routing.NewAccepted(domains...)
		for err != nil {
			var problems source.Diagnostics
			if !errors.As(err, &problems) {
				t.Fatal(err)
			}
			_, i, _ := problems[0].Path.List()
			domains = slices.Delete(domains, i, i+1)
			a, err = routing.NewAccepted(domains...)
		}
		for range 200 {
			d := routing.MustParseDomain(randomName(r))
			got, ok := a.Lookup(d)
			if want := slowAccepted(domains, d); got != want || ok != (want != 0) {
				t.Fatalf("round %d: Lookup(%s) = %v, %v; want %v in %v", round, d, got, ok, want, domains)
			}
		}
	}
}

// randomName returns one of a few hundred names of one to five labels, many
// below one another.
func randomName(r *rand.Rand) string {
	labels := make([]string, 1+r.IntN(5))
	for i := range labels {
		labels[i] = string(rune('a' + r.IntN(3)))
	}
	return strings.Join(labels, ".")
}
