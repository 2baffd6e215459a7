package mxpolicy

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/internal/atomicfile"
	"github.com/interchange-smtp/interchange/internal/mailtls"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
)

// The names of what requires TLS.
const (
	sourceDANE = "DANE"
	sourceSTS  = "MTA-STS"
)

// TXTResolver looks up TXT records. *net.Resolver is one. The names end with a dot, so that no search
// list of the system applies to them.
type TXTResolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Policies finds what the owners of mail domains require of TLS. It is the TLSPolicies of a
// delivery.Sender. The zero Policies works, without DANE, and keeps MTA-STS policies in memory
// only. It is safe for concurrent use; its fields must not change after the first use.
type Policies struct {
	// DNSSEC is asked for signed records. Nil: there is no DANE.
	DNSSEC *Resolver
	// TXT is asked whether domains have an MTA-STS policy. Nil: DNSSEC, without it
	// net.DefaultResolver.
	TXT TXTResolver
	// Dial connects to the web servers of MTA-STS policies. Nil: TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// RootCAs are the authorities of the certificates of these web servers; nil: the system's.
	RootCAs *x509.CertPool
	// File keeps MTA-STS policies over a restart. It is replaced as a whole within seconds
	// after a change, and by Close. "": they are kept in memory only.
	File string
	// Events are called with event.STSFetched and the other kinds about MTA-STS. They delay no
	// delivery, and must not call Close.
	Events []event.Reader
	// Logger gets a line for each event. Nil: no log.
	Logger *slog.Logger

	now  func() time.Time // nil: time.Now; for tests
	kept int              // how many bytes the MTA-STS policies may have; 0: maxKept; for tests

	starting sync.Once
	mu       sync.Mutex
	domains  map[string]*stsDomain
	closed   bool
	life     context.Context // of what runs in the background
	stop     context.CancelFunc
	running  sync.WaitGroup
	file     atomicfile.Saver // the File
}

// Domain has the requirements of a domain's owner, and the records and policies they come from.
type Domain struct {
	DANE  *DANE // nil: it was not asked for, or there is no Resolver
	STS   *KeptSTS
	NoSTS error // why there is no newer STS policy than STS, although the domain announces one; may be nil
	// Hosts are the requirements, in the order of delivery.MailDomain.Hosts.
	Hosts []delivery.HostPolicy
}

// ForHosts implements delivery.TLSPolicies.
func (p *Policies) ForHosts(ctx context.Context, d delivery.MailDomain) ([]delivery.HostPolicy, error) {
	found := p.Look(ctx, d)
	if found.DANE != nil && found.DANE.Err != nil {
		return nil, found.DANE.Err
	}
	return found.Hosts, nil
}

// Look returns the requirements for the connection to each host of d, and where they come from. If ctx ends before
// all of it is found, what is missing counts as an error of DANE, or as a domain without an
// MTA-STS policy.
func (p *Policies) Look(ctx context.Context, d delivery.MailDomain) Domain {
	found := Domain{Hosts: make([]delivery.HostPolicy, len(d.Hosts))}
	if d.DANE && p.DNSSEC != nil {
		dane := p.DNSSEC.dane(ctx, d)
		found.DANE = &dane
		for i := range dane.Hosts {
			found.Hosts[i] = dane.Hosts[i].policy()
		}
	}
	if d.MTASTS {
		found.STS, found.NoSTS = p.sts(ctx, d.Name)
		for i, host := range d.Hosts {
			found.STS.addTo(&found.Hosts[i], d.Name, host)
		}
	}
	return found
}

// addTo adds what the policy requires of host to what DANE requires of it.
func (k *KeptSTS) addTo(p *delivery.HostPolicy, domain, host string) {
	if k == nil || k.Mode == ModeNone || p.Verify != nil || p.Err != nil {
		return // RFC 8461, section 2: DANE decides
	}
	required := delivery.HostPolicy{Source: sourceSTS, TLS: true, PKIX: true}
	if !k.Names(host) {
		required = delivery.HostPolicy{Source: sourceSTS, Err: fmt.Errorf("the MTA-STS policy of %s doesn't name it; it names %s", domain, mailtls.List(k.MX))}
	}
	switch {
	case k.Mode == ModeTesting:
		p.Tested = &required
	case p.TLS && required.Err == nil:
		required.Source = p.Source + " and " + sourceSTS
		*p = required
	default:
		*p = required
	}
}

// Close ends what runs in the background and writes the File.
func (p *Policies) Close() error {
	p.mu.Lock()
	p.closed = true
	if p.stop != nil {
		p.stop()
	}
	p.mu.Unlock()
	p.running.Wait()
	return p.file.Close()
}

// clock returns the time.
func (p *Policies) clock() time.Time {
	if p.now != nil {
		return p.now()
	}
	return time.Now()
}

// emit passes e to the Logger and the Events. p is not locked.
func (p *Policies) emit(e event.Event) {
	if read := event.Log(p.Logger, p.Events...); read != nil {
		e.Time = p.clock()
		read(context.Background(), e)
	}
}
