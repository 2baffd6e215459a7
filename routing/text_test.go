package routing_test

import (
	"encoding"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// textValue is what every value of this package that has a text form offers.
type textValue interface {
	encoding.TextAppender
	encoding.TextMarshaler
	String() string
}

// TestText checks for every value type that its text forms agree, that they
// read back the same, and that what fails to parse leaves the value alone.
func TestText(t *testing.T) {
	for _, s := range []string{"", "contoso.com", "xn--bcher-kva.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"} {
		checkText[routing.Domain](t, s)
	}
	for _, s := range []string{"", "chris@contoso.com", `"a b"@contoso.com`, `"\"\\"@contoso.com`, "jürgen@[192.0.2.1]"} {
		checkText[routing.Address](t, s)
	}
	for _, s := range []string{"", "SMTP:*;1", "SMTP:*.contoso.com;10", "SMTP:--;2", "X400:c=us;a=b;3"} {
		checkText[routing.AddressSpace](t, s)
	}
}

func checkText[V interface {
	textValue
	comparable
}, P interface {
	*V
	encoding.TextUnmarshaler
}](t *testing.T, s string) {
	t.Helper()
	var v, zero V
	if err := P(&v).UnmarshalText([]byte(s)); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	marshalled, err1 := v.MarshalText()
	appended, err2 := v.AppendText([]byte("x"))
	if err1 != nil || err2 != nil || v.String() != s || string(marshalled) != s || string(appended) != "x"+s {
		t.Errorf("%q: String %q, MarshalText %q, AppendText %q", s, v, marshalled, appended)
	}
	if (v == zero) != (s == "") {
		t.Errorf("%q: zero is %v", s, v == zero)
	}
	before := v
	if err := P(&v).UnmarshalText([]byte("\x00")); err == nil || v != before {
		t.Errorf("%T: a failing UnmarshalText gives %v and changes %v to %v", v, err, before, v)
	}
}

func TestMustParsePanics(t *testing.T) {
	for what, f := range map[string]func(){
		"domain":  func() { routing.MustParseDomain("") },
		"address": func() { routing.MustParseAddress("") },
		"space":   func() { routing.MustParseAddressSpace("") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
}

func TestCompare(t *testing.T) {
	a, b := routing.MustParseAddress("b@a.example"), routing.MustParseAddress("a@b.example")
	c := routing.MustParseAddress("b@b.example")
	if a.Compare(b) >= 0 || b.Compare(c) >= 0 || c.Compare(a) <= 0 || a.Compare(a) != 0 {
		t.Error("addresses are not ordered by domain, then by local part")
	}
	if (routing.Domain{}).Compare(a.Domain()) >= 0 {
		t.Error("the zero Domain is not the first")
	}
}
