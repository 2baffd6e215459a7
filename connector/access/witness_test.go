package access_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/access"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
)

// TestWitness: the session of a row is one on its connector, of its principal, with its rights. A row
// lacks one only where no session can be, or where the connector serves none of the clients.
func TestWitness(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 4))
	shown := 0
	for range 200 {
		p := policygen.Policy(r)
		table := access.New(p)
		rows, _ := table.Rows(access.Query{Each: true, Rights: permission.AllRights})
		for _, row := range rows {
			d, ok := table.Witness(row)
			if !ok {
				if in := named(p, row.Connector); row.NoSession == "" && servesAny(p, in) {
					t.Fatalf("no session of %s on %s", row.Principal.Name(), row.Connector)
				}
				continue
			}
			shown++
			if s := p.Walk(d).Session; s.Inbound().Name() != row.Connector || !s.Identity().Is(row.Principal) || s.Rights() != held(row) {
				t.Fatalf("%s on %s with %v is shown by %+v, which is %v on %s with %v",
					row.Principal.Name(), row.Connector, held(row), d, s.Identity(), s.Inbound().Name(), s.Rights())
			}
		}
	}
	if shown < 300 {
		t.Errorf("%d sessions", shown)
	}
}

// held returns the rights that sessions of r hold.
func held(r access.Row) (set permission.Set) {
	for _, c := range r.Cells {
		if c.Verdict == access.Allowed {
			set = set.Union(permission.SetOf(c.Right))
		}
	}
	return set
}

// servesAny reports whether a client is served by in.
func servesAny(p *connector.Policy, in *connector.Inbound) bool {
	for _, local := range policygen.Locals {
		for _, client := range policygen.Clients(local) {
			if p.Select(local, client, nil) == in {
				return true
			}
		}
	}
	return false
}

// TestWitnessImplicit: at a port where connections begin with TLS, the witness uses it.
func TestWitnessImplicit(t *testing.T) {
	p, err := connector.Compile(connector.Config{Receive: []connector.Receive{receive("R", func(r *connector.Receive) {
		r.Bindings = []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:465")}
		r.AuthMechanism = param.Value(auth.BasicAuth)
		r.PermissionGroups = param.Value(permission.ExchangeUsers | permission.AnonymousUsers)
	})}})
	if err != nil {
		t.Fatal(err)
	}
	table := access.New(p)
	rows, _ := table.Rows(access.Query{})
	for _, row := range rows {
		d, ok := table.Witness(row)
		if s := p.Walk(d).Session; !ok || !d.TLS || !s.Identity().Is(row.Principal) {
			t.Errorf("%+v: %v, want %s", d, s.Identity(), row.Principal.Name())
		}
	}
}
