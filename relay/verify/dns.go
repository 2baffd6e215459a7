package verify

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/internal/dnsclient"
)

// askTime is how long one server may take to answer.
const askTime = 3 * time.Second

// DNS asks recursive name servers. The zero DNS asks the system's. It is safe for concurrent
// use; its fields must not change once it is used.
//
// Unlike net.Resolver it says whether a name doesn't exist or only has no such record, which
// DMARC needs, and how long an answer is valid.
type DNS struct {
	// Servers are the addresses with ports of the name servers, asked in this order; one that
	// hasn't answered is asked last for a minute. Empty: those that Go's resolver would ask, looked up again every minute.
	Servers []string

	// Dial connects to a server. Nil: as net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	system systemServers
	away   dnsclient.Away
}

// Lookup implements Resolver.
func (d *DNS) Lookup(ctx context.Context, name string, t RecordType) (Records, error) {
	servers := d.Servers
	if len(servers) == 0 {
		servers = d.system.servers(ctx)
	}
	c := dnsclient.Client{Servers: servers, Dial: d.Dial, Away: &d.away, Timeout: askTime}
	a, err := c.Ask(ctx, name, uint16(t))
	switch {
	case errors.Is(err, dnsclient.ErrName):
		return Records{NoName: true}, nil
	case ctx.Err() != nil && err != nil:
		return Records{}, err
	case err != nil:
		return Records{}, &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true}
	}
	r := Records{NoName: a.NoName, TTL: a.TTL}
	for _, record := range a.Records {
		if record.Header().Rrtype == uint16(t) {
			r.add(record)
		}
	}
	return r, nil
}

// add adds one record of the type that was asked for.
func (r *Records) add(record dns.RR) {
	switch record := record.(type) {
	case *dns.TXT:
		r.Texts = append(r.Texts, dnsclient.Text(record))
	case *dns.MX:
		r.Hosts = append(r.Hosts, &net.MX{Host: record.Mx, Pref: record.Preference})
	case *dns.PTR:
		r.Names = append(r.Names, record.Ptr)
	case *dns.A:
		r.addAddr(record.A)
	case *dns.AAAA:
		r.addAddr(record.AAAA)
	}
}

func (r *Records) addAddr(ip net.IP) {
	if a, ok := netip.AddrFromSlice(ip); ok {
		r.Addrs = append(r.Addrs, a)
	}
}
