package oauth

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// hosts returns the smart hosts of out that get the tokens of c, a Config of s. out may be nil.
func (s *Settings) hosts(c *Config, out *connector.Outbound) (list []param.SmartHost) {
	if out == nil {
		return nil
	}
	for _, host := range out.Settings().SmartHosts {
		if s.Find(out.Name(), host) == c {
			list = append(list, host)
		}
	}
	return list
}

// missing warns of smart hosts of out without settings: once if none has some.
func (s *Settings) missing(out *connector.Outbound) (list source.Diagnostics) {
	warn := func(fix, format string, args ...any) {
		d := source.Mistake(source.Named("Send", out.Name()).Field("SmartHostAuthMechanism"), CodeMissing, format, args...)
		d.Severity, d.Fix = source.SeverityWarning, fix
		list = append(list, d)
	}
	hosts := out.Settings().SmartHosts
	if !slices.ContainsFunc(hosts, func(h param.SmartHost) bool { return s.Find(out.Name(), h) != nil }) {
		warn("add the connector to the file of -oauth", "OAuth needs settings for tokens, and this connector has no settings: its mail waits")
		return list
	}
	for _, host := range hosts {
		if s.Find(out.Name(), host) == nil {
			warn("add the connector with this SmartHost to the file of -oauth", "OAuth needs settings for tokens, and this connector has none for %v: the host gets no mail", host)
		}
	}
	return list
}

// used reports whether smart hosts of the connector get the tokens of k's Config, and warns if none
// does, and of those that should not.
func (k *checker) used(out *connector.Outbound, hosts []param.SmartHost) bool {
	c := k.config
	switch {
	case out == nil:
		k.warn("Name", CodeUnused, "no Send connector %q of this server uses OAuth", c.Name)
	case len(hosts) == 0 && c.SmartHost.IsValid():
		k.warn("SmartHost", CodeUnused, "%v is not one of the SmartHosts of Send connector %q", c.SmartHost, c.Name)
	case len(hosts) == 0:
		k.warn("Name", CodeUnused, "each smart host of Send connector %q has settings of its own", c.Name)
	default:
		k.foreign(hosts)
		return true
	}
	return false
}

// foreign warns of hosts that aren't known as the provider's: they would see its tokens. A SmartHost
// in the settings says that the host may.
func (k *checker) foreign(hosts []param.SmartHost) {
	c := k.config
	of := c.provider()
	if c.SmartHost.IsValid() || len(of.hosts) == 0 {
		return
	}
	for _, host := range hosts {
		if of.has(host) {
			continue
		}
		k.warn("Name", CodeForeignHost, "%v gets the tokens for %s, and is not known as a host of %[2]s, so it could use them elsewhere", host, of.name)
		k.found[len(k.found)-1].Fix = fmt.Sprintf("give the connector settings with SmartHost %v: those of the host's own token server, or these again if the host may have the tokens", host)
	}
}

// provider returns the provider of c. Service accounts are Google's.
func (c *Config) provider() provider {
	if c.Grant == ServiceAccount {
		return Google.provider()
	}
	return c.Provider.provider()
}

// has reports whether host is known as one of p.
func (p *provider) has(host param.SmartHost) bool {
	name := host.Domain()
	return slices.ContainsFunc(p.hosts, func(d routing.Domain) bool { return name == d || name.IsSubdomainOf(d) })
}

// flags returns the flags of gateway oauth that name c.
func (c *Config) flags() string {
	if c.SmartHost.IsValid() {
		return fmt.Sprintf("-connector %q -host %v", c.Name, c.SmartHost)
	}
	return fmt.Sprintf("-connector %q", c.Name)
}
