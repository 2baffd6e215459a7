package postfix

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// route is where mail for some domains goes.
type route struct {
	spaces  []routing.AddressSpace
	service string   // of master.cf that sends it: smtp, relay
	hops    []string // as written: [host]:port, domain; none: the mail exchangers of the domain
	tls     string   // its own level in smtp_tls_policy_maps; "": that of the service
	setting string
	at      source.Position
}

// send makes Send connectors of relayhost, default_transport and the transport tables.
func (r *reader) send(s scope) {
	routes := append(r.transports(s), r.classes(s)...)
	routes = r.exact(routes)
	fallback, ok := r.fallback(s)
	routes = append(routes, r.policed(s, routes, fallback)...)
	if ok {
		routes = append(routes, fallback)
	}
	names := map[string]bool{}
	for _, rt := range merged(routes) {
		r.connectorFor(rt, names)
	}
	r.unusedPasswords(s)
}

// classes returns the routes of the domains that Postfix delivers to a server by the transport of
// their class.
func (r *reader) classes(s scope) []route {
	var routes []route
	for _, class := range []struct{ transport, domains string }{
		{"local_transport", "mydestination"}, {"virtual_transport", "virtual_mailbox_domains"}, {"relay_transport", "relay_domains"},
	} {
		service, hop, _ := strings.Cut(s.get(class.transport), ":")
		if !s.given(class.transport) {
			continue
		}
		for _, space := range r.accepted[class.domains] {
			switch {
			case !r.sends(service):
				s.notPossible(class.transport, fmt.Sprintf("mail can't leave by %q here", service), "make a Send connector for these domains with the server that takes their mail, or use -lmtp")
				r.unroute(space)
			case hop != "":
				s.taken(class.transport, "a Send connector for the domains of "+class.domains)
				routes = append(routes, route{spaces: []routing.AddressSpace{space}, service: service, hops: words(hop, blanks), setting: class.transport, at: s.find(class.transport).at})
			default:
				s.taken(class.transport, "the Send connector for all other mail")
			}
		}
	}
	return routes
}

// fallback returns the route of all other mail.
func (r *reader) fallback(s scope) (route, bool) {
	rt := route{spaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, setting: "relayhost", at: s.find("relayhost").at}
	service, hop, _ := strings.Cut(s.get("default_transport"), ":")
	rt.service = service
	if hop = strings.TrimSpace(hop); hop != "" {
		rt.hops, rt.setting, rt.at = []string{hop}, "default_transport", s.find("default_transport").at
		s.withoutMeaning("relayhost", "default_transport names the next hop")
	} else {
		rt.hops = s.list("relayhost")
		s.taken("relayhost", "SmartHosts of the Send connector for all other mail")
	}
	if !r.sends(service) {
		s.notPossible("default_transport", fmt.Sprintf("mail can't leave by %q here, so there is no Send connector for all other mail", service), "make a Send connector with the address space *")
		return route{}, false
	}
	s.taken("default_transport", "the Send connector for all other mail")
	return rt, true
}

// sends reports whether a service of master.cf sends by SMTP.
func (r *reader) sends(service string) bool {
	for _, c := range r.clients {
		if c.name == service {
			return true
		}
	}
	return false
}

// transports returns the routes of the transport tables.
func (r *reader) transports(s scope) []route {
	const name = "transport_maps"
	var routes []route
	seen := map[string]bool{}
	for _, text := range s.list(name) {
		if !isTable(text) {
			s.notPossible(name, fmt.Sprintf("%q isn't a table", text), "write type:file")
			continue
		}
		t := s.table(text)
		if t.err != nil || t.cidr {
			s.notPossible(name, fmt.Sprintf("%s: %v", text, t.problem()), "make Send connectors with the address spaces that the table has")
			continue
		}
		s.taken(name, "AddressSpaces and SmartHosts of Send connectors")
		for _, row := range t.rows {
			if row.at.File == "" {
				row.at = s.find(name).at
			}
			if key := strings.ToLower(row.key); !seen[key] { // the first table decides
				seen[key] = true
				routes = append(routes, r.transport(row)...)
			}
		}
	}
	return routes
}

