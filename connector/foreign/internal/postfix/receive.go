package postfix

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// receive makes Receive connectors of the smtpd services.
func (r *reader) receive() {
	var taken []netip.AddrPort
	for _, sv := range r.services {
		bindings := sv.bindings()
		if i := slices.IndexFunc(bindings, func(b netip.AddrPort) bool { return meets(b, taken) }); i >= 0 {
			r.NotPossible(sv.at, sv.name+" inet", fmt.Sprintf("another service listens at %v already", bindings[i]), "give the services different ports")
			continue
		}
		if len(bindings) == 0 {
			r.NotPossible(sv.at, sv.name+" inet", "no address is known at which it listens", "set inet_interfaces to addresses of this machine")
			continue
		}
		taken = append(taken, bindings...)
		sv.connectors(bindings, sv.networks())
	}
}

// meets reports whether a binding takes a port of others.
func meets(b netip.AddrPort, others []netip.AddrPort) bool {
	return slices.ContainsFunc(others, func(o netip.AddrPort) bool {
		return b.Port() == o.Port() && b.Addr().BitLen() == o.Addr().BitLen() && (b.Addr() == o.Addr() || b.Addr().IsUnspecified() || o.Addr().IsUnspecified())
	})
}

// bindings returns where a service listens.
func (sv *service) bindings() []netip.AddrPort {
	hosts, setting := sv.list("inet_interfaces"), "inet_interfaces"
	if sv.host != "" {
		hosts, setting = []string{sv.host}, ""
	}
	var out []netip.AddrPort
	for _, host := range hosts {
		var addrs []netip.Addr
		switch a, err := netip.ParseAddr(strings.Trim(host, "[]")); {
		case err == nil:
			addrs = []netip.Addr{a}
		case host == "all", host == "*":
			addrs = []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
		case host == "loopback-only", host == "localhost":
			addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
		case setting == "":
			sv.NotPossible(sv.at, sv.name+" inet", fmt.Sprintf("the address of %q isn't known here", host), "write the address")
		default:
			sv.notPossible(setting, fmt.Sprintf("the address of %q isn't known here", host), "write the address")
		}
		for _, a := range addrs {
			if sv.speaks(a) {
				out = append(out, netip.AddrPortFrom(a, sv.port))
			}
		}
	}
	sv.taken("inet_interfaces", "Bindings of the Receive connectors")
	sv.taken("inet_protocols", "the families of the Bindings of the Receive connectors")
	return out
}

// speaks reports whether inet_protocols has the family of an address.
func (sv *service) speaks(a netip.Addr) bool {
	protocols := sv.list("inet_protocols")
	return slices.Contains(protocols, "all") || slices.Contains(protocols, "ipv4") && a.Is4() || slices.Contains(protocols, "ipv6") && a.Is6()
}

// What a client may do.
const (
	nothing = iota
	inbound // send to domains of the server
	relays  // send to all domains
	levels
)

// cell is a set of clients that may do the same.
type cell struct {
	anonymous, user int // levels
	clients         []rangeset.Span
}

// connectors makes the Receive connectors of a service: one for each set of clients that may do
// the same.
func (sv *service) connectors(bindings []netip.AddrPort, trusted []rangeset.Span) {
	rules := &restrictions{scope: sv.scope, trusted: trusted, own: sv.ownAddresses()}
	cells := sv.cells(rules)
	base := widest(cells)
	security := sv.security(rules)
	for _, name := range restrictionLists {
		sv.taken(name, "who may send to which recipients, by the Receive connectors of "+sv.name)
	}
	names := map[string]bool{}
	for i, c := range cells {
		refused := c.anonymous == nothing && (c.user == nothing || !security.logon)
		if refused && i == base {
			continue // without a connector, no client can send
		}
		name := sv.name
		switch {
		case refused:
			name += " refused"
		case i != base:
			name += [levels]string{" users", " inbound", " relay"}[c.anonymous]
		}
		for n := 2; names[name]; n++ {
			name = fmt.Sprintf("%s %d", strings.TrimRight(name, " 0123456789"), n)
		}
		names[name] = true
		rc := connector.Receive{Name: name, Bindings: bindings, RemoteIPRanges: rangeset.Ranges(c.clients)}
		if i == base {
			rc.RemoteIPRanges = everyoneOf(c.clients)
		}
		if refused {
			rc.Comment = "Acknowledged accepts-nothing: Postfix refused these clients"
		}
		security.apply(&rc, c)
		if security.requireTLS && !security.tls {
			continue // no client can send
		}
		sv.receiveLimits(&rc, len(rangeset.Minus(c.clients, trusted)) == 0)
		sv.add(rc)
	}
	sv.Taken(sv.at, sv.name+" inet", fmt.Sprintf("Receive connectors at port %d", sv.port))
}

