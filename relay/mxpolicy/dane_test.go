package mxpolicy

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// signed is a domain whose zone is signed, with one mail exchanger.
var signed = []string{
	"example.com MX", "example.com. 300 MX 10 mx.example.com.",
	"mx.example.com A", "mx.example.com. 300 A 192.0.2.1",
}

// tlsaEE is a record of usage 3 as in a zone file, with a digest of nothing.
var tlsaEE = fmt.Sprintf("3 1 1 %X", sha256.Sum256(nil))

// What zones say, and what follows for the mail exchanger (RFC 7672, section 2).
func TestDANE(t *testing.T) {
	const record = "_25._tcp.mx.example.com TLSA"
	for _, tc := range []struct {
		name string
		more []string // beside signed
		set  func(z *zone)
		want string // what is required, and where the records are; or the error
	}{
		{"no records", nil, nil, "nothing"},
		{"records", []string{record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE}, nil, "a certificate, mx.example.com"},
		{"unusable records: PKIX-EE", []string{record, "_25._tcp.mx.example.com. 300 TLSA 1" + tlsaEE[1:]}, nil, "TLS"},
		{"unusable records: digest of the wrong size", []string{record, "_25._tcp.mx.example.com. 300 TLSA 3 1 1 AABB"}, nil, "TLS"},
		{"unusable records: unknown digest", []string{record, "_25._tcp.mx.example.com. 300 TLSA 3 1 9" + tlsaEE[5:]}, nil, "TLS"},
		{"one of two is usable", []string{record, "_25._tcp.mx.example.com. 300 TLSA 3 1 1 AABB\n_25._tcp.mx.example.com. 300 TLSA " + tlsaEE}, nil, "a certificate, mx.example.com"},
		{"unsigned MX", []string{record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE}, func(z *zone) { z.insecure["example.com MX"] = true }, "nothing"},
		{"unsigned address", []string{record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE}, func(z *zone) {
			z.insecure["mx.example.com A"] = true
			z.fails[record] = dns.RcodeServerFailure // as servers of unsigned zones do
		}, "nothing"},
		{"unsigned TLSA", []string{record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE}, func(z *zone) { z.insecure[record] = true }, "nothing"},
		{"bogus MX", nil, func(z *zone) { z.fails["example.com MX"] = dns.RcodeServerFailure }, "example.com MX: the name server"},
		{"bogus address", nil, func(z *zone) { z.fails["mx.example.com A"] = dns.RcodeServerFailure }, "no mail: mx.example.com A: the name server"},
		{"bogus TLSA", nil, func(z *zone) { z.fails[record] = dns.RcodeServerFailure }, "no mail: _25._tcp.mx.example.com TLSA: the name server"},
		{"refused TLSA", nil, func(z *zone) { z.fails[record] = dns.RcodeRefused }, "no mail: _25._tcp.mx.example.com TLSA: the name server"},
		{"TLSA that doesn't exist", nil, func(z *zone) { z.fails[record] = dns.RcodeNameError }, "nothing"},
		{"IPv6 only", []string{"mx.example.com A", "", "mx.example.com AAAA", "mx.example.com. 300 AAAA 2001:db8::1", record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE},
			nil, "a certificate, mx.example.com"},
		{"the signed MX records name another host", []string{"example.com MX", "example.com. 300 MX 10 other.example.com."}, nil,
			"no mail: the signed MX records of example.com don't name it"},
		{"an alias: records at its end", []string{
			"mx.example.com A", "mx.example.com. 300 CNAME end.example.net.\nend.example.net. 300 A 192.0.2.1",
			"_25._tcp.end.example.net TLSA", "_25._tcp.end.example.net. 300 TLSA " + tlsaEE,
			record, "_25._tcp.mx.example.com. 300 TLSA 3 1 1 AABB",
		}, nil, "a certificate, end.example.net"},
		{"an alias: records at its beginning", []string{
			"mx.example.com A", "mx.example.com. 300 CNAME end.example.net.\nend.example.net. 300 A 192.0.2.1",
			record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE,
		}, nil, "a certificate, mx.example.com"},
		{"a signed alias of an unsigned name", []string{
			"mx.example.com A", "mx.example.com. 300 CNAME end.example.net.\nend.example.net. 300 A 192.0.2.1",
			"mx.example.com CNAME", "mx.example.com. 300 CNAME end.example.net.",
			"_25._tcp.end.example.net TLSA", "_25._tcp.end.example.net. 300 TLSA 3 1 1 AABB",
			record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE,
		}, func(z *zone) { z.insecure["mx.example.com A"] = true }, "a certificate, mx.example.com"},
		{"an unsigned alias", []string{
			"mx.example.com A", "mx.example.com. 300 CNAME end.example.net.\nend.example.net. 300 A 192.0.2.1",
			record, "_25._tcp.mx.example.com. 300 TLSA " + tlsaEE,
		}, func(z *zone) { z.insecure["mx.example.com A"], z.insecure["mx.example.com CNAME"] = true, true }, "nothing"},
		{"an alias that can't be looked up", []string{
			"mx.example.com A", "mx.example.com. 300 CNAME end.example.net.\nend.example.net. 300 A 192.0.2.1",
		}, func(z *zone) {
			z.insecure["mx.example.com A"], z.fails["mx.example.com CNAME"] = true, dns.RcodeServerFailure
		}, "no mail: mx.example.com CNAME: the name server"},
	} {
		z, r := newZone(t, append(append([]string{}, signed...), tc.more...)...)
		if tc.set != nil {
			z.set(func() { tc.set(z) })
		}
		p := Policies{DNSSEC: r}
		hosts, err := p.ForHosts(t.Context(), delivery.MailDomain{Name: "example.com", Hosts: []string{"mx.example.com"}, Port: 25, DANE: true})
		if got := outcome(hosts, err); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// outcome says what is required of the first host.
func outcome(hosts []delivery.HostPolicy, err error) string {
	if err != nil {
		return err.Error()
	}
	switch h := hosts[0]; {
	case h.Err != nil:
		return "no mail: " + h.Err.Error()
	case h.Verify != nil:
		return "a certificate, " + h.ServerName
	case h.PKIX:
		return "a valid certificate"
	case h.TLS:
		return "TLS"
	case h.Tested != nil:
		return "nothing, tested: " + outcome([]delivery.HostPolicy{*h.Tested}, nil)
	}
	return "nothing"
}

// A domain without MX records is its own mail exchanger, and the port is that of the connection.
func TestDANEWithoutMX(t *testing.T) {
	_, r := newZone(t, "example.com A", "example.com. 300 A 192.0.2.1", "_2525._tcp.example.com TLSA", "_2525._tcp.example.com. 300 TLSA "+tlsaEE)
	p := Policies{DNSSEC: r}
	hosts, err := p.ForHosts(t.Context(), delivery.MailDomain{Name: "example.com", Hosts: []string{"example.com"}, Port: 2525, DANE: true})
	if got := outcome(hosts, err); got != "a certificate, example.com" {
		t.Error(got)
	}
	if hosts, _ = p.ForHosts(t.Context(), delivery.MailDomain{Name: "example.com", Hosts: []string{"example.com"}, Port: 2525}); hosts[0].TLS {
		t.Error("DANE, though nothing asked for it")
	}
	if hosts, _ = new(Policies).ForHosts(t.Context(), delivery.MailDomain{Name: "example.com", Hosts: []string{"example.com"}, DANE: true}); hosts[0].TLS {
		t.Error("DANE without a Resolver")
	}
}

// chainOf returns a certificate for names with its authority's.
func chainOf(t *testing.T, issue func(*relaytest.Authority) (tls.Certificate, error)) (chain []*x509.Certificate, other *x509.Certificate) {
	t.Helper()
	var list []*x509.Certificate
	for _, name := range []string{"one", "two"} {
		a, err := relaytest.NewAuthority(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := issue(a)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, leaf, a.Certificate())
	}
	return list[:2], list[3]
}

// record makes a TLSA record of c.
func record(usage, selector, matching uint8, c *x509.Certificate) TLSA {
	data := c.Raw
	if selector == selectorSPKI {
		data = c.RawSubjectPublicKeyInfo
	}
	switch matching {
	case matchingSHA256:
		sum := sha256.Sum256(data)
		data = sum[:]
	case matchingSHA512:
		sum := sha512.Sum512(data)
		data = sum[:]
	}
	return TLSA{usage, selector, matching, data}
}

// Which certificates fit which records (RFC 7672, section 3; RFC 7671).
func TestVerify(t *testing.T) {
	chain, stranger := chainOf(t, func(a *relaytest.Authority) (tls.Certificate, error) { return a.Issue("mx.example.com") })
	old, _ := chainOf(t, func(a *relaytest.Authority) (tls.Certificate, error) { return a.IssueExpired("mx.example.com") })
	names, others := []string{"mx.example.com", "example.com"}, []string{"mx.example.net"}
	for usage := uint8(0); usage < 5; usage++ {
		for selector := uint8(0); selector < 3; selector++ {
			for matching := uint8(0); matching < 4; matching++ {
				of := chain[0]
				if usage == usageTA {
					of = chain[1]
				}
				t1 := record(usage, selector, matching, of)
				want := (usage == 2 || usage == 3) && selector < 2 && matching < 3
				if t1.IsUsable() != want {
					t.Errorf("%v: usable is %v", t1, !want)
				}
				if want {
					if err := verify([]TLSA{t1}, names, chain); err != nil {
						t.Errorf("%v: %v", t1, err)
					}
				}
			}
		}
	}
	for _, tc := range []struct {
		name    string
		records []TLSA
		names   []string
		chain   []*x509.Certificate
		want    string
	}{
		{"another key", []TLSA{record(3, 1, 1, stranger)}, names, chain, "no TLSA record fits"},
		{"one of two", []TLSA{record(3, 1, 1, stranger), record(3, 1, 1, chain[0])}, names, chain, ""},
		{"usage 3 ignores names", []TLSA{record(3, 1, 1, chain[0])}, others, chain, ""},
		{"usage 3 ignores dates", []TLSA{record(3, 1, 1, old[0])}, names, old, ""},
		{"usage 2 doesn't ignore names", []TLSA{record(2, 1, 1, chain[1])}, others, chain, "doesn't name mx.example.net"},
		{"usage 2 doesn't ignore dates", []TLSA{record(2, 1, 1, old[1])}, names, old, "expired"},
		{"usage 2 of the domain's name", []TLSA{record(2, 1, 1, chain[1])}, []string{"other.example", "mx.example.com"}, chain, ""},
		{"usage 2, the authority's digest isn't enough without its certificate", []TLSA{record(2, 1, 1, chain[1])}, names, chain[:1], "no TLSA record fits"},
		{"usage 2, the authority's certificate in the record", []TLSA{record(2, 0, 0, chain[1])}, names, chain[:1], ""},
		{"usage 2 of the host itself", []TLSA{record(2, 1, 1, chain[0])}, names, chain, "no TLSA record fits"},
		{"usage 3 of the authority", []TLSA{record(3, 1, 1, chain[1])}, names, chain, "no TLSA record fits"},
		{"another authority that the host shows, too", []TLSA{record(2, 1, 1, stranger)}, names, append(chain[:2:2], stranger), "unknown authority"},
	} {
		err := verify(tc.records, tc.names, tc.chain)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

// TestDANECertificates: what a zone says of a mail exchanger's authority is what its certificate is held to.
func TestDANECertificates(t *testing.T) {
	chain, stranger := chainOf(t, func(a *relaytest.Authority) (tls.Certificate, error) { return a.Issue("mx.example.com") })
	other, _ := chainOf(t, func(a *relaytest.Authority) (tls.Certificate, error) { return a.Issue("mx.example.net") })
	for _, tc := range []struct {
		name   string
		record TLSA
		chain  []*x509.Certificate
		want   string // of the error; "": none
	}{
		{"its authority", record(2, 1, 1, chain[1]), chain, ""},
		{"its key", record(3, 1, 1, chain[0]), chain, ""},
		{"another authority", record(2, 1, 1, stranger), chain, "no TLSA record fits"},
		{"another key", record(3, 1, 1, stranger), chain, "no TLSA record fits"},
		{"its authority, another host", record(2, 1, 1, other[1]), other, "doesn't name mx.example.com, example.com"},
	} {
		_, r := newZone(t, append(append([]string{}, signed...), "_25._tcp.mx.example.com TLSA", "_25._tcp.mx.example.com. 300 TLSA "+tc.record.String())...)
		p := Policies{DNSSEC: r}
		hosts, err := p.ForHosts(t.Context(), delivery.MailDomain{Name: "example.com", Hosts: []string{"mx.example.com"}, Port: 25, DANE: true})
		if err != nil || hosts[0].Verify == nil {
			t.Fatalf("%s: %v, %v", tc.name, outcome(hosts, err), err)
		}
		if err := hosts[0].Verify(tc.chain); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

// Of digests of the same thing the strongest counts.
func TestUsable(t *testing.T) {
	chain, stranger := chainOf(t, func(a *relaytest.Authority) (tls.Certificate, error) { return a.Issue("mx.example.com") })
	list := usable([]TLSA{record(3, 1, 1, chain[0]), record(3, 1, 2, stranger), record(3, 0, 1, chain[0]), record(3, 1, 0, stranger), {}, {Usage: 3, Data: []byte("x")}})
	var got []string
	for _, r := range list {
		got = append(got, fmt.Sprint(r.Usage, r.Selector, r.MatchingType))
	}
	if text := strings.Join(got, ", "); text != "3 1 2, 3 0 1, 3 1 0" {
		t.Error(text)
	}
}
