package mutation

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
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
		cfg.Services = append(cfg.Services, service(r, cfg.Server))
		receivers(r, &cfg)
		if r.IntN(2) == 0 {
			cfg.Transport.ExternalPostmasterAddress = "postmaster@contoso.com"
		}
		for i := range cfg.Send {
			hop(r, &cfg.Send[i])
		}
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
	if r.IntN(2) == 0 { // so that costs decide which of B and C is nearer
		cfg.Links = append(cfg.Links, link(r, "N", "one", "three"))
	}
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
	if len(cfg.Send) > 0 && r.IntN(2) == 0 { // two servers for one domain, so that the way to them decides
		again := cfg.Send[0].Clone()
		again.Name, again.SourceTransportServers = "s0 again", []string{"C"}
		cfg.Send[0].SourceTransportServers = []string{"B"}
		cfg.Send = append(cfg.Send, again)
	}
}

// receivers gives Receive connectors what settings depend on: old versions of TLS, a limit of
// messages, and a connector whose clients another one might serve as well.
func receivers(r *rand.Rand, cfg *connector.Config) {
	for i := range cfg.Receive {
		p := &cfg.Receive[i]
		if r.IntN(4) == 0 {
			p.TlsMinimumVersion = param.Tls11
		}
		if r.IntN(3) == 0 {
			p.MessageRateLimit = 5
		}
	}
	first := cfg.Receive[0].RemoteIPRanges[0]
	e := ends{first.Low().Next(), first.High().Next()}
	if r.IntN(2) == 0 && e.high.IsValid() {
		tie := cfg.Receive[0].Clone()
		tie.Name, tie.RemoteIPRanges, tie.Banner = one(r, []string{"q", "s"}), []param.Range{e.span()}, "220 tie.example"
		cfg.Receive = append(cfg.Receive, tie)
	}
}

// hop gives a Send connector what settings depend on: DNS, a user at its smart hosts, domain
// security, or the size that its usage sets.
func hop(r *rand.Rand, s *connector.Send) {
	if r.IntN(3) == 0 {
		s.SmartHosts = nil
	}
	if r.IntN(4) == 0 {
		s.MaxMessageSize = 0
	}
	switch {
	case r.IntN(2) == 0:
	case len(s.SmartHosts) > 0:
		s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuth, credential(r)
	default:
		s.DomainSecureEnabled = true
	}
}

// service draws the service of a server, which may ask name servers of its own.
func service(r *rand.Rand, server string) connector.Service {
	s := connector.Service{Name: server}
	if r.IntN(2) == 0 {
		s.ExternalDNSServers, s.ExternalDNSAdapterEnabled = []netip.Addr{netip.MustParseAddr("192.0.2.53")}, param.Value(false)
	}
	if r.IntN(2) == 0 {
		s.InternalDNSServers, s.InternalDNSAdapterEnabled = []netip.Addr{netip.MustParseAddr("192.0.2.53")}, param.Value(false)
	}
	return s
}

func link(r *rand.Rand, name string, sites ...string) routing.SiteLink {
	return routing.SiteLink{Name: name, Sites: sites, Cost: 1 + r.IntN(3), MaxSize: one(r, []int64{0, 0, 100_000, 300_000})}
}

func remoteDomain(r *rand.Rand, name string) connector.RemoteDomain {
	return connector.RemoteDomain{
		Name: name, DomainName: one(r, texts[schema.RemoteName]), NDREnabled: param.Value(r.IntN(2) == 0), DeliveryReportEnabled: param.Value(r.IntN(2) == 0),
	}
}
