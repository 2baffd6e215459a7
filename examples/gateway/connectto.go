package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/mxpolicy"
)

// detour is one -connect-to: dial target in place of host:port. An empty host
// or port matches any.
type detour struct {
	host, port string
	target     string // host:port; an empty part stays as it was
}

// detourForm has four parts with colons between them; one in brackets may have colons.
var detourForm = regexp.MustCompile(`^(\[[^][]*\]|[^]:[]*):([^:]*):(\[[^][]*\]|[^]:[]*):([^:]*)$`)

// parseDetour parses HOST:PORT:ADDR:PORT; IPv6 addresses stand in brackets.
func parseDetour(s string) (detour, error) {
	parts := detourForm.FindStringSubmatch(s)
	if parts == nil {
		return detour{}, fmt.Errorf("%q: the form is HOST:PORT:ADDR:PORT, as in mail.example.com:25:127.0.0.1:2525", s)
	}
	for _, port := range []string{parts[2], parts[4]} {
		if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
			return detour{}, fmt.Errorf("%q: %q is not a port; give 1 to 65535", s, port)
		}
	}
	return detour{
		host:   strings.ToLower(strings.Trim(parts[1], "[]")),
		port:   parts[2],
		target: net.JoinHostPort(strings.Trim(parts[3], "[]"), parts[4]),
	}, nil
}

// detours resolves and dials next hops, by way of -connect-to. Detours are given by name,
// and dial gets an address; so a host with a detour resolves to a reserved
// address (240.0.0.0/4, RFC 1112), from which dial finds the host again.
type detours struct {
	rules    []detour
	resolver delivery.Resolver  // of hosts without a detour: the machine's name servers, or those of -dns
	listed   delivery.Resolvers // likewise, by the name servers that the policy lists

	validating *mxpolicy.Resolver // the name servers that are believed about DNSSEC; nil: none

	mu    sync.Mutex
	hosts []string // host n has address 240.0.0.0 + 1 + n
}

// resolverFor returns the resolver that asks the name servers of a Send connector.
func (d *detours) resolverFor(n connector.NameServers) delivery.Resolver {
	if len(n.Servers) == 0 && n.Protocol == param.AnyProtocol {
		return d
	}
	return detoured{d, d.listed.For(n)}
}

// detoured resolves as detours do, and hosts without a detour by other name servers.
type detoured struct {
	detours  *detours
	resolver delivery.Resolver
}

// LookupMX implements delivery.Resolver.
func (r detoured) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return r.detours.lookupMX(ctx, r.resolver, name)
}

// LookupNetIP implements delivery.Resolver.
func (r detoured) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return r.detours.lookupNetIP(ctx, r.resolver, network, host)
}

// LookupMX implements delivery.Resolver.
func (d *detours) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return d.lookupMX(ctx, d.resolver, name)
}

// LookupNetIP implements delivery.Resolver.
func (d *detours) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return d.lookupNetIP(ctx, d.resolver, network, host)
}

// lookupMX looks up mail exchangers: a host with a detour is its own mail exchanger, and so is
// a smart host in the hosts file, for which no name server need be asked. Mail domains, whose names end
// with a dot here, have their exchangers in the DNS.
func (d *detours) lookupMX(ctx context.Context, by delivery.Resolver, name string) ([]*net.MX, error) {
	if d.covers(name) || !strings.HasSuffix(name, ".") && isInHostsFile(ctx, name) {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return by.LookupMX(ctx, name)
}

// lookupNetIP looks up the addresses of a host, or reserves one for a host with a detour.
func (d *detours) lookupNetIP(ctx context.Context, by delivery.Resolver, network, host string) ([]netip.Addr, error) {
	if !d.covers(host) {
		return by.LookupNetIP(ctx, network, host)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n := slices.Index(d.hosts, host) + 1
	if n == 0 {
		d.hosts = append(d.hosts, host)
		n = len(d.hosts)
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{240, byte(n >> 16), byte(n >> 8), byte(n)})}, nil
}

// covers reports whether a detour names host, or all.
func (d *detours) covers(host string) bool {
	return slices.ContainsFunc(d.rules, func(rule detour) bool { return rule.isFor(host) })
}

// isFor reports whether the detour names host, or all.
func (d detour) isFor(host string) bool {
	return d.host == "" || strings.EqualFold(d.host, strings.TrimSuffix(host, "."))
}

// dial connects to a next hop, or to the target of its detour.
func (d *detours) dial(ctx context.Context, source netip.Addr, to netip.AddrPort) (net.Conn, error) {
	var dialer net.Dialer
	if source.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	return dialer.DialContext(ctx, "tcp", d.target(to))
}

// target returns the address to dial for one that LookupNetIP gave.
func (d *detours) target(to netip.AddrPort) string {
	host, port := d.name(to.Addr()), strconv.Itoa(int(to.Port()))
	for _, rule := range d.rules {
		if rule.isFor(host) && (rule.port == "" || rule.port == port) {
			return rule.apply(host, port)
		}
	}
	return net.JoinHostPort(host, port)
}

// apply returns the address to dial in place of host and port.
func (d detour) apply(host, port string) string {
	newHost, newPort, _ := net.SplitHostPort(d.target) // parseDetour made it
	return net.JoinHostPort(cmp.Or(newHost, host), cmp.Or(newPort, port))
}

// dialServer connects to a name server, or to the target of a detour that names it. Detours for
// any host are for next hops only.
func (d *detours) dialServer(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	for _, rule := range d.rules {
		if rule.host == host && (rule.port == "" || rule.port == port) {
			address = rule.apply(host, port)
			break
		}
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

// name returns the host that LookupNetIP gave a, or a itself.
func (d *detours) name(a netip.Addr) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := a.As16(); a.Is4() && b[12] == 240 {
		if n := int(b[13])<<16 | int(b[14])<<8 | int(b[15]); n > 0 && n <= len(d.hosts) {
			return d.hosts[n-1]
		}
	}
	return a.String()
}
