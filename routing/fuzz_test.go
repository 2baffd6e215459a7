package routing_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/routing"
)

// noControls fails if s holds what could end a line or hide from a reader.
func noControls(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.ContainsAny(s, "\u2028\u2029") {
		t.Fatalf("%q holds a control character", s)
	}
}

func FuzzParseDomain(f *testing.F) {
	for _, s := range []string{
		"contoso.com", "Contoso.COM.", // folding, trailing dot
		"bücher.example", "xn--bcher-kva.example", "XN--A", // IDNA both ways
		"\u212aelvin.example", "contoso.com", "a\uff20b", "te\u017ft", // look-alikes
		"xn--bier.va--bi", "bücher.r3--x.test", // an ASCII label with hyphens that A-labels have, beside one
		"\u05d0\u05d1.example", "\u200d.example", "a\u0308.b", // Bidi, joiner, combining
		"[192.0.2.1]", "[IPv6:::ffff:1.2.3.4]", "[IPv6:fe80::1%0]", // literals
		"a_b.c", "-", ".", "a..b", "1.2.3.4", "*", "\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := routing.ParseDomain(s)
		if (err == nil) != d.IsValid() {
			t.Fatalf("%q: %q, %v", s, d, err)
		}
		if err != nil {
			noControls(t, err.Error())
			return
		}
		name := d.String()
		if len(name) > 253 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.:[]IP") != "" {
			t.Fatalf("%q: not canonical: %q", s, name)
		}
		if again, err := routing.ParseDomain(name); err != nil || again != d {
			t.Fatalf("%q: %q parses to %q, %v", s, name, again, err)
		}
		if _, ok := d.Literal(); ok != d.IsLiteral() {
			t.Fatalf("%q: literal without an address", name)
		}
		if again, err := routing.ParseDomain(d.Unicode()); err != nil || again != d {
			t.Fatalf("%q: its Unicode form %q is %q, %v", name, d.Unicode(), again, err)
		}
		if p, ok := d.Parent(); ok && !d.IsSubdomainOf(p) {
			t.Fatalf("%q: not below its parent %q", name, p)
		}
	})
}

// seedAddresses are mailboxes and attacks on their parsing.
var seedAddresses = []string{
	"chris@contoso.com", `"chris p"@contoso.com`, `"a\"b\\"@c`,
	`"victim@ext.lab> ORCPT=rfc822;x"@int.lab`, // hides a whole path in quotes
	`"a"@b@c`, "a@b@c", "@a,@b:u@c", "user%ext@int", "ext!user@int", // which domain?
	"jürgen@bücher.example", "a\u2028@b", "a\xff@b", // RFC 6531
	"a@[192.0.2.1]", "a@[IPv6:::1]", "a..b@c", "a@b\r\n", "\x00@b", `"\`, "Postmaster",
}

// checkAddress checks what must hold for every mailbox that a parser returns:
// it prints without controls, within the limits, reads back the same, and
// its domain is what follows the last @ outside of quotes, found by a scanner
// that knows nothing but quotes and backslashes.
func checkAddress(t *testing.T, a routing.Address) {
	t.Helper()
	s := a.String()
	noControls(t, s)
	if len(s) > 571 {
		t.Fatalf("%q: %d bytes", s, len(s))
	}
	quoted, at := false, -1
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '@' && !quoted:
			if at >= 0 {
				t.Fatalf("%q: two @", s)
			}
			at = i
		case strings.IndexByte(" <>,;:()\t", s[i]) >= 0 && !quoted && at < 0:
			t.Fatalf("%q: a special outside of quotes", s)
		}
	}
	if quoted || at < 0 || s[at+1:] != a.Domain().String() {
		t.Fatalf("%q: scanned domain %q, parsed %q", s, s[at+1:], a.Domain())
	}
	if again, err := routing.ParseAddress(s); err != nil || again != a {
		t.Fatalf("%q parses to %q, %v", s, again, err)
	}
	if again, rest, err := routing.ParsePath("<"+s+"> SIZE=1", true); err != nil || again != a || rest != " SIZE=1" {
		t.Fatalf("<%s> parses to %q, %q, %v", s, again, rest, err)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range seedAddresses {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := routing.ParseAddress(s)
		if (err == nil) != a.IsValid() {
			t.Fatalf("%q: %q, %v", s, a, err)
		}
		if err != nil {
			noControls(t, err.Error())
			return
		}
		checkAddress(t, a)
	})
}

func FuzzParsePath(f *testing.F) {
	for _, s := range seedAddresses {
		f.Add("<"+s+">", true)
		f.Add("<"+s+"> SIZE=1", false)
	}
	for _, s := range seedAddresses {
		f.Add(s+" SIZE=1", true)
		f.Add(" <@relay.example,@other.example: "+s+" >", false)
	}
	f.Add("<>", true)
	f.Add("<> AUTH=<>", false)
	f.Add("root", true)
	f.Add("SIZE=1", true)
	f.Fuzz(func(t *testing.T, s string, nullOK bool) {
		a, rest, err := routing.ParsePath(s, nullOK)
		if err != nil {
			noControls(t, err.Error())
			if a != (routing.Address{}) || rest != "" {
				t.Fatalf("%q: %q, %q beside an error", s, a, rest)
			}
			return
		}
		if !strings.HasSuffix(s, rest) || rest != "" && strings.Trim(rest[:1], " \t") != "" {
			t.Fatalf("%q: rest %q", s, rest)
		}
		switch {
		case a.IsNull():
			if !nullOK || strings.Trim(strings.TrimSuffix(s, rest), "< \t>") != "" {
				t.Fatalf("%q: the null path", s)
			}
			return
		case !a.IsValid():
			if a = a.WithDomain(routing.MustParseDomain("b")); !a.IsValid() {
				return // too long
			}
		}
		checkAddress(t, a)
		// What is written of it is read as the same, however liberally.
		for _, path := range []string{"<" + a.String() + ">", a.String(), "< " + a.String() + " >"} {
			if again, more, err := routing.ParsePath(path+" SIZE=1", nullOK); err != nil || again != a || more != " SIZE=1" {
				t.Fatalf("%q: %q is read as %q, %q, %v", s, path, again, more, err)
			}
		}
	})
}

func FuzzParseAddressSpace(f *testing.F) {
	for _, s := range []string{
		"contoso.com", "SMTP:*.contoso.com;10", "*", "--;2", "Local:SMTP:*", // SMTP
		"X400:o=MySite;p=MyOrg;a=adatum;c=us;2", "NOTES:a:b", // the last semicolon, a second colon
		"[IPv6:2001:db8::1];3", "*contoso.com", "a;0", "a;256", "Local:Local:*", "X400:*;1;\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := routing.ParseAddressSpace(s)
		if (err == nil) != a.IsValid() {
			t.Fatalf("%q: %q, %v", s, a, err)
		}
		if err != nil {
			noControls(t, err.Error())
			return
		}
		text := a.String()
		noControls(t, text)
		again, err := routing.ParseAddressSpace(text)
		if err != nil || again.Compare(a) != 0 || again.String() != text {
			t.Fatalf("%q: %q parses to %q, %v", s, text, again, err)
		}
		if a.Cost() < 1 || a.Cost() > 100 {
			t.Fatalf("%q: cost %d", s, a.Cost())
		}
		if d := a.Domain(); d.IsValid() && !a.Matches(d) {
			t.Fatalf("%q does not match its own domain", text)
		}
	})
}
