package routing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

func TestParseAddressSpace(t *testing.T) {
	tests := []struct{ in, want string }{ // want "" is an error
		{"contoso.com", "SMTP:contoso.com;1"},
		{"contoso.com;1", "SMTP:contoso.com;1"},
		{"SMTP:contoso.com", "SMTP:contoso.com;1"},
		{"SMTP:contoso.com;1", "SMTP:contoso.com;1"},
		{"smtp:Contoso.COM;100", "SMTP:contoso.com;100"},
		{"*", "SMTP:*;1"},
		{"SMTP:*;10", "SMTP:*;10"},
		{"--", "SMTP:--;1"},
		{"*.contoso.com;5", "SMTP:*.contoso.com;5"},
		{"SMTP:*.com;1", "SMTP:*.com;1"},
		{"*.bücher.example", "SMTP:*.xn--bcher-kva.example;1"},
		{"[192.0.2.1];2", "SMTP:[192.0.2.1];2"},
		{"[IPv6:2001:db8::1]", "SMTP:[IPv6:2001:db8::1];1"},
		{"SMTP:[IPv6:2001:db8::1];3", "SMTP:[IPv6:2001:db8::1];3"},
		{"Local:contoso.com", "Local:SMTP:contoso.com;1"},
		{"local:SMTP:*;7", "Local:SMTP:*;7"},
		{"X400:o=MySite;p=MyOrg;a=adatum;c=us;2", "X400:o=MySite;p=MyOrg;a=adatum;c=us;2"},
		{"x400:c=us", "X400:c=us;1"},
		{"NOTES:*", "NOTES:*;1"},
		{"FAX:+1 425:555;9", "FAX:+1 425:555;9"},
		{"X400:a;100", "X400:a;100"},

		{"", ""},
		{";1", ""},
		{"SMTP:", ""},
		{"SMTP:;1", ""},
		{"Local:", ""},
		{"Local:Local:*", ""},
		{":contoso.com", ""},
		{"contoso.com;", ""},
		{"contoso.com;0", ""},
		{"contoso.com;101", ""},
		{"contoso.com;256", ""},
		{"contoso.com;257", ""},
		{"contoso.com;+1", ""},
		{"contoso.com; 1", ""},
		{"contoso.com;1;1", ""},
		{"contoso.com;x", ""},
		{"*contoso.com", ""},
		{"contoso.*.com", ""},
		{"*.*.com", ""},
		{"**", ""},
		{"*.", ""},
		{"*.--", ""},
		{"*.[192.0.2.1]", ""},
		{"contoso.com:25", ""},
		{"X400:o=MySite;c=us", ""}, // the cost cannot be left out
		{"X400:a\r\nb", ""},
		{"X400: a", ""},
		{"TY PE:a", ""},
		{strings.Repeat("T", 65) + ":a", ""},
		{"X400:" + strings.Repeat("a", 1025), ""},
	}
	for _, tt := range tests {
		a, err := routing.ParseAddressSpace(tt.in)
		if a.String() != tt.want || (err == nil) != (tt.want != "") || a.IsValid() != (err == nil) {
			t.Errorf("ParseAddressSpace(%q) = %q, %v; want %q", tt.in, a, err, tt.want)
		}
	}
}

func TestAddressSpaceParts(t *testing.T) {
	tests := []struct {
		in, typ, space, domain string
		cost                   int
		kind                   routing.SpaceKind
		local                  bool
	}{
		{"contoso.com", "SMTP", "contoso.com", "contoso.com", 1, routing.SpaceExact, false},
		{"*.contoso.com;9", "SMTP", "*.contoso.com", "contoso.com", 9, routing.SpaceSubtree, false},
		{"Local:*;2", "SMTP", "*", "", 2, routing.SpaceAny, true},
		{"--", "SMTP", "--", "", 1, routing.SpaceAccepted, false},
		{"Notes:a:b;3", "NOTES", "a:b", "", 3, routing.SpaceOther, false},
	}
	for _, tt := range tests {
		a := routing.MustParseAddressSpace(tt.in)
		if a.Type() != tt.typ || a.Space() != tt.space || a.Domain().String() != tt.domain ||
			a.Cost() != tt.cost || a.Kind() != tt.kind || a.Local() != tt.local || a.IsSMTP() != (tt.typ == "SMTP") {
			t.Errorf("%s: %q %q %q %d %d %v", tt.in, a.Type(), a.Space(), a.Domain(), a.Cost(), a.Kind(), a.Local())
		}
	}
	var zero routing.AddressSpace
	if zero.IsValid() || zero.IsSMTP() || zero.Type() != "" || zero.Cost() != 0 || zero.Matches(routing.MustParseDomain("a")) {
		t.Error("the zero AddressSpace is not empty")
	}
}

func TestAddressSpaceMatches(t *testing.T) {
	tests := []struct {
		space, domain string
		want          bool
	}{
		{"contoso.com", "contoso.com", true},
		{"contoso.com", "a.contoso.com", false},
		{"*.contoso.com", "a.contoso.com", true},
		{"*.contoso.com", "a.b.contoso.com", true},
		{"*.contoso.com", "contoso.com", true}, // the apex too
		{"*.contoso.com", "acontoso.com", false},
		{"*.contoso.com", "com", false},
		{"*.com", "contoso.com", true},
		{"*", "contoso.com", true},
		{"*", "[192.0.2.1]", true},
		{"[192.0.2.1]", "[192.0.2.1]", true},
		{"--", "contoso.com", false},
		{"X400:*", "contoso.com", false},
	}
	for _, tt := range tests {
		if got := routing.MustParseAddressSpace(tt.space).Matches(routing.MustParseDomain(tt.domain)); got != tt.want {
			t.Errorf("%s.Matches(%s) = %v", tt.space, tt.domain, got)
		}
	}
	if routing.MustParseAddressSpace("*").Matches(routing.Domain{}) {
		t.Error("* matches the zero Domain")
	}
}

func TestAddressSpaceCompare(t *testing.T) {
	want := []string{
		"SMTP:contoso.com;1", "SMTP:contoso.com;2", "SMTP:marketing.contoso.com;1", "SMTP:*.marketing.contoso.com;1",
		"SMTP:*.contoso.com;1", "SMTP:*.com;1", "SMTP:--;1", "SMTP:*;1", "SMTP:*;2", "X400:*;1",
	}
	var spaces []routing.AddressSpace
	for _, s := range want {
		spaces = append(spaces, routing.MustParseAddressSpace(s))
	}
	slices.Reverse(spaces)
	slices.SortFunc(spaces, routing.AddressSpace.Compare)
	for i, s := range spaces {
		if s.String() != want[i] {
			t.Errorf("place %d: %s, want %s", i, s, want[i])
		}
	}
}
