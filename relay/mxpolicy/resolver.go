package mxpolicy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Bounds of a Resolver.
const (
	askTimeout = 5 * time.Second // for one server
	rounds     = 2               // how often each server is asked
	maxAnswers = 10_000          // that are kept
	maxTTL     = time.Hour       // for which an answer is kept at most
)

// Resolver asks name servers that validate DNSSEC and believes what they say about it, the AD bit
// of their answers. So the servers must be on this machine, or the way to them must be one on
// which no attacker can change packets. It is safe for concurrent use; the fields must not change after
// the first use.
type Resolver struct {
	// Servers are asked in order until one answers.
	Servers []netip.AddrPort

	mu      sync.Mutex
	answers map[question]answer
}

// SystemResolver returns a Resolver for the system's name servers if all of them run on this
// machine, or if the option trust-ad of resolv.conf says that they can be believed; nil if not, and
// on systems without a resolv.conf.
func SystemResolver() *Resolver {
	f, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	defer f.Close()
	servers := trustedServers(f)
	if len(servers) == 0 {
		return nil
	}
	return &Resolver{Servers: servers}
}

// forwarder is Docker's name server in containers: it passes answers of others on as they are.
var forwarder = netip.MustParseAddr("127.0.0.11")

// trustedServers returns the name servers of a resolv.conf if they can be believed, else nil.
func trustedServers(conf io.Reader) (servers []netip.AddrPort) {
	local, trusted := true, false
	lines := bufio.NewScanner(conf)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) < 2:
		case words[0] == "nameserver":
			addr, err := netip.ParseAddr(words[1])
			if err != nil {
				return nil
			}
			local = local && addr.IsLoopback() && addr != forwarder
			servers = append(servers, netip.AddrPortFrom(addr, 53))
		case words[0] == "options":
			trusted = trusted || slices.Contains(words[1:], "trust-ad")
		}
	}
	if lines.Err() != nil || !local && !trusted {
		return nil
	}
	return servers
}

// question is a name and a type of records that a Resolver looks up.
type question struct {
	name string // with a dot at the end, in lower case
	kind uint16 // the type of records
}

// answer is an answer of a validating name server.
type answer struct {
	records []dns.RR // with the aliases on the way
	secure  bool     // the server has validated it, or that there are no such records
	until   time.Time
}

// ask returns the records of a type at name; an empty answer means that there are no such records. The error says that there is
// no answer, for example because the signatures are bogus.
func (r *Resolver) ask(ctx context.Context, name string, kind uint16) (answer, error) {
	q := question{dns.CanonicalName(name), kind}
	if a, ok := r.kept(q); ok {
		return a, nil
	}
	a, err := r.query(ctx, q)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", strings.TrimSuffix(q.name, "."), dns.TypeToString[kind], err)
	}
	r.keep(q, a)
	return a, nil
}

// query asks the servers.
func (r *Resolver) query(ctx context.Context, q question) (answer, error) {
	if len(r.Servers) == 0 {
		return answer{}, errors.New("there is no validating name server")
	}
	var failed error
	for range rounds {
		for _, server := range r.Servers {
			a, err := r.queryServer(ctx, server, q)
			if err == nil {
				return a, nil
			}
			if failed = err; ctx.Err() != nil {
				return answer{}, failed
			}
		}
	}
	return answer{}, failed
}

// udpSize is how large an answer by UDP may be: one that isn't fragmented on the way.
const udpSize = 1232

// queryServer asks one server: by UDP and, if the answer is too large for that, by TCP.
func (r *Resolver) queryServer(ctx context.Context, server netip.AddrPort, q question) (answer, error) {
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.kind)
	m.SetEdns0(udpSize, true)
	m.AuthenticatedData = true // RFC 6840, section 5.7
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client := &dns.Client{Net: "udp", UDPSize: udpSize, Timeout: askTimeout}
	in, _, err := client.ExchangeContext(ctx, m, server.String())
	if err == nil && in.Truncated {
		client.Net = "tcp"
		in, _, err = client.ExchangeContext(ctx, m, server.String())
	}
	switch {
	case err != nil:
		if t := net.Error(nil); errors.As(err, &t) && t.Timeout() {
			return answer{}, fmt.Errorf("the name server %v doesn't answer", server)
		}
		return answer{}, fmt.Errorf("the name server %v: %w", server, err)
	case len(in.Question) != 1 || dns.CanonicalName(in.Question[0].Name) != q.name || in.Question[0].Qtype != q.kind:
		return answer{}, fmt.Errorf("the name server %v answers another question", server)
	case in.Rcode == dns.RcodeServerFailure:
		return answer{}, fmt.Errorf("the name server %v can't answer, or the signatures are bogus (SERVFAIL)", server)
	case in.Rcode != dns.RcodeSuccess && in.Rcode != dns.RcodeNameError:
		return answer{}, fmt.Errorf("the name server %v answers %s", server, dns.RcodeToString[in.Rcode])
	}
	return answer{records: in.Answer, secure: in.AuthenticatedData, until: time.Now().Add(ttl(in))}, nil
}

// ttl returns how long the answer may be kept.
func ttl(m *dns.Msg) time.Duration {
	least := maxTTL
	if len(m.Answer) == 0 {
		least = time.Minute // shorter than most zones allow
	}
	for _, record := range slices.Concat(m.Answer, m.Ns) {
		least = min(least, time.Duration(record.Header().Ttl)*time.Second)
	}
	return least
}

// kept returns the answer that is kept.
func (r *Resolver) kept(q question) (answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.answers[q]
	return a, ok && time.Now().Before(a.until)
}

// keep keeps an answer. If there are too many, it drops those that are over, or else all.
func (r *Resolver) keep(q question, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = make(map[question]answer)
	}
	if len(r.answers) >= maxAnswers {
		now := time.Now()
		for old, kept := range r.answers {
			if now.After(kept.until) {
				delete(r.answers, old)
			}
		}
		if len(r.answers) >= maxAnswers {
			clear(r.answers)
		}
	}
	r.answers[q] = a
}

// recordsOf returns the records of one type in the answer.
func recordsOf[R dns.RR](a answer) (list []R) {
	for _, record := range a.records {
		if r, ok := record.(R); ok {
			list = append(list, r)
		}
	}
	return list
}

// alias returns the name at the end of the chain of aliases that begins with name, or name.
func (a answer) alias(name string) string {
	at := dns.CanonicalName(name)
	aliases := recordsOf[*dns.CNAME](a)
	for range aliases { // each is followed once at most
		i := slices.IndexFunc(aliases, func(c *dns.CNAME) bool { return dns.CanonicalName(c.Hdr.Name) == at })
		if i < 0 {
			break
		}
		at = dns.CanonicalName(aliases[i].Target)
	}
	return strings.TrimSuffix(at, ".")
}