// add adds a Receive connector.
func (sv *service) add(rc connector.Receive) {
	path := source.Named("Receive", rc.Name)
	sv.Config.Receive = append(sv.Config.Receive, rc)
	sv.Place(path, sv.at)
	if len(rc.Permissions) > 0 {
		sv.Place(path+".RemoteIPRanges", sv.find("mynetworks").at)
	}
}

// cells sorts all clients by what they may do. The clients that may do nothing are a cell, too.
func (sv *service) cells(rules *restrictions) []cell {
	universe := sv.universe()
	anonymous := levelled(universe, rules, false)
	users := [levels][]rangeset.Span{universe}
	if sv.yes("smtpd_sasl_auth_enable") {
		users = levelled(universe, rules, true)
	}
	var cells []cell
	for a := range anonymous {
		for u := range users {
			if clients := rangeset.Join(rangeset.Intersect(anonymous[a], users[u]), nil); len(clients) > 0 {
				cells = append(cells, cell{a, u, clients})
			}
		}
	}
	return cells
}

// universe returns the addresses of the families that the server speaks.
func (sv *service) universe() []rangeset.Span {
	var out []rangeset.Span
	for _, s := range rangeset.All() {
		if sv.speaks(s.Low) {
			out = append(out, s)
		}
	}
	return out
}

// levelled sorts clients by what they may do.
func levelled(universe []rangeset.Span, rules *restrictions, user bool) (out [levels][]rangeset.Span) {
	own := rangeset.Intersect(universe, rules.passes(question{user: user}))
	out[relays] = rangeset.Intersect(own, rules.passes(question{user: user, relay: true}))
	out[inbound] = rangeset.Minus(own, out[relays])
	out[nothing] = rangeset.Minus(universe, own)
	return out
}

// ownAddresses returns the addresses of permit_inet_interfaces that the files have.
func (sv *service) ownAddresses() []rangeset.Span {
	own := rangeset.Union([]param.Range{param.MustParseRange("127.0.0.0/8"), param.MustParseRange("::1")})
	for _, w := range sv.list("inet_interfaces") {
		if s, err := network(w); err == nil {
			own = rangeset.Join(own, []rangeset.Span{s})
		}
	}
	return own
}

// widest returns the cell with the most addresses. Its connector can have all addresses, because
// the smaller ranges of the others win.
func widest(cells []cell) int {
	best, most := -1, new(big.Int)
	for i, c := range cells {
		n := new(big.Int)
		for _, s := range c.clients {
			low, high := s.Low.As16(), s.High.As16()
			extent := new(big.Int).Sub(new(big.Int).SetBytes(high[:]), new(big.Int).SetBytes(low[:]))
			if s.Low.Is4() { // IPv4 decides where it is spoken
				extent.Lsh(extent, 128)
			}
			n.Add(n, extent)
		}
		if best < 0 || n.Cmp(most) > 0 {
			best, most = i, n
		}
	}
	return best
}

// everyoneOf returns all addresses of the families of some clients.
func everyoneOf(clients []rangeset.Span) []param.Range {
	var out []param.Range
	if slices.ContainsFunc(clients, func(s rangeset.Span) bool { return s.Low.Is4() }) {
		out = append(out, param.MustParseRange("0.0.0.0/0"))
	}
	if slices.ContainsFunc(clients, func(s rangeset.Span) bool { return s.Low.Is6() }) {
		out = append(out, param.MustParseRange("::/0"))
	}
	return out
}

// security is how a service uses TLS and lets users log on.
type security struct {
	tls, requireTLS bool
	logon           bool
	logonWithTLS    bool // only with TLS
	ownSenders      bool // users may send as their own addresses only
	minimum         param.TlsVersion
}

// apply sets the parameters of a Receive connector that say what its clients may do.
func (s security) apply(rc *connector.Receive, c cell) {
	var mechanism auth.Mechanism
	if s.tls {
		mechanism |= auth.TLS
	}
	if s.logon && c.user != nothing {
		mechanism |= auth.BasicAuth
		if s.logonWithTLS {
			mechanism |= auth.BasicAuthRequireTLS
		}
	}
	rc.AuthMechanism, rc.RequireTLS, rc.TlsMinimumVersion = param.Value(mechanism), s.requireTLS, s.minimum
	var groups permission.Group
	if c.anonymous != nothing {
		groups |= permission.AnonymousUsers
	}
	if c.anonymous == relays {
		rc.Permissions = append(rc.Permissions, permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)})
	}
	var users permission.Set
	if s.logon && c.user != nothing && !s.ownSenders {
		users = permission.SetOf(permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender)
	}
	switch {
	case !s.logon:
	case c.user == relays:
		groups |= permission.ExchangeUsers
	case c.user == inbound:
		users = users.Union(permission.SetOf(permission.Submit))
	}
	if users != 0 {
		rc.Permissions = append(rc.Permissions, permission.Grant{To: permission.SIDAuthenticatedUsers, Allow: users})
	}
	rc.PermissionGroups = param.Value(groups)
}
