package mutation

import (
	"math/rand/v2"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
)

const receiveNoun = "ReceiveConnector."

// onReceive is an operator on one Receive connector.
func onReceive(name, parameter string, apply func(*rand.Rand, *connector.Config, *connector.Receive) bool) Operator {
	return Operator{name, []string{receiveNoun + parameter}, func(r *rand.Rand, c *connector.Config) bool {
		p := in(r, c.Receive)
		return p != nil && apply(r, c, p)
	}}
}

// receiveOperators change Receive connectors in ways that drawing a value rarely does.
func receiveOperators() []Operator {
	return []Operator{
		{"receive-add", []string{receiveNoun + "Bindings", receiveNoun + "RemoteIPRanges"}, func(r *rand.Rand, c *connector.Config) bool {
			c.Receive = append(c.Receive, policygen.Receive(r, one(r, []string{"added", "r0a", "zz"})))
			return true
		}},
		{"receive-remove", []string{receiveNoun + "Enabled"}, func(r *rand.Rand, c *connector.Config) bool { return remove(r, &c.Receive, 0) }},
		{"receive-swap-ranges", []string{receiveNoun + "RemoteIPRanges"}, func(r *rand.Rand, c *connector.Config) bool {
			a, b := in(r, c.Receive), in(r, c.Receive)
			if a == b {
				return false
			}
			a.RemoteIPRanges, b.RemoteIPRanges = b.RemoteIPRanges, a.RemoteIPRanges
			return true
		}},
		onReceive("receive-rename", "Name", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			p.Name = one(r, []string{"a", "m", "r0a", "r1a", "zz"})
			return true
		}),
		onReceive("receive-banner", "Banner", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			p.Banner = one(r, []string{"", "220 mail.contoso.com ready", "220 other.example ESMTP"})
			return true
		}),
		onReceive("receive-default-domain", "DefaultDomain", func(r *rand.Rand, c *connector.Config, p *connector.Receive) bool {
			p.DefaultDomain = ""
			if d := in(r, c.Accepted); d != nil && r.IntN(3) > 0 {
				p.DefaultDomain = d.DomainName
			}
			return true
		}),
		onReceive("receive-mechanism", "AuthMechanism", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			flag := one(r, []auth.Mechanism{auth.TLS, auth.BasicAuth, auth.BasicAuthRequireTLS, auth.OAuth, auth.ClientCertificate, auth.ExternalAuthoritative})
			p.AuthMechanism = param.Value(p.AuthMechanism.Or(auth.TLS) ^ flag)
			return true
		}),
		onReceive("receive-group", "PermissionGroups", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			flag := one(r, []permission.Group{permission.AnonymousUsers, permission.ExchangeUsers, permission.ExchangeServers, permission.ExchangeLegacyServers, permission.Partners})
			p.PermissionGroups = param.Value(p.PermissionGroups.Or(0) ^ flag)
			return true
		}),
		onReceive("receive-security", "DomainSecureEnabled", func(_ *rand.Rand, c *connector.Config, p *connector.Receive) bool {
			p.DomainSecureEnabled = !p.DomainSecureEnabled
			p.AuthMechanism = param.Value(p.AuthMechanism.Or(auth.TLS) | auth.TLS)
			return len(c.Transport.TLSReceiveDomainSecureList) > 0
		}),
		onReceive("receive-size", "MaxMessageSize", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			p.MaxMessageSize = one(r, []param.Size{70_000, 99_999, 100_000, 100_001, 200_000, 300_000, p.MaxMessageSize + 1})
			return true
		}),
		onReceive("receive-recipients", "MaxRecipientsPerMessage", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			p.MaxRecipientsPerMessage = one(r, []int{0, 1, 2, 3, 4, 199, 201})
			return true
		}),
		onReceive("receive-rewrite", "RewriteSender", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			p.AllowedSenders = []param.Sender{param.MustParseSender(one(r, []string{"@contoso.com", "ann@contoso.com"}))}
			p.RewriteSender = "scanner@contoso.com"
			return true
		}),
	}
}

// rangeOperators change which clients and local addresses a Receive connector serves.
func rangeOperators() []Operator {
	return []Operator{
		onRange("range-low-down", func(g *ends) bool { g.low = g.low.Prev(); return g.low.IsValid() }),
		onRange("range-low-up", func(g *ends) bool { g.low = g.low.Next(); return true }),
		onRange("range-high-down", func(g *ends) bool { g.high = g.high.Prev(); return true }),
		onRange("range-high-up", func(g *ends) bool { g.high = g.high.Next(); return g.high.IsValid() }),
		onRange("range-first-only", func(g *ends) bool { g.high = g.low; return true }),
		onRange("range-up", func(g *ends) bool { g.low, g.high = g.low.Next(), g.high.Next(); return g.high.IsValid() }),
		onReceive("range-add", "RemoteIPRanges", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			p.RemoteIPRanges = append(slices.Clone(p.RemoteIPRanges), policygen.Range(r))
			return true
		}),
		onReceive("range-remove", "RemoteIPRanges", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			return remove(r, &p.RemoteIPRanges, 1)
		}),
		onReceive("binding-remove", "Bindings", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			return remove(r, &p.Bindings, 1)
		}),
		onReceive("binding-replace", "Bindings", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
			p.Bindings[r.IntN(len(p.Bindings))] = param.MustParseBinding(one(r, texts[schema.Binding]))
			return true
		}),
	}
}

// onRange is an operator on one range of a Receive connector.
func onRange(name string, change func(*ends) bool) Operator {
	return onReceive(name, "RemoteIPRanges", func(r *rand.Rand, _ *connector.Config, p *connector.Receive) bool {
		at := r.IntN(len(p.RemoteIPRanges))
		g := ends{p.RemoteIPRanges[at].Low(), p.RemoteIPRanges[at].High()}
		if !change(&g) || !g.low.IsValid() || !g.high.IsValid() || g.high.Less(g.low) {
			return false
		}
		p.RemoteIPRanges[at] = g.span()
		return true
	})
}
