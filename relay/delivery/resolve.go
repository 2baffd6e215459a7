package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// maxAddresses is how many addresses of one candidate are called at most.
const maxAddresses = 5

// endpoint is an address to call.
type endpoint struct {
	host string // whose it is
	addr netip.AddrPort
}

// dnsError is a look-up that leads nowhere.
type dnsError struct {
	reply connector.Reply
	err   error
}

func (e *dnsError) Error() string {
	if e.err != nil {
		return e.reply.Text + ": " + e.err.Error()
	}
	return e.reply.Text
}

func (e *dnsError) Unwrap() error { return e.err }

// The replies for look-ups that lead nowhere.
var (
	replyNoDomain = connector.Reply{Code: 550, Enhanced: [3]int{5, 1, 2}, Text: "Recipient domain does not exist"}
	replyNullMX   = connector.Reply{Code: 556, Enhanced: [3]int{5, 1, 10}, Text: "Recipient domain does not accept mail"} // RFC 7505
	replyDNS      = connector.Reply{Code: 451, Enhanced: [3]int{4, 4, 3}, Text: "Next hop can't be looked up now"}
	replyNoHost   = connector.Reply{Code: 451, Enhanced: [3]int{4, 4, 4}, Text: "Next hop does not exist"}
	replyLoop     = connector.Reply{Code: 554, Enhanced: [3]int{5, 4, 6}, Text: "Mail for the recipient domain loops back"}
	replyOwnHost  = connector.Reply{Code: 451, Enhanced: [3]int{4, 4, 6}, Text: "Next hop is this server"}
)

// resolve returns the addresses of c, best first.
func (s *Sender) resolve(ctx context.Context, t *target, c candidate) ([]endpoint, error) {
	if c.addr.IsValid() {
		return t.others(c, []endpoint{{c.name, netip.AddrPortFrom(c.addr.Unmap(), t.port())}})
	}
	hosts, err := s.exchangers(ctx, t, c)
	if err != nil {
		return nil, err
	}
	var list []endpoint
	var failed error
	for _, host := range hosts {
		addrs, err := s.resolver().LookupNetIP(ctx, "ip", host)
		if err != nil && (failed == nil || !isNotFound(err)) {
			failed = err
		}
		for _, a := range addrs {
			list = append(list, endpoint{host, netip.AddrPortFrom(a.Unmap(), t.port())})
		}
		if len(list) >= maxAddresses {
			break
		}
	}
	if len(list) == 0 {
		return nil, nowhere(c, failed)
	}
	return t.others(c, list)
}

// exchangers returns the names of c's hosts in the order in which to try them.
func (s *Sender) exchangers(ctx context.Context, t *target, c candidate) ([]string, error) {
	if c.kind == server {
		return []string{c.name}, nil
	}
	mx, err := s.resolver().LookupMX(ctx, c.name)
	if len(mx) == 0 {
		// A smart host may be in a hosts file while no name server answers at all.
		if err == nil || isNotFound(err) || c.kind == smartHost {
			return []string{c.name}, nil
		}
		return nil, &dnsError{replyDNS, err}
	}
	if mx[0].Host == "." || mx[0].Host == "" {
		if c.kind == smartHost {
			return nil, &dnsError{reply: replyNoHost}
		}
		return nil, &dnsError{reply: replyNullMX}
	}
	mx = slices.Clone(mx)
	rand.Shuffle(len(mx), func(i, j int) { mx[i], mx[j] = mx[j], mx[i] })
	slices.SortStableFunc(mx, func(a, b *net.MX) int { return int(a.Pref) - int(b.Pref) })
	var hosts []string
	for _, m := range mx {
		host := strings.ToLower(strings.TrimSuffix(m.Host, "."))
		if host == strings.ToLower(t.name) {
			// From our own preference on, mail would come back (RFC 5321 section 5.1).
			return t.before(c, mx, m.Pref)
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// before returns the hosts that are preferred to those of preference pref.
func (t *target) before(c candidate, mx []*net.MX, pref uint16) ([]string, error) {
	var hosts []string
	for _, m := range mx {
		if m.Pref < pref {
			hosts = append(hosts, strings.ToLower(strings.TrimSuffix(m.Host, ".")))
		}
	}
	if len(hosts) == 0 {
		return nil, loops(c)
	}
	return hosts, nil
}

// others returns at most maxAddresses of list that aren't ours and can be
// called from the connector's source address.
func (t *target) others(c candidate, list []endpoint) ([]endpoint, error) {
	list = slices.DeleteFunc(list, func(e endpoint) bool { return t.ours(e.addr) })
	if len(list) == 0 {
		return nil, loops(c)
	}
	if src := t.source(); src.IsValid() {
		list = slices.DeleteFunc(list, func(e endpoint) bool { return e.addr.Addr().Is4() != src.Unmap().Is4() })
		if len(list) == 0 {
			return nil, &dnsError{reply: replyNoHost, err: errors.New("no address of the family of SourceIPAddress")}
		}
	}
	return list[:min(len(list), maxAddresses)], nil
}

// ours reports whether we listen on a. A wildcard binding is all loopback
// addresses; for the others there is the hop count.
func (t *target) ours(a netip.AddrPort) bool {
	return slices.ContainsFunc(t.policy.Bindings(), func(b netip.AddrPort) bool {
		return b == a || b.Port() == a.Port() && b.Addr().IsUnspecified() && a.Addr().IsLoopback()
	})
}

// loops is the error for a candidate all of whose hosts are ourselves.
func loops(c candidate) error {
	if c.kind == mailDomain {
		return &dnsError{reply: replyLoop}
	}
	return &dnsError{reply: replyOwnHost}
}

// nowhere is the error for a candidate without addresses. That a recipient's
// domain doesn't exist is for the sender to hear, that a smart host doesn't
// is for the administrator.
func nowhere(c candidate, err error) error {
	switch {
	case err != nil && !isNotFound(err):
		return &dnsError{replyDNS, err}
	case c.kind == mailDomain:
		return &dnsError{replyNoDomain, err}
	}
	return &dnsError{replyNoHost, err}
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
