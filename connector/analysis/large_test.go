package analysis_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// large is a policy of n Receive connectors with ten ranges each, and ten
// address spaces for each of them. No two connectors are configured alike: each
// has limits and grants of its own.
func large(n int) connector.Config {
	cfg := connector.Config{
		Accepted:  []routing.AcceptedDomain{{DomainName: "contoso.com", DomainType: routing.InternalRelay}},
		Transport: connector.Transport{TLSReceiveDomainSecureList: []string{"partner.test"}},
	}
	for i := range n {
		c := connector.Receive{
			Name: fmt.Sprintf("r%04d", i), Bindings: bindings("0.0.0.0:25"),
			AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
			PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers | permission.ExchangeServers),
			Permissions: []permission.Grant{
				allow(permission.NameSID(fmt.Sprintf("group%d", i)), permission.AcceptAnySender),
				{To: permission.NameSID(fmt.Sprintf("guests%d", i)), Deny: permission.SetOf(permission.AcceptAnyRecipient)},
			},
			DomainSecureEnabled: i%2 == 0,
			MaxHopCount:         1 + i%500,
			MaxMessageSize:      param.Size(1<<20 + i),
		}
		for j := range 10 {
			low := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(j * 20)})
			high := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(j*20 + 7 + i%5)})
			c.RemoteIPRanges = append(c.RemoteIPRanges, param.MustParseRange(low.String()+"-"+high.String()))
		}
		cfg.Receive = append(cfg.Receive, c)
	}
	for i := range n / 10 {
		s := connector.Send{Name: fmt.Sprintf("s%03d", i), MaxMessageSize: param.Size(1<<20 + 1000*i)}
		for j := range 100 {
			s.AddressSpaces = append(s.AddressSpaces, routing.MustParseAddressSpace(fmt.Sprintf("*.d%d.example%d.net", j*1000+i, i%7)))
		}
		s.AddressSpaces = append(s.AddressSpaces, routing.MustParseAddressSpace(fmt.Sprintf("*;%d", i%100+1)))
		cfg.Send = append(cfg.Send, s)
	}
	return cfg
}

// changed is cfg with a change in every tenth connector, and an accepted domain
// more, so that nothing can be passed over.
func changed(cfg connector.Config) connector.Config {
	cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: "d1000.example0.net", DomainType: routing.ExternalRelay})
	for i := 0; i < len(cfg.Receive); i += 10 {
		c := &cfg.Receive[i]
		switch i / 10 % 4 {
		case 0:
			c.Permissions = append(c.Permissions, allow(permission.SIDAnonymous, permission.AcceptAnyRecipient))
		case 1:
			c.RemoteIPRanges = c.RemoteIPRanges[1:]
		case 2:
			c.RequireTLS = true
		case 3:
			c.MaxMessageSize *= 2
		}
	}
	for i := 0; i < len(cfg.Send); i += 10 {
		cfg.Send[i].SmartHosts = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}
	}
	return cfg
}

// TestLarge compares large policies and holds random sessions on both: those
// with different results are reported.
func TestLarge(t *testing.T) {
	a, b := compile(t, large(100)), compile(t, changed(large(100)))
	changes := analysis.Compare(a, b).Changes
	bound := a.Bindings()
	r := rand.New(rand.NewPCG(5, 9))
	slowA, slowB := newSlow(a), newSlow(b)
	found := 0
	for range shorter(3000) {
		d := connector.Dialog{
			Local: netip.MustParseAddrPort("192.0.2.1:25"), TLS: r.IntN(2) == 0, Helo: "client.example",
			Remote: netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(100)), byte(r.IntN(256))}),
		}
		if r.IntN(3) == 0 {
			d.User = &auth.Identity{Principal: permission.Authenticated("ann", permission.NameSID(fmt.Sprintf("guests%d", r.IntN(100))))}
		}
		compareSessions(d, slowA.open(d), slowB.open(d), func(diff difference) {
			found++
			for _, c := range changes {
				if describes(c, bound, diff) {
					return
				}
			}
			// Not to be served at all says it of everything behind.
			for _, c := range changes {
				if c.Aspect == analysis.AspectConnection && from(c, bound, d.Local, d.Remote) {
					return
				}
			}
			t.Fatalf("%+v isn't told", diff)
		})
	}
	if found < 100 {
		t.Errorf("only %d differences", found)
	}
	if same := analysis.Compare(a, compile(t, large(100))); !same.Same() {
		t.Errorf("equal policies differ: %s", texts(same.Changes))
	}
}

// TestTooLarge: what would take very long is refused, and refused says nothing of the
// policy.
func TestTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	cfg := policygen.Ranges(6000)
	cfg.Receive[0].Bindings = nil
	for i := range 200 {
		r := policygen.Everybody(fmt.Sprintf("r%03d", i))
		r.Bindings = bindings(fmt.Sprintf("192.0.2.%d:25", i))
		cfg.Receive[0].Bindings = append(cfg.Receive[0].Bindings, r.Bindings...)
		cfg.Receive = append(cfg.Receive, r)
	}
	for i := range cfg.Receive[0].RemoteIPRanges {
		cfg.Receive[0].RemoteIPRanges[i] = policygen.Span(3*i, 3*i+1) // so that the others have clients between
	}
	p := compile(t, cfg)
	found := analysis.Check(p, analysis.Options{})
	if len(found) != 1 || found[0].Code != analysis.CodeTooLarge || found[0].Severity != source.SeverityError {
		t.Errorf("got %v", found)
	}
	c := analysis.Compare(p, p)
	if c.TooLarge == "" || c.Same() || c.Wider().Same() {
		t.Errorf("got %+v", c)
	}
	if a := analysis.Ask(p, analysis.MustParseQuestion("never relays")); a.Holds || !a.TooLarge || a.Undecided == "" {
		t.Errorf("got %+v", a)
	}
	cfg.Transport.Assertions = []string{"never relays"}
	found = analysis.Check(compile(t, cfg), analysis.Options{})
	if len(found) != 2 || found[0].Code != analysis.CodeTooLarge || found[1].Code != analysis.CodeAssertionUndecided || found[1].Severity != source.SeverityError {
		t.Errorf("with an assertion: %v", found)
	}
}

// TestTooManyRoutes: mail to each of many domains takes other ways at each of many sizes.
func TestTooManyRoutes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	before := policygen.RisingSizes(2000)
	after := policygen.RisingSizes(2000)
	for i := range after.Send {
		s := &after.Send[i]
		s.AddressSpaces = s.AddressSpaces[:1]
		s.SmartHosts = []param.SmartHost{param.MustParseSmartHost(fmt.Sprintf("mx%d.other.example", i))}
	}
	if c := analysis.Compare(compile(t, before), compile(t, after)); c.TooLarge == "" {
		t.Errorf("%d changes aren't too many", len(c.Changes))
	}
}

// BenchmarkCompare compares policies of 1,000 Receive connectors with 10,000
// ranges and 10,000 address spaces, no two connectors alike. It reports how
// much memory the system gave to the process.
func BenchmarkCompare(b *testing.B) {
	before, after := compile(b, large(1000)), compile(b, changed(large(1000)))
	var n int
	for b.Loop() {
		n = len(analysis.Compare(before, after).Changes)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "sys-MiB")
	b.ReportMetric(float64(n), "changes")
}
