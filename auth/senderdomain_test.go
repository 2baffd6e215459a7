package auth_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/routing"
)

func TestParseSenderDomain(t *testing.T) {
	tests := []struct{ in, want string }{ // want "" is an error
		{"contoso.com", "contoso.com"},
		{"*.contoso.com", "*.contoso.com"},
		{"*.Contoso.COM.", "*.contoso.com"},
		{"bücher.example", "xn--bcher-kva.example"},
		{"[192.0.2.1]", "[192.0.2.1]"},
		{"", ""},
		{"*", ""},
		{"*.", ""},
		{"*.*", ""},
		{"*.*.contoso.com", ""},
		{"*contoso.com", ""},
		{"mail.*.com", ""},
		{"*.[192.0.2.1]", ""},
		{"@contoso.com", ""},
		{"ann@contoso.com", ""},
		{".contoso.com", ""},
		{" contoso.com", ""},
		{"contoso.com,fabrikam.com", ""},
		{"conto\u017fo.com", ""}, // long s
	}
	for _, tt := range tests {
		d, err := auth.ParseSenderDomain(tt.in)
		if d.String() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("ParseSenderDomain(%q) = %q, %v; want %q", tt.in, d, err, tt.want)
		}
		if err != nil {
			if d != (auth.SenderDomain{}) || !strings.Contains(err.Error(), "give ") {
				t.Errorf("ParseSenderDomain(%q) = %+v, %v", tt.in, d, err)
			}
			continue
		}
		if again, err := auth.ParseSenderDomain(d.String()); err != nil || again != d {
			t.Errorf("%q is read as %q, %v", d, again, err)
		}
	}
}

func TestSenderDomainCovers(t *testing.T) {
	exact := auth.SenderDomain{Domain: routing.MustParseDomain("contoso.com")}
	below := auth.SenderDomain{Domain: routing.MustParseDomain("contoso.com"), Below: true}
	tests := []struct {
		domain       string
		exact, below bool
	}{
		{"contoso.com", true, false},
		{"CONTOSO.COM.", true, false},
		{"mail.contoso.com", false, true},
		{"a.b.contoso.com", false, true},
		{"xcontoso.com", false, false},
		{"contoso.com.example", false, false},
		{"com", false, false},
		{"[192.0.2.1]", false, false},
	}
	for _, tt := range tests {
		d := routing.MustParseDomain(tt.domain)
		if got := exact.Covers(d); got != tt.exact {
			t.Errorf("%v covers %v: %v", exact, d, got)
		}
		if got := below.Covers(d); got != tt.below {
			t.Errorf("%v covers %v: %v", below, d, got)
		}
		for _, zero := range []auth.SenderDomain{{}, {Below: true}} {
			if zero.Covers(d) || zero.String() != "" {
				t.Errorf("the zero domain %+v covers %v", zero, d)
			}
		}
	}
	for _, s := range []auth.SenderDomain{{}, {Below: true}, exact, below} {
		if s.Covers(routing.Domain{}) {
			t.Errorf("%+v covers the zero Domain, so the null sender too", s)
		}
	}
}

func TestIdentitySenderDomain(t *testing.T) {
	contoso := auth.SenderDomain{Domain: routing.MustParseDomain("contoso.com")}
	below := auth.SenderDomain{Domain: contoso.Domain, Below: true}
	id := auth.Identity{Domains: []auth.SenderDomain{{}, contoso, below}}
	for domain, want := range map[string]auth.SenderDomain{
		"contoso.com": contoso, "mail.contoso.com": below, "fabrikam.com": {},
	} {
		got, ok := id.SenderDomain(routing.MustParseDomain(domain))
		if got != want || ok != (want != auth.SenderDomain{}) {
			t.Errorf("%s: %v, %v", domain, got, ok)
		}
	}
	if id.Owns(routing.MustParseAddress("ann@contoso.com")) {
		t.Error("a domain counts as an address")
	}
	if _, ok := (auth.Identity{}).SenderDomain(contoso.Domain); ok {
		t.Error("the zero Identity has a domain")
	}
}