// transport returns the routes of a row of a transport table.
func (r *reader) transport(row row) []route {
	service, hop, _ := strings.Cut(row.value, ":")
	service, hop = strings.TrimSpace(service), strings.TrimSpace(hop)
	pattern := strings.TrimPrefix(row.key, ".")
	space, err := routing.ParseAddressSpace(pattern)
	if pattern != row.key && err == nil {
		space, err = routing.ParseAddressSpace("*." + pattern)
	}
	switch {
	case err != nil || strings.Contains(row.key, "@"):
		r.NotPossible(row.at, row.key, "a route depends on the domain of the recipient alone", "let the next hop for the domain send this recipient's mail on")
		return nil
	case service == "" && hop == "":
		r.Taken(row.at, row.key, "an address space of the Send connector for all other mail")
		return []route{{spaces: []routing.AddressSpace{space}, setting: "*", at: row.at}}
	case service == "":
		service = "smtp"
	case !r.sends(service):
		r.NotPossible(row.at, row.key, fmt.Sprintf("mail can't leave by %q here; mail for accepted domains waits for a Send connector, other mail takes the route of all other mail", service), "make a Send connector with this address space and the server that takes its mail, or use -lmtp")
		r.unroute(space)
		return nil
	}
	rt := route{spaces: []routing.AddressSpace{space}, service: service, setting: row.key, at: row.at}
	if hop != "" {
		rt.hops = words(hop, blanks)
	}
	r.Taken(row.at, row.key, "an address space of a Send connector")
	return []route{rt}
}

// unroute keeps mail for accepted domains from the route of all other mail, which the old server
// doesn't use for it: such mail waits, or is refused, until there is a Send connector for it.
func (r *reader) unroute(space routing.AddressSpace) {
	for _, i := range r.index[space.Domain().String()] {
		r.Config.Accepted[i].DomainType = routing.Authoritative
	}
}

// exact completes routes of .contoso.com, which don't hold for contoso.com itself: as an address
// space, *.contoso.com does. A route of contoso.com that no row has leads where other mail goes.
func (r *reader) exact(routes []route) []route {
	exact := map[string]bool{}
	for _, rt := range routes {
		if rt.spaces[0].Kind() == routing.SpaceExact {
			exact[rt.spaces[0].Domain().String()] = true
		}
	}
	for _, rt := range routes {
		if sp := rt.spaces[0]; sp.Kind() == routing.SpaceSubtree && !exact[sp.Domain().String()] {
			if own, err := routing.ParseAddressSpace(sp.Domain().String()); err == nil {
				exact[sp.Domain().String()] = true
				routes = append(routes, route{spaces: []routing.AddressSpace{own}, setting: "*", at: rt.at})
			}
		}
	}
	return routes
}

// merged joins the routes to the same next hops, and those that follow the route of all other mail
// with that one, which is the last.
func merged(routes []route) []route {
	var out []route
	index := map[string]int{}
	other := func(rt route) string { return strings.Join(append([]string{rt.service, rt.tls}, rt.hops...), " ") }
	fallback := ""
	if n := len(routes); n > 0 && routes[n-1].spaces[0].Kind() == routing.SpaceAny {
		fallback = other(routes[n-1])
		routes = slices.Concat(routes[n-1:], routes[:n-1]) // it names its connector
	}
	for _, rt := range routes {
		key := other(rt)
		if rt.setting == "*" {
			if key = fallback; key == "" {
				continue
			}
		}
		if at, ok := index[key]; ok {
			out[at].spaces = append(out[at].spaces, rt.spaces...)
			continue
		}
		index[key] = len(out)
		out = append(out, rt)
	}
	return out
}

// hop is a next hop.
type hop struct {
	host param.SmartHost
	port int
}

// nextHop reads a next hop: [host]:port, host:port, host or an address in brackets.
func nextHop(text string, port int) (hop, error) {
	host, rest := text, ""
	if strings.HasPrefix(text, "[") {
		var ok bool
		if host, rest, ok = strings.Cut(text[1:], "]"); !ok {
			return hop{}, fmt.Errorf("%q: the bracket isn't closed", text)
		}
		rest = strings.TrimPrefix(rest, ":")
	} else if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, rest = text[:i], text[i+1:]
	}
	if rest != "" {
		n, err := strconv.ParseUint(rest, 10, 16)
		switch {
		case ports[rest] > 0:
			port = int(ports[rest])
		case err == nil && n > 0:
			port = int(n)
		default:
			return hop{}, fmt.Errorf("%q: the port isn't known; write its number", text)
		}
	}
	host = strings.TrimPrefix(strings.TrimPrefix(host, "IPv6:"), "ipv6:")
	if _, err := netip.ParseAddr(host); err == nil {
		host = "[" + host + "]"
	}
	h, err := param.ParseSmartHost(host)
	return hop{h, port}, err
}
