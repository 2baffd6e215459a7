package delivery_test

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// policiesByHost are TLSPolicies in memory. A host without an entry requires nothing.
type policiesByHost struct {
	hosts map[string]delivery.HostPolicy
	err   error
	asked []delivery.MailDomain
}

func (p *policiesByHost) ForHosts(_ context.Context, d delivery.MailDomain) ([]delivery.HostPolicy, error) {
	p.asked = append(p.asked, d)
	var list []delivery.HostPolicy
	for _, host := range d.Hosts {
		list = append(list, p.hosts[host])
	}
	return list, p.err
}

// named accepts certificates whose common name is name.
func named(name string) func([]*x509.Certificate) error {
	return func(chain []*x509.Certificate) error {
		if got := chain[0].Subject.CommonName; got != name {
			return errors.New("no TLSA record fits " + got)
		}
		return nil
	}
}

// What the owner of a domain requires holds, whatever the connector leaves open, and what the
// connector requires holds beside it.
func TestPublished(t *testing.T) {
	trusted, stranger := authority(t)
	tls := func(a *relaytest.Authority, name string) *relaytest.Sink {
		c := issued(t, a, name)
		return &relaytest.Sink{Certificate: &c}
	}
	clear := func() *relaytest.Sink { return &relaytest.Sink{} }
	encrypt := delivery.HostPolicy{Source: "DANE", TLS: true}
	pkix := delivery.HostPolicy{Source: "MTA-STS", TLS: true, PKIX: true}
	pinned := delivery.HostPolicy{Source: "DANE", TLS: true, Verify: named("mx.fabrikam.com")}
	refused := delivery.HostPolicy{Source: "MTA-STS", Err: errors.New("the MTA-STS policy doesn't name mx.fabrikam.com")}
	none := func(*connector.Send) {}
	checked := func(s *connector.Send) { s.RequireTLS, s.TlsAuthLevel = true, param.CertificateValidation }
	for _, tc := range []struct {
		name   string
		policy delivery.HostPolicy
		sink   *relaytest.Sink
		set    func(*connector.Send)
		want   string
		cause  string
	}{
		{"nothing is required", delivery.HostPolicy{}, clear(), none, "ok", ""},
		{"TLS and any certificate", encrypt, tls(stranger, "x.example"), none, "ok", ""},
		{"no TLS", encrypt, clear(), none, "451 4.7.0", "required by DANE"},
		{"a valid certificate", pkix, tls(trusted, "mx.fabrikam.com"), none, "ok", ""},
		{"another's name", pkix, tls(trusted, "fabrikam.com"), none, "451 4.7.5", "doesn't name mx.fabrikam.com (MTA-STS)"},
		{"an unknown authority", pkix, tls(stranger, "mx.fabrikam.com"), none, "451 4.7.5", "unknown authority (MTA-STS)"},
		{"the certificate of the record", pinned, tls(stranger, "mx.fabrikam.com"), none, "ok", ""},
		{"another certificate", pinned, tls(trusted, "other.example"), none, "451 4.7.5", "no TLSA record fits other.example (DANE)"},
		{"no TLS for a record", pinned, clear(), none, "451 4.7.0", "required by DANE"},
		{"the connector requires more", pinned, tls(stranger, "mx.fabrikam.com"), checked, "451 4.7.5", "unknown authority"},
		{"both are met", pinned, tls(trusted, "mx.fabrikam.com"), checked, "ok", ""},
		{"the connector doesn't ask", pinned, clear(), func(s *connector.Send) {
			s.DaneEnabled, s.MtaStsEnabled = param.Value(false), param.Value(false)
		}, "ok", ""},
		{"the connector uses no TLS", pinned, clear(), func(s *connector.Send) { s.IgnoreSTARTTLS = true }, "ok", ""},
		{"a host without mail", refused, tls(trusted, "mx.fabrikam.com"), none, "451 4.7.5", "the MTA-STS policy doesn't name"},
	} {
		s := byDNS()
		tc.set(&s)
		w := newWorld(t, s)
		w.dns.AddMX("fabrikam.com", 10, "mx.fabrikam.com.")
		w.dns.AddHost("mx.fabrikam.com", addr("192.0.2.1"))
		w.sender.RootCAs = trusted.Pool()
		w.sender.TLSPolicies = &policiesByHost{hosts: map[string]delivery.HostPolicy{"mx.fabrikam.com": tc.policy}}
		w.sink("192.0.2.1:25", tc.sink)
		env := envelopeTo("b@fabrikam.com")
		outcomes, _ := w.handOver(t.Context(), "b@fabrikam.com", env, strings.NewReader(letter))
		expect(t, tc.name, said(t, outcomes[0].Err), tc.want)
		if !strings.Contains(outcomes[0].Cause, tc.cause) {
			t.Errorf("%s: the cause is %q, want %q", tc.name, outcomes[0].Cause, tc.cause)
		}
		if n := len(tc.sink.Messages()); (n == 1) != (tc.want == "ok") {
			t.Errorf("%s: %d messages arrived", tc.name, n)
		}
	}
}

