package postfix

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign/internal/access"
	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// receive makes Receive connectors of the smtpd services.
func (r *reader) receive() {
	var taken []netip.AddrPort
	disabled := scope{reader: r}.list("master_service_disable")
	scope{reader: r}.taken("master_service_disable", "no Receive connectors for these services")
	for _, sv := range r.services {
		if slices.Contains(disabled, "inet") || slices.Contains(disabled, sv.name+".inet") || slices.Contains(disabled, sv.name+"/inet") {
			r.Taken(sv.at, sv.name+" inet", "master_service_disable switches it off")
			continue
		}
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

// connectors makes the Receive connectors of a service.
func (sv *service) connectors(bindings []netip.AddrPort, trusted []rangeset.Span) {
	rules := &restrictions{scope: sv.scope, trusted: trusted, own: sv.ownAddresses()}
	universe := sv.universe()
	anonymous := levelled(universe, rules, false)
	users := access.Of(universe, nil, nil)
	if sv.yes("smtpd_sasl_auth_enable") {
		users = levelled(universe, rules, true)
	}
	sv.taken("smtpd_restriction_classes", "names for restrictions")
	terms := sv.terms(rules)
	terms.Bindings = bindings
	for _, name := range restrictionLists {
		sv.taken(name, "who may send to which recipients, by the Receive connectors of "+sv.name)
	}
	made := terms.Connectors(anonymous, users, func(rc *connector.Receive, clients []rangeset.Span) {
		sv.receiveLimits(rc, len(rangeset.Minus(clients, trusted)) == 0)
	})
	for _, rc := range made {
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
func levelled(universe []rangeset.Span, rules *restrictions, user bool) access.Clients {
	return access.Of(universe, rules.passes(question{user: user}), rules.passes(question{user: user, relay: true}))
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
