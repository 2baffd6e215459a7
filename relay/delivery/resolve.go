package delivery

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// maxAddresses is how many addresses of one candidate are called at most. maxFound is how
// many are looked up at most while some have failed lately.
const (
	maxAddresses = 5
	maxFound     = 30
)

// endpoint is an address to call.
type endpoint struct {
	host string // the host with the address

	published *HostPolicy // what the owner of the domain requires; nil: nothing
	addr      netip.AddrPort
	pref      uint16 // of the host's MX record; lower is better
}

// resolve returns the addresses of c, the best first. refused are the errors of hosts that
// get no mail by the policy of the domain's owner; with an error, it has them.
func (s *Sender) resolve(ctx context.Context, h *NextHop, c candidate) (list []endpoint, refused []error, err error) {
	if c.addr.IsValid() {
		list, err = s.callable(h, c, []endpoint{{host: c.name, addr: netip.AddrPortFrom(c.addr.Unmap(), h.port())}})
		return list, nil, err
	}
	hosts, err := s.exchangers(ctx, h, c)
	if err != nil {
		return nil, nil, err
	}
	policies, err := s.published(ctx, h, c, hosts)
	if err != nil {
		return nil, nil, err
	}
	var failed error
	for i, mx := range hosts {
		var policy *HostPolicy
		if policies != nil {
			policy = &policies[i]
			if err := policy.refusal(mx.Host); err != nil {
				refused = append(refused, err)
				continue
			}
		}
		addrs, err := s.resolverFor(h.out).LookupNetIP(ctx, "ip", asked(mx.Host, c.kind == mailDomain || mx.Host != c.name))
		if err != nil && (failed == nil || !isNotFound(err)) {
			failed = err
		}
		for _, a := range alternateFamilies(addrs) {
			e := endpoint{host: mx.Host, published: policy, addr: netip.AddrPortFrom(a.Unmap(), h.port()), pref: mx.Pref}
			if !slices.ContainsFunc(list, e.isLike) {
				list = append(list, e)
			}
		}
		if s.isFullList(list) {
			break
		}
	}
	switch {
	case len(list) == 0 && len(refused) > 0:
		return nil, nil, &failures{list: refused, worst: refused[0]}
	case len(list) == 0:
		return nil, nil, noAddress(c, failed)
	}
	list, err = s.callable(h, c, list)
	return list, refused, err
}

// isLike reports whether a call to e would be the same as one to known. Another host at the same
// address may have another policy.
func (e endpoint) isLike(known endpoint) bool {
	return known.addr == e.addr && (known.host == e.host || known.published == nil && e.published == nil)
}

// isFullList reports whether list has as many addresses as an attempt calls. Addresses that
// failed lately don't count, so that they can't hide the hosts after them for ever.
func (s *Sender) isFullList(list []endpoint) bool {
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

// exchangers returns c's hosts in the order in which to try them: by preference, and in
// random order among equals.
func (s *Sender) exchangers(ctx context.Context, h *NextHop, c candidate) ([]net.MX, error) {
	if c.kind == server {
		return []net.MX{{Host: c.name}}, nil
	}
	hosts, err := exchangersOf(ctx, s.resolverFor(h.out), c.name, h.name, c.kind == mailDomain)
	switch {
	case errors.Is(err, errNullMX) && c.kind == smartHost:
		return nil, &dnsError{reply.NextHopNotFound, err}
	case errors.Is(err, errNullMX):
		return nil, &dnsError{reply.DomainTakesNoMail, err}
	case errors.Is(err, errLoop):
		return nil, loopError(c)
	case err != nil && c.kind == smartHost: // it may be in a hosts file while no name server answers at all
		return []net.MX{{Host: c.name}}, nil
	case err != nil:
		return nil, &dnsError{reply.DNSUnavailable, err}
	}
	rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	slices.SortStableFunc(hosts, byPreference)
	return hosts, nil
}

// byPreference compares mail exchangers, the preferred one first.
func byPreference(a, b net.MX) int { return cmp.Compare(a.Pref, b.Pref) }

// callable returns at most maxAddresses of list: addresses that are preferred to all of
// this server's and of the family of the connector's source address.
func (s *Sender) callable(h *NextHop, c candidate, list []endpoint) ([]endpoint, error) {
	if i := slices.IndexFunc(list, func(e endpoint) bool { return s.listensOn(h, e.addr) }); i >= 0 {
		own := list[i].pref
		list = slices.DeleteFunc(list, func(e endpoint) bool { return e.pref >= own })
		if len(list) == 0 {
			return nil, loopError(c)
		}
	}
	if src := h.source(); src.IsValid() {
		list = slices.DeleteFunc(list, func(e endpoint) bool { return e.addr.Addr().Is4() != src.Unmap().Is4() })
		if len(list) == 0 {
			return nil, &dnsError{reason: reply.NextHopNotFound, err: errors.New("no address of the family of SourceIPAddress")}
		}
	}
	if now := time.Now(); len(list) > 1 && s.health.any.Load() {
		moveToEnd(list, func(e endpoint) bool { return s.health.isBad(e.addr.String(), now) })
	}
	return list[:min(len(list), maxAddresses)], nil
}

// alternateFamilies returns the addresses of a host with IPv6 and IPv4 in turn, otherwise
// in the resolver's order: if one family is unreachable, the other is called soon.
func alternateFamilies(addrs []netip.Addr) []netip.Addr {
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

// listensOn reports whether a Receive connector listens on a: on that very address, or on
// all addresses of its family if a is one of this machine's. Most systems take a call to
// the unspecified address as a call to this machine.
func (s *Sender) listensOn(h *NextHop, a netip.AddrPort) bool {
	for _, b := range h.out.Policy().Bindings() {
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

// local reports whether a is an address of this machine. If the interfaces can't be listed,
// loops are left to the next hop count.
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

// loopError returns the error for a candidate whose hosts are all this server.
func loopError(c candidate) error {
	if c.kind == mailDomain {
		return &dnsError{reply.RoutingLoop, errors.New("mail for " + c.name + " would come back to this server")}
	}
	return &dnsError{reply.NextHopIsSelf, errors.New(c.name + " is this server")}
}

// noAddress returns the error for a candidate without addresses. The sender gets the
// error if the recipient's domain doesn't exist; a smart host that doesn't exist is the
// administrator's mistake.
func noAddress(c candidate, err error) error {
	switch {
	case err != nil && !isNotFound(err):
		return &dnsError{reply.DNSUnavailable, err}
	case c.kind == mailDomain:
		return &dnsError{reply.DomainNotFound, orNoAddress(c, err)}
	}
	return &dnsError{reply.NextHopNotFound, orNoAddress(c, err)}
}

// orNoAddress returns err, or an error that c has no address.
func orNoAddress(c candidate, err error) error {
	if err == nil {
		return errors.New(c.name + " has no address")
	}
	return err
}

// asked returns a name as the Resolver is asked for it. A complete name, such as that of a mail
// domain, gets a dot at its end: without it, the system would look for its own subdomain of that
// name as well. Smart hosts may be short names. An address in place of a host's name, which is a
// mistake in some MX records, stays as it is.
func asked(name string, complete bool) string {
	if _, err := netip.ParseAddr(name); complete && err != nil {
		return name + "."
	}
	return name
}

func isNotFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// sameIP reports whether ip is the address s.
func sameIP(ip []byte, s string) bool {
	a, ok := netip.AddrFromSlice(ip)
	b, err := netip.ParseAddr(s)
	return ok && err == nil && a.Unmap() == b.Unmap()
}