// A host that doesn't meet the policy is passed over, also if another one is at its address.
func TestPublishedNextHost(t *testing.T) {
	w := newWorld(t, byDNS())
	w.dns.AddMX("fabrikam.com", 10, "a.fabrikam.com.")
	w.dns.AddMX("fabrikam.com", 20, "b.fabrikam.com.")
	w.dns.AddMX("fabrikam.com", 30, "c.fabrikam.com.")
	for _, host := range []string{"b.fabrikam.com", "c.fabrikam.com"} {
		w.dns.AddHost(host, addr("192.0.2.1"))
	}
	policies := &policiesByHost{hosts: map[string]delivery.HostPolicy{
		"a.fabrikam.com": {Err: errors.New("TLSA can't be looked up")},
		"b.fabrikam.com": {Source: "DANE", TLS: true},
	}}
	w.sender.TLSPolicies = policies
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	expect(t, "another host", w.send("b@fabrikam.com"), "ok")
	if n := len(sink.Messages()); n != 1 {
		t.Errorf("%d messages arrived", n)
	}
	for _, want := range []string{"a.fabrikam.com: ", "TLSA can't be looked up", "b.fabrikam.com: ", "required by DANE"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %q: %s", want, &w.log)
		}
	}
	want := delivery.MailDomain{Name: "fabrikam.com", Hosts: []string{"a.fabrikam.com", "b.fabrikam.com", "c.fabrikam.com"}, Port: 25, DANE: true, MTASTS: true}
	if d := policies.asked[0]; len(policies.asked) != 1 || d.Name != want.Name || !slices.Equal(d.Hosts, want.Hosts) || d.Port != want.Port || !d.DANE || !d.MTASTS {
		t.Errorf("asked %+v, want %+v", policies.asked, want)
	}
}

// If it isn't known what the owner requires, the message waits.
func TestPublishedUnknown(t *testing.T) {
	w := newWorld(t, byDNS())
	w.dns.AddHost("fabrikam.com", addr("192.0.2.1"))
	policies := &policiesByHost{err: errors.New("bogus signatures")}
	w.sender.TLSPolicies = policies
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	expect(t, "unknown", w.send("b@fabrikam.com"), "451 4.4.3")
	if n := len(sink.Messages()); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
	if d := policies.asked[0]; !slices.Equal(d.Hosts, []string{"fabrikam.com"}) {
		t.Errorf("a domain without MX: asked %+v", d)
	}
	if expect(t, "an address", w.send("b@[192.0.2.1]"), "ok"); len(policies.asked) != 1 {
		t.Errorf("asked about an address: %+v", policies.asked)
	}
}

// A policy that is tested blocks nothing, and an event says what it would have blocked.
func TestPublishedTested(t *testing.T) {
	trusted, stranger := authority(t)
	good, bad := issued(t, trusted, "mx.fabrikam.com"), issued(t, stranger, "mx.fabrikam.com")
	pkix := delivery.HostPolicy{Source: "MTA-STS", TLS: true, PKIX: true}
	for _, tc := range []struct {
		name   string
		tested delivery.HostPolicy
		sink   *relaytest.Sink
		want   string
	}{
		{"met", pkix, &relaytest.Sink{Certificate: &good}, ""},
		{"no TLS", pkix, &relaytest.Sink{}, "STARTTLS"},
		{"an unknown authority", pkix, &relaytest.Sink{Certificate: &bad}, "unknown authority"},
		{"an unnamed host", delivery.HostPolicy{Source: "MTA-STS", Err: errors.New("isn't named")}, &relaytest.Sink{Certificate: &good}, "isn't named"},
	} {
		w := newWorld(t, byDNS())
		w.dns.AddMX("fabrikam.com", 10, "mx.fabrikam.com.")
		w.dns.AddHost("mx.fabrikam.com", addr("192.0.2.1"))
		w.sender.RootCAs = trusted.Pool()
		w.sender.TLSPolicies = &policiesByHost{hosts: map[string]delivery.HostPolicy{"mx.fabrikam.com": {Tested: &tc.tested}}}
		w.sink("192.0.2.1:25", tc.sink)
		expect(t, tc.name, w.send("b@fabrikam.com"), "ok")
		line := w.log.String()
		if strings.Contains(line, "being tested") != (tc.want != "") || !strings.Contains(line, tc.want) {
			t.Errorf("%s: the log is %q, want %q", tc.name, line, tc.want)
		}
	}
}
