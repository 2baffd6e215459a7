package mxpolicy

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/internal/dnsclient"
)

// Bounds of a Resolver.
const (
	askTimeout  = 5 * time.Second // for one server
	maxCache    = 8 << 20         // bytes of the answers that are kept
	maxNegative = time.Minute     // for which it is kept that there are no such records; shorter than most zones allow
)

// Resolver asks name servers that validate DNSSEC and believes what they say about it, the AD bit
// of their answers. So the servers must be on this machine, or the way to them must be one on
// which no attacker can change packets. It is safe for concurrent use; the fields must not change after
// the first use.
type Resolver struct {
	// Servers are asked in order until one answers; one that hasn't answered is asked last for a
	// minute. A Resolver of SystemResolver has its own.
	Servers []netip.AddrPort

	system  *resolvConf // has the servers in place of Servers; nil: none
	away    dnsclient.Away
	once    sync.Once
	answers *dnsclient.Cache[answer]
}

// SystemResolver returns a Resolver for the system's name servers if all of them run on this
// machine, or if the option trust-ad of resolv.conf says that they can be believed; nil if not, and
// on systems without a resolv.conf.
//
// The Resolver notices within seconds that the file has changed. It goes on to ask the previous
// servers if the new ones can't be believed, until the program ends.
func SystemResolver() *Resolver {
	conf := &resolvConf{path: "/etc/resolv.conf"}
	if len(conf.current()) == 0 {
		return nil
	}
	return &Resolver{system: conf}
}

// client returns the Client that asks the servers.
func (r *Resolver) client() *dnsclient.Client {
	servers := r.Servers
	if r.system != nil {
		servers = r.system.current()
	}
	c := &dnsclient.Client{Away: &r.away, Timeout: askTimeout, DNSSEC: true}
	for _, server := range servers {
		c.Servers = append(c.Servers, server.String())
	}
	return c
}

// answer is an answer of a validating name server.
type answer struct {
	records []dns.RR // with the aliases on the way
	secure  bool     // the server has validated it, or that there are no such records
}

// ask returns the records of a type at name; an empty answer means that there are no such records.
// The error says that there is no answer, for example because the signatures are bogus.
func (r *Resolver) ask(ctx context.Context, name string, t uint16) (answer, error) {
	r.once.Do(func() { r.answers = dnsclient.NewCache[answer](maxCache) })
	q := dnsclient.Question{Name: canonical(name), Type: t}
	if a, ok := r.answers.Get(q); ok {
		return a, nil
	}
	found, err := r.client().Ask(ctx, q.Name, t)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", q.Name, dns.Type(t), err)
	}
	a, ttl := answer{found.Records, found.Secure}, found.TTL
	if len(a.records) == 0 {
		ttl = min(ttl, maxNegative)
	}
	r.answers.Put(q, a, a.size(), ttl)
	return a, nil
}

// LookupTXT returns the texts of the TXT records of a name, none if it has no such records. The
// name is complete: no search list applies. It implements TXTResolver.
func (r *Resolver) LookupTXT(ctx context.Context, name string) (texts []string, err error) {
	a, err := r.ask(ctx, name, dns.TypeTXT)
	for _, record := range a.records {
		if txt, ok := record.(*dns.TXT); ok {
			texts = append(texts, dnsclient.Text(txt))
		}
	}
	return texts, err
}

// LookupMX returns the MX records of a name, none if it has no such records. The name is complete:
// no search list applies. A delivery.Resolver that asks here shares the answers with DANE.
func (r *Resolver) LookupMX(ctx context.Context, name string) (hosts []*net.MX, err error) {
	a, err := r.ask(ctx, name, dns.TypeMX)
	for _, record := range a.records {
		if mx, ok := record.(*dns.MX); ok {
			hosts = append(hosts, &net.MX{Host: mx.Mx, Pref: mx.Preference})
		}
	}
	return hosts, err
}

// canonical returns a name in lower case without the dot at its end.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// size returns about how much memory the answer takes, in bytes.
func (a answer) size() int {
	n := 128
	for _, record := range a.records {
		n += 192 + 4*dns.Len(record) // escaped, a byte is up to four
		if txt, ok := record.(*dns.TXT); ok {
			n += 32 * len(txt.Txt) // of one byte or more
		}
	}
	return n
}

// count returns how many records of a type the answer has.
func (a answer) count(t uint16) (n int) {
	for _, record := range a.records {
		if record.Header().Rrtype == t {
			n++
		}
	}
	return n
}

// alias returns the name at the end of the chain of aliases that begins with name, or name.
func (a answer) alias(name string) string {
	at := canonical(name)
	for range a.count(dns.TypeCNAME) { // each is followed once at most
		i := slices.IndexFunc(a.records, func(r dns.RR) bool {
			return r.Header().Rrtype == dns.TypeCNAME && canonical(r.Header().Name) == at
		})
		if i < 0 {
			break
		}
		at = canonical(a.records[i].(*dns.CNAME).Target)
	}
	return at
}
