//go:build linux

package e2e

import (
	"crypto"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// signedZone is a name server's records: those of one zone are signed, all others aren't.
type signedZone struct {
	zone    string // with a dot at the end
	key     *dns.DNSKEY
	private crypto.Signer
	records map[dns.Question][]dns.RR
	bogus   string // the name whose signatures are wrong
}

// newSignedZone makes a key for the zone and reads the records, which are written as in a zone
// file.
func newSignedZone(t *testing.T, zone string, lines ...string) *signedZone {
	t.Helper()
	z := &signedZone{zone: zone, records: make(map[dns.Question][]dns.RR)}
	z.key = &dns.DNSKEY{Hdr: header(zone, dns.TypeDNSKEY), Flags: 257, Protocol: 3, Algorithm: dns.ECDSAP256SHA256}
	private, err := z.key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	z.private = private.(crypto.Signer)
	z.add(z.key, soa(zone), &dns.NS{Hdr: header(zone, dns.TypeNS), Ns: "ns." + zone})
	for _, line := range lines {
		record, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		z.add(record)
	}
	return z
}

func (z *signedZone) add(records ...dns.RR) {
	for _, r := range records {
		q := dns.Question{Name: dns.CanonicalName(r.Header().Name), Qtype: r.Header().Rrtype, Qclass: dns.ClassINET}
		z.records[q] = append(z.records[q], r)
	}
}

// header is the beginning of a record.
func header(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
}

func soa(zone string) dns.RR {
	return &dns.SOA{Hdr: header(zone, dns.TypeSOA), Ns: "ns." + zone, Mbox: "hostmaster." + zone, Serial: 1, Refresh: 60, Retry: 60, Expire: 60, Minttl: 60}
}

// serve answers on a host at an address until the test ends.
func (z *signedZone) serve(t *testing.T, h *host, addr string) {
	t.Helper()
	var packets net.PacketConn
	h.on(t, func() (err error) {
		packets, err = net.ListenPacket("udp4", addr)
		return err
	})
	listener := h.listen(t, addr)
	t.Cleanup(func() { packets.Close() })
	go (&dns.Server{PacketConn: packets, Handler: z}).ActivateAndServe()
	go (&dns.Server{Listener: listener, Handler: z}).ActivateAndServe()
}

// ServeDNS implements dns.Handler.
func (z *signedZone) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(query)
	m.Authoritative = true
	m.SetEdns0(4096, true)
	q := query.Question[0]
	q.Name = dns.CanonicalName(q.Name)
	switch m.Answer = z.signed(z.records[q]); {
	case len(m.Answer) > 0 || q.Name == ".":
	case dns.IsSubDomain(z.zone, q.Name):
		m.Ns = append(z.signed([]dns.RR{soa(z.zone)}), z.signed([]dns.RR{z.denial(q.Name)})...)
	default:
		labels := dns.SplitDomainName(q.Name)
		m.Ns = []dns.RR{soa(dns.Fqdn(labels[len(labels)-1]))}
	}
	_ = w.WriteMsg(m)
}

// denial says which types of records a name has.
func (z *signedZone) denial(name string) dns.RR {
	types := []uint16{dns.TypeRRSIG, dns.TypeNSEC}
	for q := range z.records {
		if q.Name == name {
			types = append(types, q.Qtype)
		}
	}
	slices.Sort(types)
	return &dns.NSEC{Hdr: header(name, dns.TypeNSEC), NextDomain: `\000.` + name, TypeBitMap: types}
}

// signed returns the records with their signature, if they are in the zone.
func (z *signedZone) signed(records []dns.RR) []dns.RR {
	if len(records) == 0 || !dns.IsSubDomain(z.zone, records[0].Header().Name) {
		return records
	}
	signature := &dns.RRSIG{
		Hdr: header(records[0].Header().Name, dns.TypeRRSIG), Algorithm: z.key.Algorithm, SignerName: z.zone, KeyTag: z.key.KeyTag(),
		Inception: uint32(time.Now().Add(-time.Hour).Unix()), Expiration: uint32(time.Now().Add(time.Hour).Unix()),
	}
	if err := signature.Sign(z.private, records); err != nil {
		panic(err)
	}
	if records[0].Header().Name == z.bogus {
		signature.OrigTtl++
	}
	return append(slices.Clone(records), signature)
}
