package verify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
)

// The questions about one message are bounded. SPF alone may need 121: the record, ten further
// look-ups, and for each of them ten mail exchangers. DMARC needs at most eight for each of ten
// domains, and one. Its questions are counted apart, because a sender decides how many SPF and
// DKIM need, and must not be able to prevent that the policy of the author domain is found.
const (
	maxQuestions      = 150 // for SPF and DKIM
	maxDMARCQuestions = 100
)

// lookups are questions about one message, in the forms that SPF, DKIM and DMARC ask them.
// It is safe for concurrent use, because signatures are checked beside each other.
type lookups struct {
	cache  *cache
	source netip.Addr // of the message
	most   int32      // how many questions are allowed
	asked  atomic.Int32
	ipv6   bool // the client's address is one of IPv6
}

var errTooMany = errors.New("the message needs more look-ups in the DNS than allowed")

// lookup asks, and counts the question.
func (l *lookups) lookup(ctx context.Context, name string, t RecordType) (Records, error) {
	if l.asked.Add(1) > l.most {
		return Records{}, errTooMany
	}
	return l.cache.lookup(ctx, l.source, strings.TrimSuffix(name, "."), t)
}

// TXT implements dmarc.DNS.
func (l *lookups) TXT(ctx context.Context, name string) ([]string, error) {
	r, err := l.lookup(ctx, name, TypeTXT)
	return r.Texts, err
}

// Exists implements dmarc.DNS.
func (l *lookups) Exists(ctx context.Context, name string) (bool, error) {
	r, err := l.lookup(ctx, name, TypeA)
	return !r.NoName, err
}

// LookupTXT implements spf.DNSResolver.
func (l *lookups) LookupTXT(ctx context.Context, name string) ([]string, error) {
	r, err := l.lookup(ctx, name, TypeTXT)
	return r.Texts, dnsError(name, len(r.Texts), err)
}

// LookupMX implements spf.DNSResolver.
func (l *lookups) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	r, err := l.lookup(ctx, name, TypeMX)
	return r.Hosts, dnsError(name, len(r.Hosts), err)
}

// LookupIPAddr implements spf.DNSResolver. "exists" looks for IPv4 addresses whatever the
// client has (RFC 7208 section 5.7), so these are always looked up.
func (l *lookups) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	r, err := l.lookup(ctx, host, TypeA)
	addrs := r.Addrs
	if err == nil && l.ipv6 && !r.NoName {
		r, err = l.lookup(ctx, host, TypeAAAA)
		addrs = append(addrs[:len(addrs):len(addrs)], r.Addrs...)
	}
	all := make([]net.IPAddr, 0, len(addrs))
	for _, a := range addrs {
		all = append(all, net.IPAddr{IP: a.AsSlice()})
	}
	return all, dnsError(host, len(all), err)
}

// LookupAddr implements spf.DNSResolver.
func (l *lookups) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	r, err := l.lookup(ctx, reverse(addr), TypePTR)
	return r.Names, dnsError(addr, len(r.Names), err)
}

// dnsError returns err, or for n = 0 that there is no record, as net.Resolver would.
func dnsError(name string, n int, err error) error {
	switch {
	case err != nil:
		return &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true}
	case n == 0:
		return &net.DNSError{Err: "no such record", Name: name, IsNotFound: true}
	}
	return nil
}

// reverse returns the name under which the DNS has the names of an address.
func reverse(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	var b strings.Builder
	raw := a.Unmap().AsSlice()
	for i := len(raw) - 1; i >= 0; i-- {
		if len(raw) == 4 {
			fmt.Fprintf(&b, "%d.", raw[i])
		} else {
			fmt.Fprintf(&b, "%x.%x.", raw[i]&0xf, raw[i]>>4)
		}
	}
	if len(raw) == 4 {
		return b.String() + "in-addr.arpa"
	}
	return b.String() + "ip6.arpa"
}
