package delivery

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// maxAddresses is how many addresses of one candidate are called at most, and
// maxFound how many of them are looked up while some have failed lately.
const (
	maxAddresses = 5
	maxFound     = 30
)

// endpoint is an address to call.
type endpoint struct {
	host string // whose it is
	addr netip.AddrPort
	pref uint16 // of the host's MX record; lower is better
}

// resolve returns the addresses of c, best first.
func (s *Sender) resolve(ctx context.Context, h *NextHop, c candidate) ([]endpoint, error) {
	if c.addr.IsValid() {
		return s.callable(h, c, []endpoint{{host: c.name, addr: netip.AddrPortFrom(c.addr.Unmap(), h.port())}})
	}
	hosts, err := s.exchangers(ctx, h, c)
	if err != nil {
		return nil, err
	}
	var list []endpoint
	var failed error
	for _, mx := range hosts {
		addrs, err := s.resolver().LookupNetIP(ctx, "ip", mx.Host)
		if err != nil && (failed == nil || !isNotFound(err)) {
			failed = err
		}
		for _, a := range byTurns(addrs) {
			e := endpoint{mx.Host, netip.AddrPortFrom(a.Unmap(), h.port()), mx.Pref}
			if !slices.ContainsFunc(list, func(known endpoint) bool { return known.addr == e.addr }) {
				list = append(list, e)
			}
		}
		if s.enough(list) {
			break
		}
	}
	if len(list) == 0 {
		return nil, nowhere(c, failed)
	}
	return s.callable(h, c, list)
}

// enough reports whether list has as many addresses as are called. Those that failed
// lately don't count, lest they hide the hosts behind them for ever.
func (s *Sender) enough(list []endpoint) bool {
	if len(list) < maxAddresses || len(list) >= maxFound || !s.health.any.Load() {
		return len(list) >= maxAddresses
	}
	good, now := 0, time.Now()
	for _, e := range list {
		if !s.health.isBad(e.addr.String(), now) {
			good++
		}
	}
	return good >= maxAddresses
}

