package prover_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// largePolicy has a thousand Receive connectors with nested ranges, different limits and
// groups, a hundred Send connectors and two hundred accepted domains.
func largePolicy(t testing.TB) *connector.Policy {
	var cfg connector.Config
	for i := range 1000 {
		r := connector.Receive{
			Name: fmt.Sprintf("r%04d", i), Bindings: []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")},
			RemoteIPRanges:   []param.Range{param.MustParseRange(fmt.Sprintf("10.%d.%d.0-10.%d.%d.9", i/200, i%200, 100-i/200, i%200))},
			AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth),
			PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
			MaxMessageSize:   param.Size(1_000_000 + i%50),
		}
		if i%3 == 0 {
			r.Permissions = []permission.Grant{{To: permission.NameSID(fmt.Sprintf("group%d", i)), Allow: permission.SetOf(permission.Submit, permission.AcceptAnySender)}}
		}
		cfg.Receive = append(cfg.Receive, r)
	}
	for i := range 100 {
		cfg.Send = append(cfg.Send, connector.Send{
			Name: fmt.Sprintf("s%d", i), AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace(fmt.Sprintf("*.to%d.example;1", i)), routing.MustParseAddressSpace("*;1")},
			MaxMessageSize: param.Size(2_000_000 + i),
		})
	}
	for i := range 200 {
		cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: fmt.Sprintf("ours%d.example", i), DomainType: routing.DomainType(1 + i%3)})
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLarge: the certificate of a large policy has a few megabytes.
func TestLarge(t *testing.T) {
	p := largePolicy(t)
	c, err := prover.Prove(p)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the certificate has %d bytes", len(certificate))
	if len(certificate) > 5<<20 {
		t.Errorf("the certificate has %d bytes", len(certificate))
	}
	if err := proof.Verify(c, text(t, p)); err != nil {
		t.Error(err)
	}
}

func BenchmarkProve(b *testing.B) {
	p := largePolicy(b)
	for b.Loop() {
		if _, err := prover.Prove(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	p := largePolicy(b)
	c, err := prover.Prove(p)
	if err != nil {
		b.Fatal(err)
	}
	policy := text(b, p)
	for b.Loop() {
		if err := proof.Verify(c, policy); err != nil {
			b.Fatal(err)
		}
	}
}
