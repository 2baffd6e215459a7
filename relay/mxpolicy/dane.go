package mxpolicy

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/relay/delivery"
)

// DANE holds the statements of signed zones about a domain's mail exchangers.
type DANE struct {
	Signed bool   // the MX records, or the statement that there are no MX records, are signed
	Err    error  // not nil: the MX records can't be looked up, so the domain gets no mail
	Hosts  []Host // in the order of delivery.MailDomain.Hosts
}

// Host holds the statements of signed zones about one mail exchanger.
type Host struct {
	Name    string
	Base    string   // the name that the Records are at, below _25._tcp; "": there are no records
	Records []TLSA   // usable or not
	Names   []string // that a certificate may have if a record is about its authority
	Err     error    // not nil: the host gets no mail, and why
}

// dane looks up what signed zones say about d.
func (r *Resolver) dane(ctx context.Context, d delivery.MailDomain) DANE {
	found := DANE{Hosts: make([]Host, len(d.Hosts))}
	for i, host := range d.Hosts {
		found.Hosts[i].Name = host
	}
	mx, err := r.ask(ctx, d.Name, dns.TypeMX)
	if err != nil {
		found.Err = err
		return found
	}
	if found.Signed = mx.secure; !mx.secure {
		return found
	}
	var signed []string
	for _, record := range mx.records {
		if mx, ok := record.(*dns.MX); ok {
			signed = append(signed, canonical(mx.Mx))
		}
	}
	if len(signed) == 0 {
		signed = []string{d.Name}
	}
	nextHop := []string{d.Name, mx.alias(d.Name)}
	for i := range found.Hosts {
		h := &found.Hosts[i]
		if !slices.Contains(signed, strings.ToLower(h.Name)) {
			h.Err = fmt.Errorf("the signed MX records of %s don't name it", d.Name)
			continue
		}
		if h.Base, h.Records, h.Err = r.tlsa(ctx, h.Name, d.Port); h.Base != "" {
			h.Names = distinct(append([]string{h.Base}, nextHop...))
		}
	}
	return found
}

// tlsa returns the signed TLSA records of a host and the name that they are at (RFC 7672, section
// 2.2); "" if there are no such records.
func (r *Resolver) tlsa(ctx context.Context, host string, port uint16) (base string, records []TLSA, err error) {
	bases, err := r.bases(ctx, host)
	if err != nil {
		return "", nil, err
	}
	for _, base := range bases {
		a, err := r.ask(ctx, fmt.Sprintf("_%d._tcp.%s", port, base), dns.TypeTLSA)
		if err != nil {
			return "", nil, err
		}
		if records, err = tlsaRecords(a); err != nil {
			return "", nil, err
		}
		if a.secure && len(records) > 0 {
			return base, records, nil
		}
	}
	return "", nil, nil
}

// bases returns the names at which the TLSA records of a host may be, the best first. There is no
// such name if its addresses aren't signed, because many servers of unsigned zones fail when they
// are asked for TLSA records.
func (r *Resolver) bases(ctx context.Context, host string) ([]string, error) {
	a, err := r.ask(ctx, host, dns.TypeA)
	if err == nil && a.count(dns.TypeA) == 0 {
		a, err = r.ask(ctx, host, dns.TypeAAAA)
	}
	if err != nil {
		return nil, err
	}
	end := a.alias(host)
	if a.secure {
		return distinct([]string{end, host}), nil
	}
	if end == host {
		return nil, nil
	}
	// The end of the aliases isn't signed; the first alias may be.
	alias, err := r.ask(ctx, host, dns.TypeCNAME)
	if err != nil || !alias.secure {
		return nil, err
	}
	return []string{host}, nil
}

// policy returns the requirements that follow from the host's records.
func (h *Host) policy() delivery.HostPolicy {
	switch {
	case h.Err != nil:
		return delivery.HostPolicy{Source: sourceDANE, Err: h.Err}
	case len(h.Records) == 0:
		return delivery.HostPolicy{}
	}
	p := delivery.HostPolicy{Source: sourceDANE, TLS: true, ServerName: h.Base}
	if records := usable(h.Records); len(records) > 0 {
		p.Verify = func(chain []*x509.Certificate) error { return verify(records, h.Names, chain) }
	}
	return p
}

// distinct returns the names without those that come a second time.
func distinct(names []string) (list []string) {
	for _, name := range names {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
