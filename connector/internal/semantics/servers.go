package semantics

import (
	"cmp"
	"slices"
	"strings"
)

// Here returns this server.
func (p *Policy) Here() Server { return p.local }

// localServer finds this server.
// docs/gateway.md "A policy": Server is its name, by default the first of Servers,
// or localhost.
func (p *Policy) localServer() Server {
	switch {
	case p.Server != "":
		return p.ServerNamed(p.Server)
	case len(p.Servers) > 0:
		return p.Servers[0]
	}
	return p.ServerNamed("localhost")
}

// ServerNamed returns the server with a name or an FQDN, in any letter case. One that isn't
// listed has its name as FQDN.
func (p *Policy) ServerNamed(name string) Server {
	named := func(s Server) bool { return strings.EqualFold(s.Name, name) }
	known := func(s Server) bool { return s.FQDN != "" && strings.EqualFold(s.FQDN, name) }
	for _, is := range []func(Server) bool{named, known} {
		if i := slices.IndexFunc(p.Servers, is); i >= 0 {
			return p.Servers[i]
		}
	}
	return Server{Name: name, FQDN: name}
}

// WireName returns the name of a server on the wire.
func (s Server) WireName() string { return cmp.Or(s.FQDN, s.Name) }

// compareNames compares names without regard to letter case, which decides only between
// names that are otherwise equal.
func compareNames(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}
