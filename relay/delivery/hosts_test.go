package delivery_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func space(s string) []routing.AddressSpace {
	return []routing.AddressSpace{routing.MustParseAddressSpace(s)}
}

// byDNS is a Send connector for everything by DNS.
func byDNS() connector.Send { return connector.Send{Name: "dns", AddressSpaces: space("*")} }

func TestDNSRouting(t *testing.T) {
	w := newWorld(t, byDNS())
	w.dns.AddMX("fabrikam.com", 10, "dead.fabrikam.com.")
	w.dns.AddMX("fabrikam.com", 20, "MX.fabrikam.com.")
	w.dns.AddMX("fabrikam.com", 30, "never.fabrikam.com.")
	w.dns.AddHost("dead.fabrikam.com", addr("192.0.2.9"))
	w.dns.AddHost("mx.fabrikam.com", addr("192.0.2.1"))
	w.dns.AddHost("implicit.example", addr("192.0.2.1"))
	w.dns.AddMX("null.example", 0, ".")
	w.dns.AddMX("hostless.example", 10, "nowhere.example.")
	w.dns.Fail("broken.example", errors.New("server failure"))
	w.dns.AddMX("half.example", 10, "broken.example.")
	w.dns.AddMX("loop.example", 10, "hub.contoso.com.")
	w.dns.AddMX("loop.example", 20, "mx.fabrikam.com.")
	w.dns.AddMX("backup.example", 10, "mx.fabrikam.com.")
	w.dns.AddMX("backup.example", 20, "hub.contoso.com.")
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	for _, tc := range []struct{ to, want string }{
		{"b@fabrikam.com", "ok"},
		{"b@implicit.example", "ok"},
		{"b@[192.0.2.1]", "ok"},
		{"b@backup.example", "ok"},
		{"b@null.example", "556 5.1.10"},
		{"b@missing.example", "550 5.1.2"},
		{"b@hostless.example", "550 5.1.2"},
		{"b@broken.example", "451 4.4.3"},
		{"b@half.example", "451 4.4.3"},
		{"b@loop.example", "554 5.4.6"},
	} {
		expect(t, tc.to, w.send(tc.to), tc.want)
	}
	if n := len(sink.Messages()); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
	tx, got := w.rcpt(newEnvelope(), "b@fabrikam.com", "b@implicit.example")
	expect(t, "another domain", got[1], "452 4.5.3")
	tx.Close()
}

func TestDowngradeDnsFailures(t *testing.T) {
	s := byDNS()
	s.ErrorPolicies = param.DowngradeDnsFailures
	w := newWorld(t, s)
	expect(t, "missing domain", w.send("b@missing.example"), "451 4.4.3")
}

func TestSmartHostNames(t *testing.T) {
	s := toHosts("gw.fabrikam.com")
	s.Port = 587
	w := newWorld(t, s)
	expect(t, "a mistake of the administrator", w.send("b@x.example"), "451 4.4.4")
	w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.7"))
	w.dns.AddHost("mx.fabrikam.com", addr("192.0.2.1"))
	direct := w.sink("192.0.2.7:587", &relaytest.Sink{})
	expect(t, "without MX", w.send("b@x.example"), "ok")

	w2 := newWorld(t, s)
	w2.dns.AddMX("gw.fabrikam.com", 10, "mx.fabrikam.com")
	w2.dns.AddHost("mx.fabrikam.com", addr("192.0.2.1"))
	byMX := w2.sink("192.0.2.1:587", &relaytest.Sink{})
	expect(t, "with MX", w2.send("b@x.example"), "ok")
	if len(direct.Messages()) != 1 || len(byMX.Messages()) != 1 {
		t.Errorf("%d and %d messages, want one each", len(direct.Messages()), len(byMX.Messages()))
	}
}

func TestLoadIsShared(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2"))
	one := w.sink("192.0.2.1:25", &relaytest.Sink{})
	two := w.sink("192.0.2.2:25", &relaytest.Sink{})
	for range 64 { // all to one of them: once in 2^63 runs
		expect(t, "send", w.send("b@fabrikam.com"), "ok")
	}
	if len(one.Messages()) == 0 || len(two.Messages()) == 0 {
		t.Errorf("%d and %d messages", len(one.Messages()), len(two.Messages()))
	}
}

func TestNobodyAnswers(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2"))
	expect(t, "refused connections", w.send("b@fabrikam.com"), "451 4.4.1")
	outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com"), strings.NewReader(letter))
	for _, host := range []string{"192.0.2.1:25: connection refused", "192.0.2.2:25: connection refused"} {
		if cause := outcomes[0].Cause; err == nil || strings.Count(cause, host) != 1 {
			t.Errorf("%v, cause %q", err, cause)
		}
	}
	if w.log.Len() > 0 { // who gets the error logs it
		t.Errorf("log: %s", w.log.String())
	}
}

// TestReachedHost: the Outcome names the host that was reached, in whatever order the hosts are tried.
func TestReachedHost(t *testing.T) {
	for range 10 {
		w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2"))
		w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(relaytest.StageMail, "", "421 4.3.2 busy")})
		outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com"), strings.NewReader(letter))
		if err == nil || outcomes[0].Host != "192.0.2.1" {
			t.Errorf("%+v, %v", outcomes[0], err)
		}
	}
}

func TestSourceAddress(t *testing.T) {
	s := byDNS()
	s.SourceIPAddress = addr("10.2.3.99")
	w := newWorld(t, s)
	w.sender.Dial = w.net.Dial
	w.dns.AddHost("fabrikam.com", addr("2001:db8::1"), addr("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	expect(t, "send", w.send("b@fabrikam.com"), "ok")
	if got := sink.Messages()[0].Remote.Addr(); got != addr("10.2.3.99") {
		t.Errorf("called from %s", got)
	}
}
