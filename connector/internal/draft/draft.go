// Package draft answers questions about one connector, service or other element that
// a command is about to enter into a configuration, without compiling all the others.
//
// The check functions return the mistakes that [connector.Config.Check] would report
// for the element alone. [GroupGrants] and [UsageGrants] return the grants that
// permission groups and usages stand for: the element's Permissions add to them.
package draft

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// around returns c without its lists of connectors, services and remote domains.
func around(c *connector.Config) connector.Config {
	return connector.Config{Profile: c.Profile, Server: c.Server, Servers: c.Servers, Accepted: c.Accepted, Transport: c.Transport}
}

// CheckReceive returns the mistakes of r as a connector of c. Neighbours are other
// connectors that r might collide with; their own mistakes are not reported. Names
// are not compared.
func CheckReceive(c *connector.Config, r connector.Receive, neighbours ...connector.Receive) source.Diagnostics {
	cfg := around(c)
	cfg.Receive = append(cfg.Receive, neighbours...)
	cfg.Receive = append(cfg.Receive, r)
	alone := connector.Config{Receive: []connector.Receive{r}}
	return own(&cfg, cfg.ElementPaths("Receive")[len(neighbours)], alone.ElementPaths("Receive")[0])
}

// CheckSend returns the mistakes of s as a connector of c. Names are not compared. A password that
// is at another place needn't be read yet.
func CheckSend(c *connector.Config, s connector.Send) source.Diagnostics {
	cfg := around(c)
	cfg.Send = []connector.Send{s}
	path := cfg.ElementPaths("Send")[0]
	return slices.DeleteFunc(own(&cfg, path, path), func(d source.Diagnostic) bool {
		return d.Code == connector.CodeCredentialMissing && d.Path.Base() == "PasswordFrom"
	})
}

// CheckService returns the mistakes of s as a service of c.
func CheckService(c *connector.Config, s connector.Service) source.Diagnostics {
	cfg := around(c)
	cfg.Services = []connector.Service{s}
	path := cfg.ElementPaths("Services")[0]
	return own(&cfg, path, path)
}

// CheckTransport returns the mistakes of t.
func CheckTransport(t connector.Transport) source.Diagnostics {
	errs, _ := (&connector.Config{Transport: t}).Check()
	return errs
}

// CheckRemoteDomain returns the mistakes of d.
func CheckRemoteDomain(d connector.RemoteDomain) source.Diagnostics {
	errs, _ := (&connector.Config{Remote: []connector.RemoteDomain{d}}).Check()
	return errs
}

// own returns the mistakes of cfg in the element at path, which replacement replaces.
func own(cfg *connector.Config, path, replacement source.Path) source.Diagnostics {
	all, _ := cfg.Check()
	var errs source.Diagnostics
	for _, p := range all {
		if p.Path.Within(path) && p.Code != source.CodeNameDuplicate {
			p.Path = p.Path.Moved(map[source.Path]source.Path{path: replacement})
			errs = append(errs, p)
		}
	}
	return errs
}

// GroupGrants returns the grants that the permission groups of r stand for as a
// connector of c. The slice is the caller's.
func GroupGrants(c *connector.Config, r connector.Receive) []permission.Grant {
	full, edge := r.WithDefaults(c), false
	for _, s := range c.Servers {
		if s.Name == full.Server {
			edge = s.Edge
			break
		}
	}
	return full.PermissionGroups.Or(0).Grants(c.Profile, edge)
}

// UsageGrants returns the grants that s has from its usage as a connector of c.
// The slice is the caller's.
func UsageGrants(c *connector.Config, s connector.Send) []permission.Grant {
	return permission.SendGrants(c.Profile, s.Usage.SendUsage())
}
