package routing_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// A path that can be read in one way is taken, as devices write it; one that two
// readers could take for two mailboxes is not.
func TestParsePath(t *testing.T) {
	for _, tt := range []struct {
		in          string
		null        bool
		local, rest string
		domain      string
		fails       bool
	}{
		{in: "<a@b>", local: "a", domain: "b"},
		{in: "<a@b>", null: true, local: "a", domain: "b"},
		{in: "<a@b> SIZE=1000 BODY=8BITMIME", local: "a", domain: "b", rest: " SIZE=1000 BODY=8BITMIME"},
		{in: `<"a> SIZE=1"@b> SIZE=2`, local: "a> SIZE=1", domain: "b", rest: " SIZE=2"},
		{in: `<"victim@ext.lab> ORCPT=rfc822;x"@int.lab>`, local: "victim@ext.lab> ORCPT=rfc822;x", domain: "int.lab"},
		{in: "<>", null: true},
		{in: "<> SIZE=1", null: true, rest: " SIZE=1"},

		// Blanks around and within the brackets.
		{in: " <a@b>", local: "a", domain: "b"},
		{in: "\t <a@b>\tSIZE=1", local: "a", domain: "b", rest: "\tSIZE=1"},
		{in: "< a@b>", local: "a", domain: "b"},
		{in: "<a@b > X", local: "a", domain: "b", rest: " X"},
		{in: "< >", null: true},

		// No brackets.
		{in: "a@b", local: "a", domain: "b"},
		{in: "  a@b", local: "a", domain: "b"},
		{in: "a@b SIZE=200", local: "a", domain: "b", rest: " SIZE=200"},
		{in: `"a b>"@c SIZE=2`, local: "a b>", domain: "c", rest: " SIZE=2"},
		{in: "scanner@[192.0.2.7]", local: "scanner", domain: "[192.0.2.7]"},

		// No domain.
		{in: "<Postmaster>", local: "Postmaster"},
		{in: "<POSTMASTER> NOTIFY=NEVER", local: "POSTMASTER", rest: " NOTIFY=NEVER"},
		{in: "<root>", null: true, local: "root"},
		{in: "admin", local: "admin"},
		{in: "root SIZE=1", null: true, local: "root", rest: " SIZE=1"},
		{in: `<"front desk">`, local: "front desk"},

		// What devices have for a domain.
		{in: "<scan@localhost>", local: "scan", domain: "localhost"},
		{in: "<scan@copier_2>", local: "scan", domain: "copier_2"},
		{in: "<scan@contoso.com.>", local: "scan", domain: "contoso.com"},

		{in: "<scan@192.0.2.7>", local: "scan", domain: "[192.0.2.7]"},
		{in: "scan@192.0.2.7 SIZE=1", null: true, local: "scan", domain: "[192.0.2.7]", rest: " SIZE=1"},
		{in: "<scan@192.0.2.07>", fails: true},
		{in: "<scan@192.0.2.256>", fails: true},
		{in: "<scan@192.0.2>", fails: true},
		{in: "<scan@2001:db8::1>", fails: true},
		{in: "<scan@192.0.2.7:25>", fails: true},
		{in: "<scan@192.0.2.7@b>", fails: true},

		// Dots that must be quoted from here on.
		{in: "<amy..lee@b>", local: "amy..lee", domain: "b"},
		{in: "<amy.@b>", local: "amy.", domain: "b"},

		// A source route is dropped.
		{in: "<@a,@b:u@c>", local: "u", domain: "c"},
		{in: "<@a.example:u@c> SIZE=1", null: true, local: "u", domain: "c", rest: " SIZE=1"},

		{in: "<>", fails: true},
		{in: "", null: true, fails: true},
		{in: " ", null: true, fails: true},
		{in: "SIZE=1", null: true, fails: true},
		{in: "<a@b", fails: true},
		{in: "a@b>", fails: true},
		{in: "a>", fails: true},
		{in: "<", null: true, fails: true},
		{in: "<a@b>>", fails: true},
		{in: "<a@b>SIZE=1", fails: true},
		{in: "<>x", null: true, fails: true},
		{in: "<<a@b>>", fails: true},
		{in: "<a b@c>", fails: true},
		{in: "<a@b c>", fails: true},
		{in: "<a@b> <c@d", local: "a", domain: "b", rest: " <c@d"}, // for the caller, who knows no such parameter
		{in: "<a@b>,<c@d>", fails: true},
		{in: "a@b,c@d", fails: true},
		{in: "a@b;c@d", fails: true},
		{in: "Amy <a@b>", local: "Amy", rest: " <a@b>"}, // likewise
		{in: `"Amy" <a@b>`, local: "Amy", rest: " <a@b>"},
		{in: "<Amy <a@b>>", fails: true},
		{in: "<SMTP:a@b>", fails: true}, // a prefix, or part of a local part
		{in: "<a:b@c>", fails: true},
		{in: "<a(x)@b>", fails: true},
		{in: `<a\@b@c>`, fails: true},
		{in: "<a@b@c>", fails: true},
		{in: `<"a"@b@c>`, fails: true},
		{in: `<"a"b>`, fails: true},
		{in: "<a@>", fails: true},
		{in: "<@b>", fails: true},
		{in: "<@a:>", null: true, fails: true},
		{in: "<@a>", null: true, fails: true},
		{in: "<a:u@c>", fails: true},
		{in: "<@a b:u@c>", fails: true},
		{in: "<@a,b:u@c>", fails: true},
		{in: "<@a:@b:u@c>", fails: true},
		{in: "@a:u@c", fails: true},
		{in: "<" + strings.Repeat("l", 600) + ">", fails: true},
	} {
		a, rest, err := routing.ParsePath(tt.in, tt.null)
		if (err != nil) != tt.fails || a.Local() != tt.local || a.Domain().String() != tt.domain || rest != tt.rest {
			t.Errorf("ParsePath(%q, %v) = %q @ %q, %q, %v", tt.in, tt.null, a.Local(), a.Domain(), rest, err)
		}
	}
}

// Stray dots are quoted when the address is written.
func TestStrayDots(t *testing.T) {
	for in, want := range map[string]string{
		"amy..lee@b": `"amy..lee"@b`, ".amy@b": `".amy"@b`, "amy.@b": `"amy."@b`, ".@b": `"."@b`, "amy.lee@b": "amy.lee@b",
	} {
		if a, err := routing.ParseAddress(in); err != nil || a.String() != want {
			t.Errorf("%s is %s, %v; want %s", in, a, err, want)
		}
	}
}

func TestWithDomain(t *testing.T) {
	a, _, err := routing.ParsePath("<PostMaster>", false)
	if err != nil || a.IsValid() || a.IsNull() || a.String() != "PostMaster" {
		t.Errorf("<PostMaster> = %q, valid %v, null %v, %v", a, a.IsValid(), a.IsNull(), err)
	}
	if got := a.WithDomain(routing.MustParseDomain("contoso.com")); !got.IsValid() || got.String() != "PostMaster@contoso.com" {
		t.Errorf("WithDomain = %q", got)
	}
	if got := a.WithDomain(routing.Domain{}); got != (routing.Address{}) {
		t.Errorf("WithDomain of the zero Domain = %q", got)
	}
}
