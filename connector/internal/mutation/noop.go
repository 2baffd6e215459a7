package mutation

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// silent are enforced parameters that change no decision: remarks, logs, and names of objects
// among which no name decides a tie.
var silent = silentParameters()

func silentParameters() map[string]bool {
	all := map[string]bool{
		"ReceiveConnector.Comment": true, "SendConnector.Comment": true, "AcceptedDomain.Name": true, "RemoteDomain.Name": true, "AdSiteLink.Name": true,
		"ReceiveConnector.SuppressXAnonymousTls": true,
	}
	parameters(func(o object, row *schema.Row, _ []int) {
		if ofLog(row) {
			all[parameterName(o, row)] = true
		}
	})
	return all
}

var logParameter = regexp.MustCompile(`Log(Path|Max.*|Enabled|Subject.*|gingLevel)$`)

// ofLog reports whether a parameter says what is logged.
func ofLog(row *schema.Row) bool { return logParameter.MatchString(row.Name) }

// NoOps returns the operators after which the policy decides as before.
func NoOps() []Operator {
	return slices.Concat(orderNoOps(), rangeNoOps(), grantNoOps(), spellingNoOps(), additionNoOps())
}

// noOp is an operator that may be applied anywhere.
func noOp(name string, apply func(*rand.Rand, *connector.Config) bool, parameters ...string) Operator {
	return Operator{name, parameters, apply}
}

// shuffle brings a list into another order.
func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// orderNoOps change the order of lists, and names without changing their order.
func orderNoOps() []Operator {
	return []Operator{
		noOp("reorder-objects", func(r *rand.Rand, c *connector.Config) bool {
			shuffle(r, c.Receive)
			shuffle(r, c.Send)
			shuffle(r, c.Remote)
			shuffle(r, c.Links)
			shuffle(r, c.Services)
			if c.Server != "" {
				shuffle(r, c.Servers)
			}
			shuffle(r, c.Accepted)
			return true
		}),
		noOp("reorder-lists", func(r *rand.Rand, c *connector.Config) bool {
			for i := range c.Receive {
				p := &c.Receive[i]
				shuffle(r, p.Bindings)
				shuffle(r, p.RemoteIPRanges)
				shuffle(r, p.Permissions)
				shuffle(r, p.AllowedSenders)
			}
			for i := range c.Send {
				s := &c.Send[i]
				shuffle(r, s.AddressSpaces)
				shuffle(r, s.SmartHosts)
				shuffle(r, s.SmartHostCredentials)
				shuffle(r, s.SourceTransportServers)
				shuffle(r, s.Permissions)
			}
			for i := range c.Links {
				shuffle(r, c.Links[i].Sites)
			}
			shuffle(r, c.Transport.TLSReceiveDomainSecureList)
			shuffle(r, c.Transport.TLSSendDomainSecureList)
			return true
		}),
		noOp("rename-in-order", func(_ *rand.Rand, c *connector.Config) bool {
			for i := range c.Receive {
				c.Receive[i].Name = "renamed " + c.Receive[i].Name
			}
			for i := range c.Send {
				c.Send[i].Name = "renamed " + c.Send[i].Name
			}
			for i := range c.Remote {
				c.Remote[i].Name = "renamed " + c.Remote[i].Name
			}
			return true
		}, "RemoteDomain.Name"),
	}
}

// rangeNoOps write RemoteIPRanges in other forms.
func rangeNoOps() []Operator {
	each := func(write func(r *rand.Rand, e ends) []param.Range) func(*rand.Rand, *connector.Config) bool {
		return func(r *rand.Rand, c *connector.Config) bool {
			for i := range c.Receive {
				var list []param.Range
				for _, g := range c.Receive[i].RemoteIPRanges {
					list = append(list, write(r, ends{g.Low(), g.High()})...)
				}
				c.Receive[i].RemoteIPRanges = list
			}
			return true
		}
	}
	return []Operator{
		noOp("range-first-last", each(func(_ *rand.Rand, e ends) []param.Range { return []param.Range{e.span()} })),
		noOp("range-mapped", each(func(_ *rand.Rand, e ends) []param.Range {
			if e.low.Is4() {
				return []param.Range{e.mapped()}
			}
			return []param.Range{e.span()}
		})),
		noOp("range-cidr", each(func(_ *rand.Rand, e ends) []param.Range {
			for bits := range e.low.BitLen() + 1 {
				text := netip.PrefixFrom(e.low, bits).String()
				if g, err := param.ParseRange(text); err == nil && g.Low() == e.low && g.High() == e.high {
					return []param.Range{g}
				}
			}
			return []param.Range{e.span()}
		})),
		noOp("range-twice", each(func(_ *rand.Rand, e ends) []param.Range { return []param.Range{e.span(), e.span()} })),
	}
}

// grantNoOps write access lists in other forms.
func grantNoOps() []Operator {
	each := func(write func(c *connector.Config, p *connector.Receive)) func(*rand.Rand, *connector.Config) bool {
		return func(_ *rand.Rand, c *connector.Config) bool {
			for i := range c.Receive {
				write(c, &c.Receive[i])
			}
			return len(c.Receive) > 0
		}
	}
	return []Operator{
		noOp("grant-split", each(func(_ *connector.Config, p *connector.Receive) {
			var list []permission.Grant
			for _, g := range p.Permissions {
				list = append(list, split(g)...)
			}
			p.Permissions = list
		})),
		noOp("grant-twice", each(func(_ *connector.Config, p *connector.Receive) {
			p.Permissions = append(p.Permissions, p.Permissions...)
		})),
		noOp("grant-join", each(func(_ *connector.Config, p *connector.Receive) {
			p.Permissions = joined(p.Permissions)
		})),
	}
}

