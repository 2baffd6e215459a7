package policygen

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The pools of Wide, beside those of Config.
var (
	wideBindings = []string{
		"0.0.0.0:25", "192.0.2.1:25", "192.0.2.7:25", "[::]:25", "[2001:db8::25]:25", "0.0.0.0:587", "192.0.2.1:465", "0.0.0.0:465", "[::]:465",
	}
	wideMechanisms = append([]auth.Mechanism{
		auth.TLS | auth.BasicAuth | auth.OAuth | auth.ClientCertificate, auth.ExternalAuthoritative, auth.TLS | auth.ExchangeServer | auth.Integrated,
		auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS | auth.OAuth,
	}, mechanisms...)
	wideGroups = append([]permission.Group{permission.ExchangeLegacyServers, permission.Custom}, groups...)
	wideRights = append([]permission.Right{
		permission.AcceptHeadersForest, permission.BypassAntiSpam, permission.SendHeadersRouting,
	}, rights...)
	widePrincipals = append([]permission.SID{
		permission.SIDAnonymous, permission.SIDAuthenticatedUsers, permission.SIDEdgeServers, permission.SIDExchangeServers,
		permission.SIDExternallySecured, permission.SIDLegacyInterop, "S-1-5-21-1-2-3-1105",
	}, Groups...)
	wideAccepted = append([]string{
		"Example.NET", "*.com", "*.a.contoso.com", "single", "x.fabrikam.com", "*.partner.test", "other.test",
		"BÜCHER.example", "*.Bücher.example", "faß.de.", "[ipv6:2001:DB8:0::1]",
	}, accepted...)
	wideSenders = []string{"ann@contoso.com", "@contoso.com", "@*.contoso.com", "@fabrikam.com", "@*.Bücher.example", "Ann@partner.test", "@elsewhere.org"}
	edition     = []connector.Profile{permission.Current, permission.Exchange2007}
)

// WideGroups are the SIDs that users may have under policies of Wide.
var WideGroups = append([]permission.SID{
	permission.SIDAnonymous, permission.SIDExternallySecured, permission.SIDEdgeServers, permission.SIDExchangeServers, permission.SIDLegacyInterop, "S-1-5-21-1-2-3-1105",
}, Groups...)

// Wide draws configurations of more kinds than Policy, until one compiles: with usages
// and defaults, other servers, Edge servers, every permission group, limits of headers,
// hops and recipients, lists of senders, mapped ranges and ranges of both families.
func Wide(r *rand.Rand) *connector.Policy {
	for {
		if p, err := connector.Compile(WideConfig(r)); err == nil {
			return p
		}
	}
}

// WideConfig draws a configuration for Wide, which may be invalid.
func WideConfig(r *rand.Rand) connector.Config {
	cfg := Config(r)
	cfg.Profile = edition[r.IntN(2)]
	if r.IntN(2) == 0 {
		cfg.Servers = []routing.Server{{Name: "HubA", FQDN: "huba.contoso.com", Edge: r.IntN(2) == 0}, {Name: "HubB"}}
		cfg.Server = []string{"", "HUBA", "huba.contoso.com", "HubB"}[r.IntN(4)]
	}
	for i := range cfg.Receive {
		c := &cfg.Receive[i]
		c.Name = []string{"r", "R", "ß"}[r.IntN(3)] + fmt.Sprint(i)
		wideReceive(r, c)
		if len(cfg.Servers) > 0 && r.IntN(3) == 0 {
			c.Server = []string{"HubA", "hubb", "huba.contoso.com"}[r.IntN(3)]
		}
	}
	cfg.Accepted = nil
	for _, name := range wideAccepted {
		if r.IntN(5) == 0 {
			cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{
				DomainName: name, DomainType: routing.DomainType(r.IntN(4)), MatchSubDomains: r.IntN(4) == 0 && name[0] != '*' && name[0] != '[',
			})
		}
	}
	for i, name := range cfg.Transport.TLSReceiveDomainSecureList {
		if r.IntN(3) == 0 {
			cfg.Transport.TLSReceiveDomainSecureList[i] = strings.ToUpper(name) + "."
		}
	}
	if r.IntN(4) == 0 {
		cfg.Transport.MaxRecipientEnvelopeLimit = param.Limit(1 + r.IntN(3))
	}
	return cfg
}

