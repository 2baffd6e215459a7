package connector

import (
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// ElementPaths returns the paths by which diagnostics, findings and explanations name
// the elements of the list that is c's field of that name, in their order:
// Receive["Relay"]. If several elements have the same name, the path of the first has
// the name, and the paths of the others have the index, as in Receive[3]. If connectors
// of several servers have the same name, this server's connector has the named path.
func (c *Config) ElementPaths(list string) []source.Path {
	l := source.Path(list)
	switch list {
	case "Servers":
		return elementPaths(l, c.Servers, func(s *routing.Server) string { return s.Name })
	case "Links":
		return elementPaths(l, c.Links, func(s *routing.SiteLink) string { return s.Name })
	case "Receive":
		return c.receivePaths()
	case "Send":
		return elementPaths(l, c.Send, func(s *Send) string { return s.Name })
	case "Accepted":
		return elementPaths(l, c.Accepted, func(a *routing.AcceptedDomain) string { return a.Name })
	case "Remote":
		return elementPaths(l, c.Remote, func(d *RemoteDomain) string { return d.Name })
	case "Services":
		return elementPaths(l, c.Services, func(s *Service) string { return s.Name })
	case "Acknowledged":
		return elementPaths(l, c.Acknowledged, func(*Acknowledgement) string { return "" })
	}
	return nil
}

func elementPaths[E any](list source.Path, elements []E, name func(*E) string) []source.Path {
	paths, taken := make([]source.Path, len(elements)), make(map[string]bool, len(elements))
	for i := range elements {
		n := name(&elements[i])
		if taken[n] {
			paths[i] = list.Index(i)
			continue
		}
		taken[n] = true
		paths[i] = source.Element(list, i, n)
	}
	return paths
}

func (c *Config) receivePaths() []source.Path {
	named := make(map[string]int, len(c.Receive))
	for i, r := range c.Receive {
		first, taken := named[r.Name]
		if !taken || c.sameServer(r.Server, "") && !c.sameServer(c.Receive[first].Server, "") {
			named[r.Name] = i
		}
	}
	paths := make([]source.Path, len(c.Receive))
	for i, r := range c.Receive {
		if paths[i] = source.Element("Receive", i, r.Name); named[r.Name] != i {
			paths[i] = source.Path("Receive").Index(i)
		}
	}
	return paths
}

// MovedPaths maps the paths that list elements have in part to their paths in c. c must
// be before with part merged into it, so that part's elements follow those of before.
// Services keep their paths, because Merge keeps one for each server.
func (c *Config) MovedPaths(before, part *Config) map[source.Path]source.Path {
	moved := map[source.Path]source.Path{}
	for _, list := range []struct {
		name   string
		before int
	}{
		{"Servers", len(before.Servers)}, {"Links", len(before.Links)}, {"Receive", len(before.Receive)}, {"Send", len(before.Send)},
		{"Accepted", len(before.Accepted)}, {"Remote", len(before.Remote)}, {"Acknowledged", len(before.Acknowledged)},
	} {
		from, to := part.ElementPaths(list.name), c.ElementPaths(list.name)
		for i := range min(len(from), len(to)-list.before) {
			moved[from[i]] = to[list.before+i]
		}
	}
	for name, before := range map[source.Path][]string{
		"TLSReceiveDomainSecureList": before.Transport.TLSReceiveDomainSecureList, "TLSSendDomainSecureList": before.Transport.TLSSendDomainSecureList,
		"Assertions": before.Transport.Assertions,
	} {
		list := "Transport." + name
		for i := range fieldOf(&part.Transport, string(name)).Len() {
			moved[list.Index(i)] = list.Index(len(before) + i)
		}
	}
	return moved
}

// pathOf returns the path in c of the element that package routing calls p. Its
// Connectors are the Send connectors, whose parameters have other names there.
func (c *Config) pathOf(p source.Path) source.Path {
	list, index, _ := p.List()
	_, rest := p.Cut()
	if list == "Connectors" {
		list, rest = "Send", ""
	}
	if paths := c.ElementPaths(list); 0 <= index && index < len(paths) {
		return paths[index] + rest
	}
	return p
}
