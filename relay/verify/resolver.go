package verify

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// RecordType is a type of DNS records, by its number in the DNS.
type RecordType uint16

// The types that a Verifier asks for.
const (
	TypeA    RecordType = 1
	TypePTR  RecordType = 12
	TypeMX   RecordType = 15
	TypeTXT  RecordType = 16
	TypeAAAA RecordType = 28
)

// A Resolver asks the DNS. It is called by many goroutines at once.
type Resolver interface {
	// Lookup returns the records of one type that a name has; the name has no dot at its
	// end. A name without such records, and one that doesn't exist, are no errors: an error
	// means that there is no answer now.
	Lookup(ctx context.Context, name string, t RecordType) (Records, error)
}

// ResolverFunc is a function as a Resolver.
type ResolverFunc func(ctx context.Context, name string, t RecordType) (Records, error)

// Lookup calls f.
func (f ResolverFunc) Lookup(ctx context.Context, name string, t RecordType) (Records, error) {
	return f(ctx, name, t)
}

// Records is the answer to a question: the records of the type that was asked for. It must not
// be changed.
type Records struct {
	NoName bool          // the name doesn't exist (NXDOMAIN), and no name under it does
	Texts  []string      // of TXT, the strings of each record joined
	Hosts  []*net.MX     // of MX
	Addrs  []netip.Addr  // of A and AAAA
	Names  []string      // of PTR
	TTL    time.Duration // how long the answer may be kept; 0: not at all
}

// size returns about how much memory the records take, in bytes.
func (r *Records) size() int {
	n := 128 + 24*len(r.Addrs)
	for _, s := range r.Texts {
		n += 16 + len(s)
	}
	for _, s := range r.Names {
		n += 16 + len(s)
	}
	for _, mx := range r.Hosts {
		n += 32 + len(mx.Host)
	}
	return n
}
