//go:build !race

package routing_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// TestNoAllocs lists what must not allocate. (The race detector allocates.)
func TestNoAllocs(t *testing.T) {
	small := route("small", "a.example")
	small.MaxSize = 10
	tbl := table(t, abc(), route("internet", "*"), route("x", "*.contoso.com mail.contoso.com"), small,
		route("x400", "X400:c=us;a=adatum;1"))
	acc := accepted(t, routing.AcceptedDomain{DomainName: "contoso.com"},
		routing.AcceptedDomain{DomainName: "*.fabrikam.com"})
	d := routing.MustParseDomain("a.b.mail.contoso.com")
	name := routing.MustParseDomain("mail.contoso.com")
	a := routing.MustParseAddress(`"chris p"@contoso.com`)
	b := routing.MustParseAddress(`"CHRIS P"@contoso.com`)
	space := routing.MustParseAddressSpace("*.contoso.com;10")
	buf := make([]byte, 0, 300)
	tests := map[string]func(){
		"ParseDomain of canonical ASCII":   func() { routing.ParseDomain("mail.contoso.com") },
		"ParseDomain of an IPv4 literal":   func() { routing.ParseDomain("[192.0.2.1]") },
		"ParseAddress of canonical ASCII":  func() { routing.ParseAddress("chris@contoso.com") },
		"ParseAddress with quotes":         func() { routing.ParseAddress(`"chris p"@contoso.com`) },
		"ParsePath":                        func() { routing.ParsePath("<chris@contoso.com> SIZE=1000", true) },
		"Address.AppendText":               func() { a.AppendText(buf) },
		"Address.EqualFold":                func() { _ = a.EqualFold(b) },
		"AddressSpace.Matches":             func() { space.Matches(d) },
		"Accepted.Lookup":                  func() { acc.Lookup(d) },
		"Accepted.Find":                    func() { acc.Find(d) },
		"Table.Lookup of a subtree":        func() { tbl.Lookup(routing.Query{Domain: d}) },
		"Table.Lookup of an exact domain":  func() { tbl.Lookup(routing.Query{Domain: name, Size: 1}) },
		"Table.Lookup of anything":         func() { tbl.Lookup(routing.Query{Domain: routing.MustParseDomain("x.example")}) },
		"Table.Lookup of X400":             func() { tbl.Lookup(routing.Query{Type: "X400", Address: "c=us;a=adatum;s=Chris"}) },
		"Table.Lookup of a large message":  func() { tbl.Lookup(routing.Query{Domain: routing.MustParseDomain("a.example"), Size: 11}) },
		"Table.Lookup with nothing to say": func() { tbl.Lookup(routing.Query{Domain: name, Exact: true, Accepted: true}) },
	}
	for what, f := range tests {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}