// split returns a grant for each right.
func split(g permission.Grant) (list []permission.Grant) {
	for r := range g.Allow.All() {
		list = append(list, permission.Grant{To: g.To, Allow: permission.SetOf(r)})
	}
	for r := range g.Deny.All() {
		list = append(list, permission.Grant{To: g.To, Deny: permission.SetOf(r)})
	}
	for r := range g.Removed.All() {
		list = append(list, permission.Grant{To: g.To, Removed: permission.SetOf(r)})
	}
	return list
}

// joined returns one grant of each kind for each principal.
func joined(grants []permission.Grant) (list []permission.Grant) {
	for _, g := range grants {
		at := slices.IndexFunc(list, func(x permission.Grant) bool {
			return x.To == g.To && (x.Allow == 0) == (g.Allow == 0) && (x.Deny == 0) == (g.Deny == 0) && (x.Removed == 0) == (g.Removed == 0)
		})
		if at < 0 {
			list = append(list, g)
			continue
		}
		list[at].Allow |= g.Allow
		list[at].Deny |= g.Deny
		list[at].Removed |= g.Removed
	}
	return list
}

// spellingNoOps write values in other letters and give defaults explicitly.
func spellingNoOps() []Operator {
	return []Operator{
		noOp("letter-case", func(_ *rand.Rand, c *connector.Config) bool {
			for i := range c.Accepted {
				c.Accepted[i].DomainName = strings.ToUpper(c.Accepted[i].DomainName)
			}
			for i := range c.Remote {
				c.Remote[i].DomainName = strings.ToUpper(c.Remote[i].DomainName)
			}
			upper(c.Transport.TLSReceiveDomainSecureList)
			upper(c.Transport.TLSSendDomainSecureList)
			for i := range c.Send {
				upper(c.Send[i].SourceTransportServers)
				for j, a := range c.Send[i].AddressSpaces {
					c.Send[i].AddressSpaces[j] = routing.MustParseAddressSpace(strings.Replace(a.String(), a.Space(), strings.ToUpper(a.Space()), 1))
				}
			}
			for i := range c.Links {
				upper(c.Links[i].Sites)
			}
			c.Server = strings.ToLower(c.Server)
			return true
		}),
		noOp("explicit-defaults", func(_ *rand.Rand, c *connector.Config) bool {
			given := *c
			for i := range c.Receive {
				c.Receive[i] = c.Receive[i].WithDefaults(&given)
			}
			for i := range c.Send {
				c.Send[i] = c.Send[i].WithDefaults(&given)
			}
			return len(c.Receive)+len(c.Send) > 0
		}),
		noOp("log-settings", func(r *rand.Rand, c *connector.Config) bool {
			done := false
			parameters(func(o object, row *schema.Row, field []int) {
				if p := o.pick(r, c); p != nil && ofLog(row) && drawable(row) {
					done = redraw(r, row, fieldOf(p, field)) || done
				}
			})
			return done
		}, silentNames()...),
		noOp("downgraded-servers", func(_ *rand.Rand, c *connector.Config) bool {
			c.Transport.UseDowngradedExchangeServerAuth = true
			for i := range c.Receive {
				c.Receive[i].SuppressXAnonymousTls = true
			}
			return true
		}, "ReceiveConnector.SuppressXAnonymousTls"),
		noOp("assertions", func(_ *rand.Rand, c *connector.Config) bool {
			c.Transport.Assertions = append(c.Transport.Assertions, "never relays")
			return true
		}, "TransportConfig.Assertions"),
		noOp("remarks", func(_ *rand.Rand, c *connector.Config) bool {
			for i := range c.Receive {
				c.Receive[i].Comment = "a remark"
			}
			for i := range c.Send {
				c.Send[i].Comment = "a remark"
			}
			return len(c.Receive)+len(c.Send) > 0
		}),
	}
}

func upper(list []string) {
	for i := range list {
		list[i] = strings.ToUpper(list[i])
	}
}

func silentNames() []string {
	var names []string
	for name := range silent {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// additionNoOps add objects that do nothing.
func additionNoOps() []Operator {
	return []Operator{
		noOp("disabled-receive", func(r *rand.Rand, c *connector.Config) bool {
			p := in(r, c.Receive)
			if p == nil {
				return false
			}
			added := p.Clone()
			added.Name, added.Enabled = "disabled", param.Value(false)
			c.Receive = append(c.Receive, added)
			return true
		}),
		noOp("disabled-send", func(r *rand.Rand, c *connector.Config) bool {
			p := in(r, c.Send)
			if p == nil {
				return false
			}
			added := p.Clone()
			added.Name, added.Enabled = "disabled", param.Value(false)
			c.Send = append(c.Send, added)
			return true
		}),
		noOp("other-server", func(r *rand.Rand, c *connector.Config) bool {
			p := in(r, c.Receive)
			if p == nil || len(c.Servers) == 0 {
				return false
			}
			added := p.Clone()
			added.Server = one(r, []string{"B", "C"})
			if strings.EqualFold(added.Server, c.Server) {
				return false
			}
			c.Receive = append(c.Receive, added)
			c.Services = append(c.Services, connector.Service{Name: added.Server, MaxConnectionRatePerMinute: 7})
			return true
		}),
	}
}
