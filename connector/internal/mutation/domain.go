package mutation

import (
	"math/rand/v2"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

const (
	acceptedNoun = "AcceptedDomain."
	remoteNoun   = "RemoteDomain."
)

func acceptedOf(c *connector.Config) *[]routing.AcceptedDomain { return &c.Accepted }

// acceptedNames are the domains of accepted domains, in each of the forms.
var acceptedNames = []string{
	"contoso.com", "*.contoso.com", "a.contoso.com", "b.a.contoso.com", "fabrikam.com", "*.fabrikam.com", "*", "partner.test", "[192.0.2.9]",
	"example.net", "localhost", "single", "*.com",
}

func domainOperators() []Operator {
	return []Operator{
		{"accepted-add", []string{acceptedNoun + "DomainName"}, func(r *rand.Rand, c *connector.Config) bool {
			c.Accepted = append(c.Accepted, routing.AcceptedDomain{DomainName: one(r, acceptedNames), DomainType: routing.DomainType(1 + r.IntN(3))})
			return true
		}},
		{"accepted-remove", []string{acceptedNoun + "DomainName"}, func(r *rand.Rand, c *connector.Config) bool { return remove(r, &c.Accepted, 0) }},
		onAccepted("accepted-name", "DomainName", func(r *rand.Rand, d *routing.AcceptedDomain) bool {
			d.DomainName = one(r, acceptedNames)
			return true
		}),
		onAccepted("accepted-wildcard", "DomainName", func(_ *rand.Rand, d *routing.AcceptedDomain) bool {
			name, wild := strings.CutPrefix(d.DomainName, "*.")
			if !wild {
				name = "*." + d.DomainName
			}
			d.DomainName, d.MatchSubDomains = name, false
			return true
		}),
		onAccepted("accepted-below", "MatchSubDomains", func(_ *rand.Rand, d *routing.AcceptedDomain) bool {
			d.MatchSubDomains = !d.MatchSubDomains
			return true
		}),
		{"accepted-default", []string{acceptedNoun + "Default"}, func(r *rand.Rand, c *connector.Config) bool {
			at := r.IntN(len(c.Accepted) + 1)
			for i := range c.Accepted {
				c.Accepted[i].Default = i == at
			}
			return true
		}},
		{"remote-add", []string{remoteNoun + "DomainName"}, func(r *rand.Rand, c *connector.Config) bool {
			c.Remote = append(c.Remote, remoteDomain(r, one(r, []string{"added", "remote 9"})))
			return true
		}},
		{"remote-remove", []string{remoteNoun + "DomainName"}, func(r *rand.Rand, c *connector.Config) bool { return remove(r, &c.Remote, 0) }},
	}
}

func onAccepted(name, parameter string, apply func(*rand.Rand, *routing.AcceptedDomain) bool) Operator {
	return Operator{name, []string{acceptedNoun + parameter}, func(r *rand.Rand, c *connector.Config) bool {
		d := in(r, c.Accepted)
		return d != nil && apply(r, d)
	}}
}