// wideReceive changes some parameters of c.
func wideReceive(r *rand.Rand, c *connector.Receive) {
	one := func(n int) bool { return r.IntN(n) == 0 }
	if c.Bindings = nil; !one(4) {
		for _, b := range append(some(r, wideBindings, 4), wideBindings[r.IntN(3)]) {
			c.Bindings = append(c.Bindings, param.MustParseBinding(b))
		}
	}
	for range r.IntN(3) {
		c.RemoteIPRanges = append(c.RemoteIPRanges, WideRange(r))
	}
	if one(3) {
		c.Usage = param.Usage(r.IntN(5))
	}
	c.TransportRole = param.TransportRole(r.IntN(2))
	c.AuthMechanism = param.Value(wideMechanisms[r.IntN(len(wideMechanisms))])
	if one(6) {
		c.AuthMechanism = param.Setting[auth.Mechanism]{}
	}
	var g permission.Group
	for _, group := range wideGroups {
		if one(3) {
			g |= group
		}
	}
	if c.AuthMechanism.Or(0).Has(auth.ExternalAuthoritative) {
		g |= permission.ExchangeServers
	}
	if c.PermissionGroups = param.Value(g); one(6) {
		c.PermissionGroups = param.Setting[permission.Group]{}
	}
	for range r.IntN(3) {
		c.Permissions = append(c.Permissions, Grant(r, widePrincipals, wideRights, 2, 5))
	}
	wideLimits(r, c)
	wideSenderRules(r, c)
	for _, on := range []*param.Setting[bool]{
		&c.ChunkingEnabled, &c.BinaryMimeEnabled, &c.DeliveryStatusNotificationEnabled, &c.EightBitMimeEnabled,
		&c.EnhancedStatusCodesEnabled, &c.PipeliningEnabled, &c.SmtpUtf8Enabled,
	} {
		if one(4) {
			*on = param.Value(one(2))
		}
	}
}

func wideLimits(r *rand.Rand, c *connector.Receive) {
	c.MaxMessageSize = []param.Size{0, 100_000, 300_000}[r.IntN(3)]
	c.MaxHeaderSize = []param.Size{0, 0, 1000, 65536}[r.IntN(4)]
	c.MaxHopCount = []int{0, 0, 1, 30}[r.IntN(4)]
	c.MaxRecipientsPerMessage = []int{0, 0, 1, 2}[r.IntN(4)]
	if r.IntN(2) == 0 {
		c.MaxLocalHopCount = param.Value(r.IntN(3))
	}
}

func wideSenderRules(r *rand.Rand, c *connector.Receive) {
	if r.IntN(4) > 0 {
		return
	}
	for _, s := range some(r, wideSenders, 4) {
		c.AllowedSenders = append(c.AllowedSenders, param.MustParseSender(s))
	}
	replacements := []string{"", "scanner@contoso.com", "Ann@CONTOSO.com", `"scan\ner"@Bücher.example`, "a..b@contoso.com"}
	c.RewriteSender, c.RewriteFrom = replacements[r.IntN(5)], replacements[r.IntN(5)]
}

// WideRange draws a range of clients, in each of the forms that a range may have.
func WideRange(r *rand.Rand) param.Range {
	a, b := r.IntN(16), r.IntN(16)
	a, b = min(a, b), max(a, b)
	switch r.IntN(8) {
	case 0:
		return param.MustParseRange(fmt.Sprintf("::ffff:10.0.0.%d-::ffff:10.0.0.%d", a, b))
	case 1:
		return param.MustParseRange(fmt.Sprintf("::ffff:10.0.0.%d/%d", a, 96+28+r.IntN(4)))
	case 2:
		return param.MustParseRange(fmt.Sprintf("10.0.0.%d(255.255.255.%d)", a, []int{0, 240, 248, 252}[r.IntN(4)]))
	case 3:
		return param.MustParseRange(fmt.Sprintf("2001:db8::%x/%d", a, 124+r.IntN(5)))
	case 4:
		return param.MustParseRange("2001:db8::/32")
	case 5:
		return param.MustParseRange(fmt.Sprintf("9.255.255.%d-10.0.0.%d", 250+r.IntN(6), b))
	case 6:
		return param.MustParseRange("::ffff:10.0.0.7")
	}
	return Range(r)
}
