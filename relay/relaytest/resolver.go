package relaytest

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Resolver is a name server in memory. It has the methods of *net.Resolver
// that delivery needs. Names are compared without regard to case and trailing
// dot. The zero Resolver knows no names and is ready; it is safe for
// concurrent use.
type Resolver struct {
	mu    sync.Mutex
	mx    map[string][]*net.MX
	addrs map[string][]netip.Addr
	fails map[string]error
}

// lock locks r, whose maps are there then.
func (r *Resolver) lock() {
	if r.mu.Lock(); r.mx == nil {
		r.mx, r.addrs, r.fails = make(map[string][]*net.MX), make(map[string][]netip.Addr), make(map[string]error)
	}
}

// AddMX adds an MX record. The host "." makes a null MX (RFC 7505).
func (r *Resolver) AddMX(name string, preference uint16, host string) {
	r.lock()
	defer r.mu.Unlock()
	r.mx[key(name)] = append(r.mx[key(name)], &net.MX{Host: host, Pref: preference})
}

// AddHost adds addresses of a host.
func (r *Resolver) AddHost(name string, addrs ...netip.Addr) {
	r.lock()
	defer r.mu.Unlock()
	r.addrs[key(name)] = append(r.addrs[key(name)], addrs...)
}

// Fail makes every look-up of name fail with err; nil ends that.
func (r *Resolver) Fail(name string, err error) {
	r.lock()
	defer r.mu.Unlock()
	r.fails[key(name)] = err
}

// LookupMX returns the MX records of name by preference. A name without any is
// a *net.DNSError with IsNotFound.
func (r *Resolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.failure(ctx, name); err != nil {
		return nil, err
	}
	var found []*net.MX
	for _, mx := range r.mx[key(name)] {
		found = append(found, &net.MX{Host: mx.Host, Pref: mx.Pref})
	}
	if found == nil {
		return nil, notFound(name)
	}
	slices.SortStableFunc(found, func(a, b *net.MX) int { return int(a.Pref) - int(b.Pref) })
	return found, nil
}

// LookupNetIP returns the addresses of host; network is "ip", "ip4" or "ip6".
// A host without any is a *net.DNSError with IsNotFound.
func (r *Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.failure(ctx, host); err != nil {
		return nil, err
	}
	var found []netip.Addr
	for _, a := range r.addrs[key(host)] {
		if network == "ip" || (network == "ip4") == a.Unmap().Is4() {
			found = append(found, a)
		}
	}
	if found == nil {
		return nil, notFound(host)
	}
	return found, nil
}

// failure returns the error that Fail has set.
func (r *Resolver) failure(ctx context.Context, name string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return r.fails[key(name)]
}

func key(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func notFound(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, Server: "relaytest", IsNotFound: true}
}
