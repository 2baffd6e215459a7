package param_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

func TestSender(t *testing.T) {
	for _, tc := range []struct{ sender, text, covers, not string }{
		{"Scanner@Contoso.com", "Scanner@contoso.com", "scanner@contoso.com SCANNER@contoso.com", "scan@contoso.com scanner@x.contoso.com"},
		{" @Contoso.com ", "@contoso.com", "a@contoso.com b@CONTOSO.COM", "a@x.contoso.com a@notcontoso.com"},
		{"@*.contoso.com", "@*.contoso.com", "a@x.contoso.com a@y.x.contoso.com", "a@contoso.com a@xcontoso.com"},
		{"@[192.0.2.7]", "@[192.0.2.7]", "root@[192.0.2.7]", "root@[192.0.2.8]"},
	} {
		s, err := param.ParseSender(tc.sender)
		if err != nil || !s.IsValid() || s.String() != tc.text {
			t.Errorf("%q is %v, %v", tc.sender, s, err)
		}
		for a := range strings.FieldsSeq(tc.covers) {
			if !s.Covers(routing.MustParseAddress(a)) {
				t.Errorf("%v doesn't cover %s", s, a)
			}
		}
		for a := range strings.FieldsSeq(tc.not) {
			if s.Covers(routing.MustParseAddress(a)) {
				t.Errorf("%v covers %s", s, a)
			}
		}
		if s.Covers(routing.Address{}) {
			t.Errorf("%v covers the null sender", s)
		}
	}
	for _, text := range []string{"", "contoso.com", "*.contoso.com", "@", "@*", "@*.", "scanner@", "*@contoso.com", "@*.[192.0.2.7]", "a b@contoso.com"} {
		if s, err := param.ParseSender(text); err == nil || !strings.Contains(err.Error(), "@*.contoso.com") {
			t.Errorf("%q is %v, %v", text, s, err)
		}
	}
	var zero param.Sender
	if _, err := zero.MarshalText(); err == nil || zero.IsValid() || zero.Covers(routing.MustParseAddress("a@contoso.com")) {
		t.Error("the zero Sender covers an address or has a text")
	}
}

func FuzzSender(f *testing.F) {
	f.Add("scanner@contoso.com")
	f.Add("@*.contoso.com")
	f.Add(`"a@b"@contoso.com`)
	f.Add("@[IPv6:2001:db8::1]")
	fuzzText[param.Sender](f)
}