// exchangers returns c's hosts in the order in which to try them: by
// preference, and among equals in a new order each time.
func (s *Sender) exchangers(ctx context.Context, h *NextHop, c candidate) ([]net.MX, error) {
	if c.kind == server {
		return []net.MX{{Host: c.name}}, nil
	}
	found, err := s.resolver().LookupMX(ctx, c.name)
	if len(found) == 0 {
		// A smart host may be in a hosts file while no name server answers at all.
		if err == nil || isNotFound(err) || c.kind == smartHost {
			return []net.MX{{Host: c.name}}, nil
		}
		return nil, &dnsError{reply.DNSUnavailable, err}
	}
	var hosts []net.MX
	own := math.MaxUint16 + 1 // our own preference
	for _, mx := range found {
		host := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if host == strings.ToLower(h.name) {
			own = min(own, int(mx.Pref))
		}
		if host != "" { // a null MX (RFC 7505)
			hosts = append(hosts, net.MX{Host: host, Pref: mx.Pref})
		}
	}
	if len(hosts) == 0 {
		if c.kind == smartHost {
			return nil, &dnsError{reply.NextHopNotFound, errors.New(c.name + " takes no mail (null MX)")}
		}
		return nil, &dnsError{reply.DomainTakesNoMail, errors.New(c.name + " has a null MX")}
	}
	// From our own preference on, mail would come back (RFC 5321 section 5.1).
	hosts = slices.DeleteFunc(hosts, func(mx net.MX) bool { return int(mx.Pref) >= own })
	if len(hosts) == 0 {
		return nil, loops(c)
	}
	rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	slices.SortStableFunc(hosts, func(a, b net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	return hosts, nil
}

// callable returns at most maxAddresses of list: those preferred to any that
// is ours, and of the family of the connector's source address.
func (s *Sender) callable(h *NextHop, c candidate, list []endpoint) ([]endpoint, error) {
	if i := slices.IndexFunc(list, func(e endpoint) bool { return s.ours(h, e.addr) }); i >= 0 {
		own := list[i].pref
		list = slices.DeleteFunc(list, func(e endpoint) bool { return e.pref >= own })
		if len(list) == 0 {
			return nil, loops(c)
		}
	}
	if src := h.source(); src.IsValid() {
		list = slices.DeleteFunc(list, func(e endpoint) bool { return e.addr.Addr().Is4() != src.Unmap().Is4() })
		if len(list) == 0 {
			return nil, &dnsError{reason: reply.NextHopNotFound, err: errors.New("no address of the family of SourceIPAddress")}
		}
	}
	if now := time.Now(); len(list) > 1 && s.health.any.Load() {
		lastThoseThat(list, func(e endpoint) bool { return s.health.isBad(e.addr.String(), now) })
	}
	return list[:min(len(list), maxAddresses)], nil
}

// byTurns returns the addresses of a host so that IPv6 and IPv4 take turns, in the
// resolver's order otherwise: neither family, should it lead nowhere, keeps the
// other from being called.
func byTurns(addrs []netip.Addr) []netip.Addr {
	list := make([]netip.Addr, 0, len(addrs))
	rest := slices.Clone(addrs)
	for len(rest) > 0 {
		i := 0
		if n := len(list); n > 0 {
			last := list[n-1].Unmap().Is4()
			i = max(0, slices.IndexFunc(rest, func(a netip.Addr) bool { return a.Unmap().Is4() != last }))
		}
		list = append(list, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return list
}

// ours reports whether we listen on a: on that very address, or on all of its
// family and it is one of this machine's. The unspecified address is called
// for "this machine" by most systems.
func (s *Sender) ours(h *NextHop, a netip.AddrPort) bool {
	for _, b := range h.policy.Bindings() {
		if b.Port() != a.Port() {
			continue
		}
		if b == a || a.Addr().IsUnspecified() ||
			b.Addr().IsUnspecified() && b.Addr().Is4() == a.Addr().Is4() && s.local(a.Addr()) {
			return true
		}
	}
	return false
}

// local reports whether a is an address of this machine. Interfaces that
// can't be listed leave the rest to the hop count.
func (s *Sender) local(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	if s.Local != nil {
		return s.Local(a)
	}
	list, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(list, func(i net.Addr) bool {
		n, ok := i.(*net.IPNet)
		return ok && sameIP(n.IP, a.WithZone("").String())
	})
}

// loops is the error for a candidate all of whose hosts are ourselves.
func loops(c candidate) error {
	if c.kind == mailDomain {
		return &dnsError{reply.RoutingLoop, errors.New("mail for " + c.name + " would come back to this server")}
	}
	return &dnsError{reply.NextHopIsSelf, errors.New(c.name + " is this server")}
}

// nowhere is the error for a candidate without addresses. That a recipient's
// domain doesn't exist is for the sender to hear, that a smart host doesn't
// is for the administrator.
func nowhere(c candidate, err error) error {
	switch {
	case err != nil && !isNotFound(err):
		return &dnsError{reply.DNSUnavailable, err}
	case c.kind == mailDomain:
		return &dnsError{reply.DomainNotFound, orNothing(c, err)}
	}
	return &dnsError{reply.NextHopNotFound, orNothing(c, err)}
}

// orNothing returns err, or says that c has no address.
func orNothing(c candidate, err error) error {
	if err == nil {
		return errors.New(c.name + " has no address")
	}
	return err
}

func isNotFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// sameIP reports whether ip is the address that s says.
func sameIP(ip []byte, s string) bool {
	a, ok := netip.AddrFromSlice(ip)
	b, err := netip.ParseAddr(s)
	return ok && err == nil && a.Unmap() == b.Unmap()
}

func (s *Sender) resolver() Resolver {
	if s.Resolver == nil {
		return net.DefaultResolver
	}
	return s.Resolver
}
