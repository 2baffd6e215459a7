package connector

import (
	"errors"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// Check returns the mistakes of c, which [Compile] refuses, and warnings about values
// that are legal but doubtful. Both are in the order of Config's fields; mistakes that
// concern several Receive connectors come after those that concern one.
func (c *Config) Check() (errs, warnings source.Diagnostics) {
	v := &validator{cfg: c}
	v.organisation()
	v.checkReceive()
	v.checkSend()
	v.accepted()
	v.remote()
	v.transport()
	v.services()
	return v.errs, v.warnings
}

// checkReceive checks the Receive connectors, first each alone, then all together.
func (v *validator) checkReceive() {
	names := v.names("Receive")
	checks := make([]receiveCheck, len(v.cfg.Receive))
	for i, given := range v.cfg.Receive {
		c := &checks[i]
		*c = newReceiveCheck(v, names.paths[i], given)
		v.unique(names, i, c.server.Name, given.Name)
		c.run()
	}
	v.checkBindings(checks)
}

// checkSend checks the Send connectors.
func (v *validator) checkSend() {
	names := v.names("Send")
	for i, given := range v.cfg.Send {
		v.unique(names, i, "", given.Name)
		newSendCheck(v, names.paths[i], given).run()
	}
}

// organisation checks the profile, the servers and the links.
func (v *validator) organisation() {
	c := v.cfg
	if !c.Profile.IsValid() {
		v.fail("Profile", source.CodeValueInvalid, "%v is not a profile; give Current or Exchange2007", c.Profile)
	}
	v.knownServer("Server", c.Server)
	names := v.names("Servers")
	for i, s := range c.Servers {
		path := names.paths[i]
		v.name(path, s.Name)
		v.unique(names, i, "", s.Name)
		if d, err := routing.ParseDomain(s.FQDN); err != nil || !d.IsLiteral() { // a machine without a name has an address
			v.fqdn(path+".FQDN", s.FQDN)
		}
	}
	sites := map[string]bool{}
	for _, s := range c.Servers {
		sites[strings.ToLower(s.Site)] = true
	}
	names = v.names("Links")
	for i, l := range c.Links {
		v.name(names.paths[i], l.Name)
		v.unique(names, i, "", l.Name)
		v.link(names.paths[i], l, sites)
	}
}

func (v *validator) link(path source.Path, l routing.SiteLink, sites map[string]bool) {
	if len(l.Sites) < 2 {
		v.fail(path+".Sites", routing.CodeSiteLink, "a link joins two sites or more")
	}
	for i, site := range l.Sites {
		if site == "" {
			v.fail((path + ".Sites").Index(i), routing.CodeSiteLink, "the site has no name")
		} else if !sites[strings.ToLower(site)] {
			v.warn((path + ".Sites").Index(i), routing.CodeSiteLink, "no server is in site %q", site)
		}
	}
	if l.Cost < 1 {
		v.fail(path+".Cost", source.CodeOutOfRange, "the cost is %d; give 1 or more", l.Cost)
	}
	if l.MaxSize < 0 {
		v.fail(path+".MaxSize", source.CodeOutOfRange, "the size is %d; give 0 for unlimited, or more", l.MaxSize)
	}
}

// accepted checks the accepted domains by the rules of package routing.
func (v *validator) accepted() {
	_, err := routing.NewAccepted(v.cfg.Accepted...)
	var problems source.Diagnostics
	errors.As(err, &problems)
	for _, p := range problems {
		p.Path = v.cfg.pathOf(p.Path)
		v.errs = append(v.errs, p)
	}
}

func (v *validator) transport() {
	t := &v.cfg.Transport
	full := v.cfg.transportDefaults(*t)
	transportParameters.limits(v, "Transport", &full)
	v.secureList("Transport.TLSReceiveDomainSecureList", t.TLSReceiveDomainSecureList)
	v.secureList("Transport.TLSSendDomainSecureList", t.TLSSendDomainSecureList)
	v.postmaster(t)
	v.assertions(t.Assertions)
}

// secureList checks a list of domains for domain security, which allows no wildcards.
func (v *validator) secureList(path source.Path, domains []string) {
	for i, name := range domains {
		if strings.Contains(name, "*") {
			v.fail(path.Index(i), CodeDomainSecureList, "%q has a wildcard; list each domain by name", name)
		} else if _, err := routing.ParseDomain(name); err != nil {
			v.fail(path.Index(i), CodeDomainSecureList, "%w", err)
		}
	}
}
