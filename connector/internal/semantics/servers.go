package semantics

import (
	"cmp"
	"slices"
	"strings"
)

// here returns this server.
// docs/gateway.md "A policy": Server is its name, by default the first of Servers,
// or localhost.
func (p *Policy) here() server {
	switch {
	case p.Server != "":
		return p.server(p.Server)
	case len(p.Servers) > 0:
		return p.Servers[0]
	}
	return p.server("localhost")
}

// server returns the server with a name or an FQDN, in any letter case. One that isn't
// listed has its name as FQDN.
func (p *Policy) server(name string) server {
	named := func(s server) bool { return strings.EqualFold(s.Name, name) }
	known := func(s server) bool { return s.FQDN != "" && strings.EqualFold(s.FQDN, name) }
	for _, is := range []func(server) bool{named, known} {
		if i := slices.IndexFunc(p.Servers, is); i >= 0 {
			return p.Servers[i]
		}
	}
	return server{Name: name, FQDN: name}
}

// wireName returns the name of a server on the wire.
func (s server) wireName() string { return cmp.Or(s.FQDN, s.Name) }

// compareNames compares names without regard to letter case, which decides only between
// names that are otherwise equal.
func compareNames(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}
