package connector

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"sync"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// Compile checks cfg and compiles it. If cfg has mistakes, Compile returns a nil
// Policy and all of them as [source.Diagnostics]. The Policy keeps copies: later
// changes to cfg don't affect it.
//
// The Policy serves the Receive connectors of this server only. The Send connectors
// of all servers take part in routing, because a message may have to leave through
// another server.
func Compile(cfg Config) (*Policy, error) {
	cfg = cfg.clone()
	errs, warnings := cfg.Check()
	if len(errs) > 0 {
		return nil, errs
	}
	p := &Policy{config: cfg, warnings: warnings}
	p.fingerprint = sync.OnceValue(p.computeFingerprint)
	c := compiler{cfg: &p.config, policy: p, local: cfg.local()}
	c.accepted()
	c.receive()
	c.send()
	c.reports()
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return p, nil
}

// compiler is the state that the steps of Compile share.
type compiler struct {
	cfg      *Config
	policy   *Policy
	local    routing.Server
	problems source.Diagnostics
}

func (c *compiler) report(path source.Path, code source.Code, err error) {
	c.problems = append(c.problems, source.Mistake(path, code, "%w", err))
}

// reportRouting reports the mistakes that package routing found in several elements
// together, which checks of single elements cannot see.
func (c *compiler) reportRouting(err error) {
	var problems source.Diagnostics
	if !errors.As(err, &problems) {
		c.report("", routing.CodeTable, err)
		return
	}
	for _, p := range problems {
		p.Path = c.cfg.pathOf(p.Path)
		c.problems = append(c.problems, p)
	}
}

// accepted compiles the accepted domains and the lists of secured domains.
func (c *compiler) accepted() {
	accepted, err := routing.NewAccepted(c.cfg.Accepted...)
	if err != nil {
		c.reportRouting(err)
		return
	}
	c.policy.accepted = accepted
	t := &c.cfg.Transport
	c.policy.secure = c.domains("Transport.TLSReceiveDomainSecureList", t.TLSReceiveDomainSecureList)
	c.policy.secureSend = c.domains("Transport.TLSSendDomainSecureList", t.TLSSendDomainSecureList)
}

// domains parses the list at path.
func (c *compiler) domains(path source.Path, names []string) []routing.Domain {
	var list []routing.Domain
	for i, name := range names {
		d, err := routing.ParseDomain(name)
		if err != nil {
			c.report(path.Index(i), CodeDomainSecureList, err)
			continue
		}
		list = append(list, d)
	}
	return list
}

// receive compiles the Receive connectors of this server.
func (c *compiler) receive() {
	p := c.policy
	for i, r := range c.cfg.Receive {
		if !c.cfg.sameServer(r.Server, "") {
			continue
		}
		in, err := newInbound(p, i, c.local.Edge)
		if err != nil {
			c.report(source.Element("Receive", i, r.Name)+".Permissions", CodePermissionInvalid, err)
			continue
		}
		p.receive = append(p.receive, in)
	}
	p.bindings = bindingsOf(p.receive)
	p.services = c.cfg.authenticationServices()
	p.selector = newSelector(p.receive)
}

// bindingsOf returns the addresses that the enabled connectors listen on, sorted and
// without duplicates.
func bindingsOf(receive []*Inbound) []netip.AddrPort {
	var all []netip.AddrPort
	for _, in := range receive {
		if in.enabled {
			all = append(all, in.bindings...)
		}
	}
	slices.SortFunc(all, func(a, b netip.AddrPort) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Port(), b.Port()))
	})
	return slices.Compact(all)
}

// reports compiles the settings of delivery and delivery reports.
func (c *compiler) reports() {
	p := c.policy
	p.service = c.cfg.serviceDefaults(c.cfg.localService())
	p.transport = c.cfg.transportDefaults(c.cfg.Transport)
	address, err := routing.ParseAddress(p.transport.ExternalPostmasterAddress)
	if err != nil {
		c.report("Transport.ExternalPostmasterAddress", CodePostmaster, err)
	}
	p.postmaster = address
	if c.cfg.Transport.ExternalPostmasterAddress != "" { // otherwise copies would go to an address that no administrator chose
		p.copied = p.transport.GenerateCopyOfDSNFor.Or(param.StatusCodes{})
	}
	p.remote = map[string]RemoteDomain{"*": RemoteDomain{}.WithDefaults()}
	for i, d := range c.cfg.Remote {
		key, err := remoteKey(d.DomainName)
		if err != nil {
			c.report(source.Element("Remote", i, d.Name)+".DomainName", CodeRemoteDomain, err)
		}
		p.remote[key] = d.WithDefaults()
	}
}

// send compiles the Send connectors and the routing table.
func (c *compiler) send() {
	p := c.policy
	routes := make([]routing.Connector, 0, len(c.cfg.Send))
	for i, s := range c.cfg.Send {
		out, err := newOutbound(p, i)
		if err != nil {
			c.report(source.Element("Send", i, s.Name)+".Permissions", CodePermissionInvalid, err)
			continue
		}
		p.send = append(p.send, out)
		routes = append(routes, out.route(c.cfg.Transport.MaxSendSize))
	}
	topology := routing.Topology{Local: c.local.Name, Servers: c.cfg.Servers, Links: c.cfg.Links}
	table, err := routing.NewTable(topology, routes)
	if err != nil {
		c.reportRouting(err)
		return
	}
	p.table = table
	p.servers = make(map[string]*routing.Server, len(c.cfg.Servers))
	for i := range c.cfg.Servers {
		p.servers[c.cfg.Servers[i].Name] = &c.cfg.Servers[i]
	}
}
