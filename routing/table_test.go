package routing_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/routing"
)

// route makes a route from its name and space-separated address spaces, of
// which "from:NAME" is a source server instead.
func route(name, spaces string) routing.Connector {
	r := routing.Connector{Name: name}
	for s := range strings.FieldsSeq(spaces) {
		if source, ok := strings.CutPrefix(s, "from:"); ok {
			r.Sources = append(r.Sources, source)
			continue
		}
		r.Spaces = append(r.Spaces, routing.MustParseAddressSpace(s))
	}
	return r
}

func table(t testing.TB, topology routing.Topology, routes ...routing.Connector) *routing.Table {
	t.Helper()
	table, err := routing.NewTable(topology, routes)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// abc is three sites in a row, A-B-C, seen from server A1 in A.
func abc() routing.Topology {
	return routing.Topology{
		Local: "A1",
		Servers: []routing.Server{
			{Name: "A1", Site: "A", FQDN: "a1.contoso.com"}, {Name: "A2", Site: "A"},
			{Name: "B1", Site: "B"}, {Name: "C1", Site: "C"}, {Name: "Z1", Site: "Z"},
		},
		Links: []routing.SiteLink{
			{Name: "AB", Sites: []string{"A", "B"}, Cost: 10},
			{Name: "BC", Sites: []string{"B", "C"}, Cost: 10, MaxSize: 1000},
		},
	}
}

// TestTableRules has a row for every rule of the choice.
func TestTableRules(t *testing.T) {
	disabled := func(r routing.Connector) routing.Connector { r.Disabled = true; return r }
	scoped := func(r routing.Connector) routing.Connector { r.Scoped = true; return r }
	limit := func(n int64, r routing.Connector) routing.Connector { r.MaxSize = n; return r }
	type routes = []routing.Connector
	tests := []struct {
		rule   string
		routes routes
		domain string
		size   int64
		want   string // connector, or the outcome
		via    string
		cost   int
	}{
		{"no route", routes{}, "contoso.com", 0, "Unreachable", "", 0},
		{"no space matches", routes{route("x", "fabrikam.com")}, "contoso.com", 0, "Unreachable", "", 0},
		{"no space at all", routes{route("x", "")}, "contoso.com", 0, "Unreachable", "", 0},
		{"exact", routes{route("x", "contoso.com")}, "contoso.com", 0, "x", "", 1},
		{"exact is not below", routes{route("x", "contoso.com")}, "a.contoso.com", 0, "Unreachable", "", 0},
		{"subtree", routes{route("x", "*.contoso.com")}, "a.b.contoso.com", 0, "x", "", 1},
		{"subtree covers its apex", routes{route("x", "*.contoso.com")}, "contoso.com", 0, "x", "", 1},
		{"subtree ends at a dot", routes{route("x", "*.contoso.com")}, "xcontoso.com", 0, "Unreachable", "", 0},
		{"top-level subtree", routes{route("x", "*.com")}, "contoso.com", 0, "x", "", 1},
		{"anything", routes{route("x", "*")}, "[192.0.2.1]", 0, "x", "", 1},
		{"exact before subtree", routes{route("a", "*.contoso.com"), route("x", "contoso.com")}, "contoso.com", 0, "x", "", 1},
		{"longer subtree", routes{route("a", "*.contoso.com"), route("x", "*.m.contoso.com")}, "a.m.contoso.com", 0, "x", "", 1},
		{"subtree before *", routes{route("a", "*"), route("x", "*.com")}, "contoso.com", 0, "x", "", 1},
		{"specific before cheap", routes{route("a", "*;1"), route("x", "contoso.com;100")}, "contoso.com", 0, "x", "", 100},
		{"specific before near", routes{route("a", "*"), route("x", "contoso.com from:B1")}, "contoso.com", 0, "x", "B1", 11},
		{"lowest cost", routes{route("a", "*;2"), route("x", "*;1")}, "contoso.com", 0, "x", "", 1},
		{"path and space add up", routes{route("a", "*;12"), route("x", "*;1 from:B1")}, "contoso.com", 0, "x", "B1", 11},
		{"cost before proximity", routes{route("a", "*;2"), route("x", "*;1 from:A2")}, "contoso.com", 0, "x", "A2", 1},
		{"nearest source server", routes{route("x", "* from:C1 from:B1")}, "contoso.com", 0, "x", "B1", 11},
		{"local among the sources", routes{route("x", "* from:B1 from:A2 from:A1")}, "contoso.com", 0, "x", "", 1},
		{"source by FQDN", routes{route("x", "* from:A1.contoso.com")}, "contoso.com", 0, "x", "", 1},
		{"local before site", routes{route("a", "* from:A2"), route("x", "*")}, "contoso.com", 0, "x", "", 1},
		{"site before remote", routes{route("a", "*;1 from:B1"), route("x", "*;11 from:A2")}, "contoso.com", 0, "x", "A2", 11},
		{"fewer links before name", routes{route("a", "*;1 from:C1"), route("x", "*;11 from:B1")}, "contoso.com", 0, "x", "B1", 21},
		{"lowest name", routes{route("b", "*"), route("X", "*"), route("a", "*")}, "contoso.com", 0, "a", "", 1},
		{"lowest name in any case", routes{route("b", "*"), route("A", "*")}, "contoso.com", 0, "A", "", 1},
		{"disabled", routes{disabled(route("a", "contoso.com")), route("x", "*")}, "contoso.com", 0, "x", "", 1},
		{"only disabled", routes{disabled(route("a", "*"))}, "contoso.com", 0, "Unreachable", "", 0},
		{"out of scope", routes{scoped(route("a", "contoso.com from:B1")), route("x", "*")}, "contoso.com", 0, "x", "", 1},
		{"in scope", routes{scoped(route("x", "contoso.com from:B1 from:A2"))}, "contoso.com", 0, "x", "A2", 1},
		{"no link", routes{route("a", "contoso.com from:Z1"), route("x", "*")}, "contoso.com", 0, "x", "", 1},
		{"only no link", routes{route("a", "* from:Z1")}, "contoso.com", 0, "Unreachable", "", 0},
		{"size first of all", routes{limit(10, route("a", "contoso.com")), route("x", "*")}, "contoso.com", 11, "x", "", 1},
		{"size that just fits", routes{limit(10, route("x", "contoso.com"))}, "contoso.com", 10, "x", "", 1},
		{"size not known", routes{limit(10, route("x", "contoso.com"))}, "contoso.com", 0, "x", "", 1},
		{"all too small", routes{limit(10, route("a", "contoso.com")), limit(9, route("b", "*"))}, "contoso.com", 11, "TooLarge", "", 0},
		{"small link", routes{route("a", "contoso.com from:C1"), route("x", "*")}, "contoso.com", 1001, "x", "", 1},
		{"link that just fits", routes{route("x", "contoso.com from:C1")}, "contoso.com", 1000, "x", "C1", 21},
		{"only a small link", routes{route("a", "* from:C1")}, "contoso.com", 1001, "TooLarge", "", 0},
		{"too small and disabled", routes{disabled(limit(10, route("a", "*")))}, "contoso.com", 11, "Unreachable", "", 0},
		{"other types do not count", routes{route("a", "X400:*")}, "contoso.com", 0, "Unreachable", "", 0},
		{"-- inside the organisation", routes{route("a", "--")}, "contoso.com", 0, "Unreachable", "", 0},
	}
	for _, tt := range tests {
		q := routing.Query{Domain: routing.MustParseDomain(tt.domain), Size: tt.size, Accepted: true}
		m := table(t, abc(), tt.routes...).Lookup(q)
		got := m.Outcome.String()
		if m.Outcome == routing.Routed {
			got = tt.routes[m.Index].Name
		}
		if got != tt.want || m.Via != tt.via || m.Cost != tt.cost {
			t.Errorf("%s: %s via %q at %d; want %s via %q at %d", tt.rule, got, m.Via, m.Cost, tt.want, tt.via, tt.cost)
		}
	}
}

func TestTableExact(t *testing.T) {
	tbl := table(t, routing.Topology{}, route("internet", "*"), route("inside", "*.contoso.com"))
	for domain, want := range map[string]routing.Outcome{"contoso.com": routing.Routed, "fabrikam.com": routing.Unreachable} {
		q := routing.Query{Domain: routing.MustParseDomain(domain), Exact: true}
		if m := tbl.Lookup(q); m.Outcome != want {
			t.Errorf("%s: %v, want %v", domain, m.Outcome, want)
		}
	}
}

func TestTableEdge(t *testing.T) {
	edge := routing.Topology{Local: "EDGE", Servers: []routing.Server{{Name: "EDGE", Edge: true}}}
	tbl := table(t, edge, route("inbound", "--"), route("internet", "*"), route("special", "x.contoso.com"))
	tests := []struct {
		domain   string
		accepted bool
		want     int
	}{
		{"contoso.com", true, 0},
		{"fabrikam.com", false, 1},
		{"x.contoso.com", true, 2},
	}
	for _, tt := range tests {
		q := routing.Query{Domain: routing.MustParseDomain(tt.domain), Accepted: tt.accepted}
		if m := tbl.Lookup(q); m.Outcome != routing.Routed || m.Index != tt.want {
			t.Errorf("%s: %v by %d, want %d", tt.domain, m.Outcome, m.Index, tt.want)
		}
	}
}

func TestTableOtherTypes(t *testing.T) {
	small := route("small", "X400:c=us;a=adatum;p=MyOrg;1")
	small.MaxSize = 10
	routes := []routing.Connector{
		small,
		route("x400", "X400:*;1"),
		route("org", "X400:c=us;p=MyOrg;5"),
		route("fax", "FAX:+1*"),
		route("fax-home", "FAX:+1425*;9"),
		route("fax-one", "FAX:+14255550100;10"),
		route("smtp", "*"),
	}
	tbl := table(t, routing.Topology{}, routes...)
	tests := []struct {
		typ, address string
		size         int64
		want         string
	}{
		{"X400", "s=Chris;o=MySite;P=MYORG;a=adatum;c=US", 0, "small"},
		{"x400", "s=Chris;p=MyOrg;a=adatum;c=us", 11, "org"},
		{"X400", "s=Chris;p=Other;a=adatum;c=us", 0, "x400"},
		{"FAX", "+14255550100", 0, "fax-one"},
		{"FAX", "+14255550101", 0, "fax-home"},
		{"fax", "+12", 0, "fax"},
		{"FAX", "+49", 0, "NonSMTP"},
		{"NOTES", "anybody", 0, "NonSMTP"},
		{"NOTES", "", 0, "NonSMTP"},
	}
	for _, tt := range tests {
		m := tbl.Lookup(routing.Query{Type: tt.typ, Address: tt.address, Size: tt.size})
		got := m.Outcome.String()
		if m.Outcome == routing.Routed {
			got = routes[m.Index].Name
		}
		if got != tt.want {
			t.Errorf("%s:%s: %s, want %s", tt.typ, tt.address, got, tt.want)
		}
	}
	only := table(t, routing.Topology{}, small)
	q := routing.Query{Type: "X400", Address: "c=us;a=adatum;p=MyOrg", Size: 11}
	if m := only.Lookup(q); m.Outcome != routing.TooLarge {
		t.Errorf("all too small: %v", m.Outcome)
	}
}

func TestTableEmpty(t *testing.T) {
	q := routing.Query{Domain: routing.MustParseDomain("contoso.com")}
	for _, tbl := range []*routing.Table{nil, {}, table(t, routing.Topology{})} {
		if m, all := tbl.Explain(q); m != (routing.Match{}) || len(all) != 0 {
			t.Errorf("an empty table routes: %v", m)
		}
		if m := tbl.Lookup(routing.Query{Type: "X400"}); m.Outcome != routing.NonSMTP {
			t.Errorf("an empty table routes X400: %v", m)
		}
	}
	all := table(t, routing.Topology{}, route("x", "*"))
	if m := all.Lookup(routing.Query{}); m.Outcome != routing.Unreachable {
		t.Errorf("the zero Domain is routed: %v", m)
	}
}

func TestTableProblems(t *testing.T) {
	topology := routing.Topology{
		Local:   "A9",
		Servers: []routing.Server{{Name: "A1"}, {}, {Name: "a1"}},
		Links: []routing.SiteLink{
			{Sites: []string{"A"}, Cost: 1}, {Sites: []string{"A", "a"}, Cost: 0}, {Sites: []string{"A", "B"}, Cost: 1, MaxSize: -1},
		},
	}
	bad := route("X", "* from:A1 from:A9")
	bad.Spaces = append(bad.Spaces, routing.AddressSpace{}, routing.MustParseAddressSpace("*;9"))
	bad.MaxSize = -1
	_, err := routing.NewTable(topology, []routing.Connector{
		route("x", "contoso.com contoso.com;2 *.contoso.com X400:a x400:A"), bad, route("", "--"),
	})
	wantProblems(t, err, []string{
		`Servers[1].Name: is empty`,
		`Servers[2].Name: "a1" is the name of another server already`,
		`Local: "A9" is not one of the servers`,
		`Links[0].Sites: needs two sites or more`,
		`Links[1].Cost: 0 is not 1 to`,
		`Links[1].Sites[1]: "a" is in the list twice`,
		`Links[2].MaxSize: -1 is negative`,
		`Connectors[0].Spaces[1]: contoso.com is in the list twice`,
		`Connectors[0].Spaces[4]: A is in the list twice`,
		`Connectors[1].Name: "X" is the name of Connectors[0] already`,
		`Connectors[1].Spaces[1]: is the zero AddressSpace`,
		`Connectors[1].Spaces[2]: * is in the list twice`,
		`Connectors[1].Sources[1]: "A9" is not one of the servers`,
		`Connectors[1].MaxSize: -1 is negative`,
		`Connectors[2].Name: is empty`,
	})
}

func TestTableKeepsNoReference(t *testing.T) {
	routes := []routing.Connector{route("x", "contoso.com")}
	tbl := table(t, routing.Topology{}, routes...)
	routes[0].Disabled = true
	routes[0].Spaces[0] = routing.MustParseAddressSpace("evil.example")
	m := tbl.Lookup(routing.Query{Domain: routing.MustParseDomain("contoso.com")})
	if m.Outcome != routing.Routed || m.Space.String() != "SMTP:contoso.com;1" {
		t.Errorf("changed from outside: %v", m)
	}
}

// The space in the answer is the one given, scope and all.
func TestTableKeepsScope(t *testing.T) {
	r := route("x", "Local:contoso.com;7")
	m := table(t, routing.Topology{}, r).Lookup(routing.Query{Domain: routing.MustParseDomain("contoso.com")})
	if m.Space != r.Spaces[0] {
		t.Errorf("answered by %v (local %v)", m.Space, m.Space.Local())
	}
}
