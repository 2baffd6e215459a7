package connector

import (
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// WithDefaults returns r with every parameter that was left at its default
// filled in, as Compile does it for a connector of c. The slices of r are
// shared, not copied.
func (r Receive) WithDefaults(c *Config) Receive { return c.receiveDefaults(r) }

// WithDefaults returns s with every parameter that was left at its default
// filled in, as Compile does it for a connector of c. The slices of s are
// shared, not copied.
func (s Send) WithDefaults(c *Config) Send { return c.sendDefaults(s) }

// WithDefaults returns s with every parameter that was left at its default
// filled in, as Compile does it for a service of c.
func (s Service) WithDefaults(c *Config) Service { return c.serviceDefaults(s) }

// WithDefaults returns t with every parameter that was left at its default
// filled in, as Compile does it for c. The slices of t are shared, not copied.
func (t Transport) WithDefaults(c *Config) Transport { return c.transportDefaults(t) }

// Given returns what the permission groups of r, with its defaults as a connector of
// c, give to whom: what Permissions adds to or takes of. The slice is fresh.
func (r Receive) Given(c *Config) []permission.Grant {
	full := c.receiveDefaults(r)
	server, _ := c.server(r.Server)
	return full.PermissionGroups.Or(0).Grants(c.Profile, server.Edge)
}

// Given returns what the making of s as a connector of c gives to whom: what
// Permissions adds to or takes of. The slice is fresh.
func (s Send) Given(c *Config) []permission.Grant {
	return permission.SendGrants(c.Profile, sendUsage(s.Usage))
}

// CheckReceive checks r as a connector of c, without looking at the connectors
// that c has, and against neighbours: it is for those who change one connector
// at a time and can't afford Compile each time. Neighbours are other connectors
// that r might collide with; what is wrong with them alone isn't reported.
// Names are not compared. The path of r's problems is that of an element of
// Config.Receive.
func (c *Config) CheckReceive(r Receive, neighbours ...Receive) (errs, warnings Problems) {
	v := &checker{cfg: c}
	checks := make([]receiveCheck, len(neighbours)+1)
	for i, n := range neighbours {
		checks[i] = newReceiveCheck(&checker{cfg: c}, elementPath("Receive", i, n.Name), n)
	}
	last := &checks[len(neighbours)]
	*last = newReceiveCheck(v, elementPath("Receive", 0, r.Name), r)
	v.receiveAlone(last)
	if len(neighbours) > 0 {
		v.checkBindings(checks)
	}
	return v.errs, v.warnings
}

// CheckSend checks s as a connector of c, without looking at those that c has.
// Names are not compared. The path of the problems is that of an element of
// Config.Send.
func (c *Config) CheckSend(s Send) (errs, warnings Problems) {
	v := &checker{cfg: c}
	v.sendAlone(elementPath("Send", 0, s.Name), s)
	return v.errs, v.warnings
}

// CheckService checks s as a service of c, without looking at those that c has.
// The path of the problems is that of an element of Config.Services.
func (c *Config) CheckService(s Service) (errs, warnings Problems) {
	v := &checker{cfg: c}
	path := elementPath("Services", 0, s.Name)
	v.knownServer(path+".Name", s.Name)
	full := c.serviceDefaults(s)
	v.service(path, &full)
	return v.errs, v.warnings
}

// CheckTransport checks t as the Transport of c.
func (c *Config) CheckTransport(t Transport) (errs, warnings Problems) {
	v := &checker{cfg: &Config{Transport: t}}
	v.transport()
	return v.errs, v.warnings
}

// CheckRemoteDomain checks d alone.
func (c *Config) CheckRemoteDomain(d RemoteDomain) (errs, warnings Problems) {
	v := &checker{cfg: &Config{Remote: []RemoteDomain{d}}}
	v.remote()
	return v.errs, v.warnings
}

// RangesKey stands for the addresses that a list of ranges holds. Keys are
// comparable.
type RangesKey struct{ key rangesKey }

// KeyOfRanges returns equal keys for lists that hold the same clients of a
// binding to that address, however they are cut and ordered: such lists make two
// connectors with a common binding conflict. Addresses of the other family don't
// count, because no such client connects there.
func KeyOfRanges(ranges []param.Range, local netip.Addr) RangesKey {
	return RangesKey{keyOf(ranges, plainAddr(local).Is4())}
}

// Clone returns a copy of r that shares no memory with it.
func (r Receive) Clone() Receive { return r.clone() }

// Clone returns a copy of s that shares no memory with it.
func (s Send) Clone() Send { return s.clone() }

// Clone returns a copy of t that shares no memory with it.
func (t Transport) Clone() Transport {
	t.TLSReceiveDomainSecureList = slices.Clone(t.TLSReceiveDomainSecureList)
	t.TLSSendDomainSecureList = slices.Clone(t.TLSSendDomainSecureList)
	return t
}
