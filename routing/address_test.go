package routing_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

func TestParseAddress(t *testing.T) {
	long := strings.Repeat("l", 571-len("@contoso.com"))
	tests := []struct{ in, local, domain, printed string }{
		{"chris@contoso.com", "chris", "contoso.com", "chris@contoso.com"},
		{"Chris.P@CONTOSO.com.", "Chris.P", "contoso.com", "Chris.P@contoso.com"},
		{`"chris"@contoso.com`, "chris", "contoso.com", "chris@contoso.com"},
		{`"a b"@contoso.com`, "a b", "contoso.com", `"a b"@contoso.com`},
		{`"a\"b\\c\d"@contoso.com`, `a"b\cd`, "contoso.com", `"a\"b\\cd"@contoso.com`},
		{`"a..b"@contoso.com`, "a..b", "contoso.com", `"a..b"@contoso.com`},
		{`".a"@contoso.com`, ".a", "contoso.com", `".a"@contoso.com`},
		{`"victim@ext.lab> ORCPT=rfc822;x"@int.lab`, "victim@ext.lab> ORCPT=rfc822;x", "int.lab", `"victim@ext.lab> ORCPT=rfc822;x"@int.lab`},
		{`"a@b"@c`, "a@b", "c", `"a@b"@c`},
		{"user%ext@int.lab", "user%ext", "int.lab", "user%ext@int.lab"},
		{"ext!user@int.lab", "ext!user", "int.lab", "ext!user@int.lab"},
		{"!#$%&'*+-/=?^_`{|}~@contoso.com", "!#$%&'*+-/=?^_`{|}~", "contoso.com", "!#$%&'*+-/=?^_`{|}~@contoso.com"},
		{"jürgen@bücher.example", "jürgen", "xn--bcher-kva.example", "jürgen@xn--bcher-kva.example"},
		{`"jürgen m"@contoso.com`, "jürgen m", "contoso.com", `"jürgen m"@contoso.com`},
		{"a@[192.0.2.1]", "a", "[192.0.2.1]", "a@[192.0.2.1]"},
		{"a@[IPv6:::ffff:192.0.2.1]", "a", "[192.0.2.1]", "a@[192.0.2.1]"},
		{long + "@contoso.com", long, "contoso.com", long + "@contoso.com"},
	}
	for _, tt := range tests {
		a, err := routing.ParseAddress(tt.in)
		if err != nil || a.Local() != tt.local || a.Domain().String() != tt.domain || a.String() != tt.printed {
			t.Errorf("ParseAddress(%q) = %q @ %q, prints %q, %v", tt.in, a.Local(), a.Domain(), a, err)
			continue
		}
		if again, err := routing.ParseAddress(a.String()); err != nil || again != a {
			t.Errorf("ParseAddress(%q) = %v, %v: not what was printed", a, again, err)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	long := strings.Repeat("l", 571-len("@c"))
	tests := []struct{ why, in string }{
		{"empty", ""},
		{"null path", "<>"},
		{"brackets", "<a@b>"},
		{"no domain", "postmaster"},
		{"empty domain", "a@"},
		{"empty local part", "@b"},
		{"empty quoted local part", `""@b`},
		{"two domains", "a@b@c"},
		{"unquoted space", "a b@c"},
		{"space before the domain", "a@ b"},
		{"comment", "a(x)@c"},
		{"list", "a,b@c"},
		{"source route", "@a,@b:u@c"},
		{"text after the quotes", `"a"b@c`},
		{"quotes within an atom", `a"b"@c`},
		{"dot after the quotes", `"a".b@c`},
		{"open quotes", `"a@c`},
		{"backslash at the end", `"a\`},
		{"quoted control", "\"a\\\r\"@c"},
		{"CR", "a\r@c"},
		{"LF", "\"a\n\"@c"},
		{"NUL", "a\x00@c"},
		{"DEL", "\"a\x7f\"@c"},
		{"tab", "\"a\tb\"@c"},
		{"C1 control", "a\u0085@c"},
		{"line separator", "\"a\u2028b\"@c"},
		{"invalid UTF-8", "a\xff@c"},
		{"overlong UTF-8", "a\xc0\x80@c"},
		{"text after >", "a@b> c"},
		{"bare address as domain", "a@192.0.2.1"},
		{"long mailbox", long + "l@c"},
		{"mailbox long with its quotes", `"` + long[2:] + ` "@c`},
		{"endless local part", strings.Repeat("l", 1<<20)},
		{"endless quotes", `"` + strings.Repeat("l", 1<<20)},
	}
	for _, tt := range tests {
		a, err := routing.ParseAddress(tt.in)
		if err == nil || a != (routing.Address{}) {
			t.Errorf("%s: ParseAddress(%.80q) = %q, %v", tt.why, tt.in, a, err)
		}
	}
}

func TestAddressPredicates(t *testing.T) {
	tests := []struct {
		in             string
		ascii, routing bool
	}{
		{"a@b", true, false},
		{"jürgen@b", false, false},
		{"a@bücher.example", true, false},
		{"user%ext@int", true, true},
		{"ext!user@int", true, true},
		{`"u@ext"@int`, true, true},
	}
	for _, tt := range tests {
		a := routing.MustParseAddress(tt.in)
		if a.IsASCII() != tt.ascii || a.HasRouting() != tt.routing {
			t.Errorf("%s: IsASCII %v, HasRouting %v", tt.in, a.IsASCII(), a.HasRouting())
		}
	}
	a, b := routing.MustParseAddress("Chris@Contoso.com"), routing.MustParseAddress("chris@contoso.com")
	if a == b || !a.EqualFold(b) {
		t.Error("local parts differ in case: must be unequal and fold-equal")
	}
	k1, k2 := routing.MustParseAddress("\u212a@contoso.com"), routing.MustParseAddress("k@contoso.com")
	if k1.EqualFold(k2) {
		t.Error("the Kelvin sign folds to k")
	}
	if !(routing.Address{}).IsNull() || (routing.Address{}).IsValid() || (routing.Address{}).String() != "" {
		t.Error("the zero Address is not the null path")
	}
}
