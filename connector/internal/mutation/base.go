package mutation

import (
	"fmt"
	"math/rand/v2"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Policy draws a small policy in which each parameter may have a value: connectors of
// package policygen, in every second case several servers with links, and some settings
// that operators drew.
func Policy(r *rand.Rand) *connector.Policy {
	for {
		cfg := policygen.Config(r)
		if r.IntN(2) == 0 {
			servers(r, &cfg)
		}
		for i := range r.IntN(3) {
			cfg.Remote = append(cfg.Remote, remoteDomain(r, fmt.Sprintf("remote %d", i)))
		}
		cfg.Services = append(cfg.Services, connector.Service{Name: cfg.Server})
		p, err := connector.Compile(cfg)
		if err != nil {
			continue
		}
		all := Operators()
		for range r.IntN(12) {
			if changed := one(r, all).Apply(r, p); changed != nil {
				p = changed
			}
		}
		return p
	}
}

// servers gives cfg three servers in three sites, of which A is this server.
func servers(r *rand.Rand, cfg *connector.Config) {
	cfg.Server = "A"
	cfg.Servers = []routing.Server{
		{Name: "A", FQDN: "a.contoso.com", Site: "one", Edge: r.IntN(6) == 0}, {Name: "B", FQDN: "b.contoso.com", Site: "two"}, {Name: "C", Site: one(r, []string{"two", "three"})},
	}
	cfg.Links = []routing.SiteLink{link(r, "L", "one", "two"), link(r, "M", "two", "three")}
	if cfg.Servers[0].Edge {
		for i := range cfg.Receive {
			p := &cfg.Receive[i]
			p.PermissionGroups = param.Value(p.PermissionGroups.Or(0) &^ permission.ExchangeUsers)
		}
		return
	}
	for i := range cfg.Send {
		s := &cfg.Send[i]
		if r.IntN(3) == 0 {
			s.SourceTransportServers = []string{one(r, []string{"A", "B", "C"})}
		}
		s.IsScopedConnector = r.IntN(6) == 0
	}
}

func link(r *rand.Rand, name string, sites ...string) routing.SiteLink {
	return routing.SiteLink{Name: name, Sites: sites, Cost: 1 + r.IntN(3), MaxSize: one(r, []int64{0, 0, 100_000, 300_000})}
}

func remoteDomain(r *rand.Rand, name string) connector.RemoteDomain {
	return connector.RemoteDomain{
		Name: name, DomainName: one(r, texts[schema.RemoteName]), NDREnabled: param.Value(r.IntN(2) == 0), DeliveryReportEnabled: param.Value(r.IntN(2) == 0),
	}
}
