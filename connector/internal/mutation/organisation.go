package mutation

import (
	"math/rand/v2"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

func linksOf(c *connector.Config) *[]routing.SiteLink { return &c.Links }

// organisationOperators change the servers, their links, and what applies to all.
func organisationOperators() []Operator {
	return []Operator{
		{"profile", []string{"Profile"}, func(_ *rand.Rand, c *connector.Config) bool { c.Profile = 1 - c.Profile; return true }},
		{"server", []string{"Server"}, func(r *rand.Rand, c *connector.Config) bool {
			if s := in(r, c.Servers); s != nil {
				c.Server = s.Name
			}
			return len(c.Servers) > 0
		}},
		{"recipients", []string{"TransportConfig.MaxRecipientEnvelopeLimit"}, func(r *rand.Rand, c *connector.Config) bool {
			c.Transport.MaxRecipientEnvelopeLimit = one(r, []param.Limit{0, 1, 2, 3, 5, 199, 200, 500, param.Unlimited})
			return true
		}},
		onServer("server-edge", func(_ *rand.Rand, s *routing.Server) { s.Edge = !s.Edge }),
		onServer("server-site", func(r *rand.Rand, s *routing.Server) { s.Site = one(r, []string{"one", "two", "three"}) }),
		onServer("server-fqdn", func(r *rand.Rand, s *routing.Server) {
			s.FQDN = one(r, []string{"", "a.contoso.com", "new.contoso.com"})
		}),
		{"link-add", []string{"AdSiteLink.ExchangeCost"}, func(r *rand.Rand, c *connector.Config) bool {
			c.Links = append(c.Links, link(r, "added", "one", "three"))
			return len(c.Servers) > 0
		}},
		{"link-remove", []string{"AdSiteLink.ExchangeCost"}, func(r *rand.Rand, c *connector.Config) bool { return remove(r, &c.Links, 0) }},
		{"link-size", []string{"AdSiteLink.MaxMessageSize"}, func(r *rand.Rand, c *connector.Config) bool {
			l := in(r, c.Links)
			if l != nil {
				l.MaxSize = one(r, []int64{0, 70_000, 100_000, 300_000})
			}
			return l != nil
		}},
	}
}

func onServer(name string, apply func(*rand.Rand, *routing.Server)) Operator {
	return Operator{name, []string{"Servers"}, func(r *rand.Rand, c *connector.Config) bool {
		s := in(r, c.Servers)
		if s != nil {
			apply(r, s)
		}
		return s != nil
	}}
}
