package policygen

import (
	"fmt"
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Shape is a way in which a policy can be large: one thing occurs n times.
type Shape struct {
	Name   string
	Make   func(n int) connector.Config
	Change func(*connector.Config) // changes about every tenth of what occurs n times
}

// Shapes are those with which an analysis may take an effort that grows as a power of n.
var Shapes = []Shape{
	{"grants", grants, func(c *connector.Config) {
		p := &c.Receive[0].Permissions
		*p = append(*p, submit("newcomers"), permission.Grant{To: permission.NameSID("group1"), Deny: permission.SetOf(permission.AcceptAnyRecipient)})
	}},
	{"denies", denies, changeReceive},
	{"rising sizes", RisingSizes, changeSend},
	{"same names", sameNames, changeSend},
	{"spaces", longSpaces, changeSend},
	{"servers", manyServers, changeSend},
	{"own addresses", ownAddresses, changeReceive},
	{"ranges", Ranges, changeRanges},
	{"ranges of IPv6", rangesIPv6, changeRanges},
	{"nested", nested, changeReceive},
	{"deep", deep, changeRanges},
	{"domains", manyDomains, func(c *connector.Config) { c.Accepted = c.Accepted[1:] }},
	{"certificates", manyCertificates, changeReceive},
	{"remote domains", manyRemoteDomains, func(c *connector.Config) { c.Remote = c.Remote[3:] }},
	{"senders", manySenders, changeReceive},
}

// changeSend changes every tenth Send connector.
func changeSend(c *connector.Config) {
	for i := 0; i < len(c.Send); i += 10 {
		c.Send[i].SmartHosts = []param.SmartHost{param.MustParseSmartHost("mx.isp.example")}
	}
}

// changeReceive lets anonymous clients of every tenth Receive connector relay.
func changeReceive(c *connector.Config) {
	for i := 0; i < len(c.Receive); i += 10 {
		r := &c.Receive[i]
		r.Permissions = append(r.Permissions, permission.Grant{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)})
	}
}

// changeRanges removes the first range.
func changeRanges(c *connector.Config) { c.Receive[0].RemoteIPRanges = c.Receive[0].RemoteIPRanges[1:] }

// Everybody is a connector that anonymous clients and users may use.
func Everybody(name string) connector.Receive {
	return connector.Receive{
		Name: name, Bindings: []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("10.0.0.0/8")},
		AuthMechanism:    param.Value(auth.TLS | auth.BasicAuth | auth.BasicAuthRequireTLS),
		PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
	}
}

// alone is a policy of one Receive connector and one accepted domain.
func alone(r connector.Receive) connector.Config {
	return connector.Config{Receive: []connector.Receive{r}, Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}}}
}

func submit(group string) permission.Grant {
	return permission.Grant{To: permission.NameSID(group), Allow: permission.SetOf(permission.Submit, permission.AcceptAnyRecipient)}
}

// manyDomains has n accepted domains, and as many for domain security.
func manyDomains(n int) connector.Config {
	cfg := connector.Config{Receive: []connector.Receive{Everybody("All")}}
	cfg.Receive[0].DomainSecureEnabled = true
	for i := range n {
		name := fmt.Sprintf("d%d.example.net", i)
		if i%3 == 0 {
			name = "*." + name
		} else {
			cfg.Transport.TLSReceiveDomainSecureList = append(cfg.Transport.TLSReceiveDomainSecureList, name)
		}
		cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: name, DomainType: routing.DomainType(1 + i%2)})
	}
	return cfg
}

// manyCertificates has n domains for domain security, and n/10 connectors for partners.
func manyCertificates(n int) connector.Config {
	cfg := nested(n / 10)
	for i := range cfg.Receive {
		r := &cfg.Receive[i]
		r.DomainSecureEnabled = i%2 == 0
		r.PermissionGroups = param.Value(permission.AnonymousUsers | permission.Partners)
	}
	for i := range n {
		cfg.Transport.TLSReceiveDomainSecureList = append(cfg.Transport.TLSReceiveDomainSecureList, fmt.Sprintf("d%d.partner.example.net", i))
	}
	return cfg
}

// manyRemoteDomains has n remote domains, each below one before it.
func manyRemoteDomains(n int) connector.Config {
	cfg := alone(Everybody("All"))
	for i := range n {
		name := fmt.Sprintf("d%d.example.net", i/4)
		for range i % 4 {
			name = "below." + name
		}
		cfg.Remote = append(cfg.Remote, connector.RemoteDomain{
			Name: fmt.Sprintf("r%d", i), DomainName: "*." + name, NDREnabled: param.Value(i%2 == 0), DeliveryReportEnabled: param.Value(i%3 == 0),
		})
	}
	return cfg
}

// manySenders has n domains and addresses that may send through one connector.
func manySenders(n int) connector.Config {
	cfg := alone(Everybody("All"))
	for i := range n {
		by := fmt.Sprintf("scanner@d%d.example.net", i)
		if i%2 == 0 {
			by = fmt.Sprintf("@d%d.example.net", i)
		}
		cfg.Receive[0].AllowedSenders = append(cfg.Receive[0].AllowedSenders, param.MustParseSender(by))
	}
	return cfg
}
