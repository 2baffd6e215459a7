package routing_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

func TestParseDomain(t *testing.T) {
	long := strings.Repeat("a", 63)
	tests := []struct{ in, want string }{ // want "" is an error
		{"contoso.com", "contoso.com"},
		{"Contoso.COM", "contoso.com"},
		{"contoso.com.", "contoso.com"},
		{"localhost", "localhost"},
		{"a_b.contoso.com", "a_b.contoso.com"},
		{"_dmarc.contoso.com", "_dmarc.contoso.com"},
		{"r3---sn-apo.example", "r3---sn-apo.example"},
		{"1.2.3.4.example", "1.2.3.4.example"},
		{long + ".com", long + ".com"},
		{strings.Repeat(long+".", 3) + long[:61], strings.Repeat(long+".", 3) + long[:61]},

		// IDNA: U-labels become A-labels, A-labels are verified.
		{"bücher.example", "xn--bcher-kva.example"},
		{"BÜCHER.example.", "xn--bcher-kva.example"},
		{"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
		{"straße.example", "xn--strae-oqa.example"}, // non-transitional: not strasse
		{"\u13eb\u13eb", "xn--bcea"},                // Cherokee capitals
		{"\uabbb\u13eb", ""},
		{"GRÜẞE.example", ""},                                   // the capital of ß that IDNA disallows
		{"bücher.r3--x.example", "xn--bcher-kva.r3--x.example"}, // each label by itself
		{"xn--strae-oqa.example", "xn--strae-oqa.example"},

		// Characters that stand for others are refused: a server behind us may
		// not know that they do.
		{"\u212aelvin.example", ""},                  // Kelvin sign, for k
		{"accepted.te\u017ft", ""},                   // long s
		{"\uff43\uff4f\uff4e.example", ""},           // full-width letters
		{"b\u00fccher\u3002example", ""},             // ideographic full stop
		{"contoso\uff0ecom", ""},                     // full-width full stop
		{"\ufb01sh.example", ""},                     // ligature of f and i
		{"con\u00adtoso.com", ""},                    // soft hyphen, which others drop
		{"bu\u0308cher.example", ""},                 // u and a combining diaeresis, for \u00fc
		{"\u212bngstr\u00f6m.example", ""},           // Angstrom sign
		{"d\u0130sk.example", ""},                    // I with a dot
		{"d\u0131sk.example", "xn--dsk-jua.example"}, // i without one, a letter of its own
		{"c\u043entoso.com", "xn--cntoso-wqf.com"},   // Cyrillic o

		// Address literals.
		{"[192.0.2.1]", "[192.0.2.1]"},
		{"[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"},
		{"[ipv6:2001:DB8:0:0:0:0:0:1]", "[IPv6:2001:db8::1]"},
		{"[IPv6:::ffff:192.0.2.1]", "[192.0.2.1]"},
		{"[IPv6:::ffff:c000:201]", "[192.0.2.1]"},

		{"", ""},
		{".", ""},
		{"..", ""},
		{".com", ""},
		{"a..b", ""},
		{"contoso.com..", ""},
		{"-a.com", ""},
		{"a-.com", ""},
		{"a b.com", ""},
		{" contoso.com", ""},
		{"contoso.com\r\n", ""},
		{"a\x00.com", ""},
		{"a@b.com", ""},
		{"a>b.com", ""},
		{"*.contoso.com", ""},
		{"a\u200b\u00ad.com\x7f", ""},
		{"a\uff20b\u00fc.com", ""}, // fullwidth @
		{"b\u00fc_x.example", ""},  // no underscore beside U-labels
		{"a\xff.com", ""},
		{long + "a.com", ""},
		{strings.Repeat(long+".", 3) + long[:62], ""},
		{strings.Repeat("ü", 2000), ""},
		{"192.0.2.1", ""},
		{"10.1", ""},
		{"123", ""},
		{"xn--", ""},
		{"xn--a", ""},
		{"xn--abc-", ""},
		{"xn--99999999999.example", ""},
		{"xn--strasse-.example", ""},
		{"[192.0.2.1", ""},
		{"[]", ""},
		{"[", ""},
		{"[192.0.2.01]", ""},
		{"[192.0.2]", ""},
		{"[2001:db8::1]", ""},
		{"[IPv6:192.0.2.1]", ""},
		{"[IPv6:fe80::1%eth0]", ""},
		{"[IPv6:]", ""},
		{"[x400:whatever]", ""},
		{"[192.0.2.1].", ""},
		{"[192.0.2.1]x]", ""},
	}
	for _, tt := range tests {
		d, err := routing.ParseDomain(tt.in)
		if d.String() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("ParseDomain(%q) = %q, %v; want %q", tt.in, d, err, tt.want)
		}
		if d.IsValid() != (tt.want != "") {
			t.Errorf("ParseDomain(%q): IsValid() = %v", tt.in, d.IsValid())
		}
	}
}

func TestDomainError(t *testing.T) {
	_, err := routing.ParseDomain("evil\r\n250 OK" + strings.Repeat("x", 500))
	if err == nil || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 300 {
		t.Errorf("error not escaped or bounded: %v", err)
	}
}

func TestDomainParts(t *testing.T) {
	tests := []struct {
		in, parent      string
		single, literal bool
	}{
		{"a.b.c", "b.c", false, false},
		{"localhost", "", true, false},
		{"[192.0.2.1]", "", false, true},
		{"[IPv6:2001:db8::1]", "", false, true},
		{"", "", false, false},
	}
	for _, tt := range tests {
		var d routing.Domain
		if tt.in != "" {
			d = routing.MustParseDomain(tt.in)
		}
		p, ok := d.Parent()
		if p.String() != tt.parent || ok != (tt.parent != "") {
			t.Errorf("%q.Parent() = %q, %v; want %q", tt.in, p, ok, tt.parent)
		}
		if d.SingleLabel() != tt.single || d.IsLiteral() != tt.literal {
			t.Errorf("%q: SingleLabel %v, IsLiteral %v", tt.in, d.SingleLabel(), d.IsLiteral())
		}
		if _, ok := d.Literal(); ok != tt.literal {
			t.Errorf("%q.Literal() = %v", tt.in, ok)
		}
	}
	if a, _ := routing.MustParseDomain("[IPv6:2001:db8::1]").Literal(); a != netip.MustParseAddr("2001:db8::1") {
		t.Errorf("Literal() = %v", a)
	}
	if got := routing.MustParseDomain("xn--bcher-kva.example").Unicode(); got != "bücher.example" {
		t.Errorf("Unicode() = %q", got)
	}
}

func TestIsSubdomainOf(t *testing.T) {
	tests := []struct {
		d, parent string
		want      bool
	}{
		{"a.contoso.com", "contoso.com", true},
		{"a.b.contoso.com", "contoso.com", true},
		{"contoso.com", "contoso.com", false},
		{"acontoso.com", "contoso.com", false},
		{"contoso.com", "a.contoso.com", false},
		{"com", "contoso.com", false},
	}
	for _, tt := range tests {
		if got := routing.MustParseDomain(tt.d).IsSubdomainOf(routing.MustParseDomain(tt.parent)); got != tt.want {
			t.Errorf("%s.IsSubdomainOf(%s) = %v", tt.d, tt.parent, got)
		}
	}
	if routing.MustParseDomain("a.b").IsSubdomainOf(routing.Domain{}) {
		t.Error("subdomain of the zero Domain")
	}
}
