package exchange

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
)

// claim is a place that connectors listen at and the clients they serve there.
// With the zero addr it is every address of the family.
type claim struct {
	server string // folded
	role   param.TransportRole
	ipv4   bool
	port   uint16
	addr   netip.Addr
	key    rangeset.Key
}

// claims find the few connectors that a Receive connector might conflict with
// (bindings-conflict), without comparing it with all. Package connector decides
// which of them do conflict.
type claims map[claim]map[*item[receive]]struct{}

// claimsOf returns the claims of a connector, whose defaults are filled in: those it
// is entered under, and those under which a rival would be.
func (o *Org) claimsOf(r *receive) (own, rivals []claim) {
	for _, b := range r.Bindings {
		addr := b.Addr().Unmap()
		c := claim{server: fold(r.Server), role: r.TransportRole, ipv4: addr.Is4(), port: b.Port(),
			key: rangeset.KeyOf(r.RemoteIPRanges, addr.Is4())}
		own = append(own, c, c.at(addr))
		if addr.IsUnspecified() { // it meets everybody on the port
			rivals = append(rivals, c)
			continue
		}
		wildcard := netip.IPv6Unspecified()
		if addr.Is4() {
			wildcard = netip.IPv4Unspecified()
		}
		rivals = append(rivals, c.at(addr), c.at(wildcard))
	}
	return own, rivals
}

func (c claim) at(a netip.Addr) claim { c.addr = a; return c }

func (m claims) add(o *Org, it *item[receive]) {
	full := o.fullReceive(&it.cfg)
	own, _ := o.claimsOf(&full)
	for _, c := range own {
		if m[c] == nil {
			m[c] = map[*item[receive]]struct{}{}
		}
		m[c][it] = struct{}{}
	}
}

func (m claims) remove(o *Org, it *item[receive]) {
	full := o.fullReceive(&it.cfg)
	own, _ := o.claimsOf(&full)
	for _, c := range own {
		delete(m[c], it)
		if len(m[c]) == 0 {
			delete(m, c)
		}
	}
}

// neighbours returns connectors that r might conflict with, other than self: at
// least one for each conflict that there is.
func (m claims) neighbours(o *Org, r *receive, self *item[receive]) []receive {
	full := o.fullReceive(r)
	_, rivals := o.claimsOf(&full)
	var found []receive
	var seen []*item[receive]
	for _, c := range rivals {
		for it := range m[c] {
			if it == self {
				continue
			}
			if !slices.Contains(seen, it) {
				seen = append(seen, it)
				found = append(found, it.cfg)
			}
			break
		}
	}
	return found
}

// fullReceive returns r with its defaults filled in.
func (o *Org) fullReceive(r *receive) receive { return r.WithDefaults(o.around(r)) }

// around returns the rest of the configuration, by which r is checked and completed:
// the configuration without connectors and, of the accepted domains, with the one
// that r names. There may be many, and package connector looks at each.
func (o *Org) around(r *receive) *connector.Config {
	if r.DefaultDomain == "" {
		return &o.base
	}
	cfg := o.base
	for _, it := range []*item[accepted]{o.accepted.find(r.DefaultDomain), o.domains[fold(r.DefaultDomain)]} {
		if it != nil {
			cfg.Accepted = append(cfg.Accepted, it.cfg)
		}
	}
	return &cfg
}
