package policygen

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// sender is a Send connector with a smart host of its own.
func sender(i int) connector.Send {
	return connector.Send{
		Name:       fmt.Sprintf("s%05d", i),
		SmartHosts: []param.SmartHost{param.MustParseSmartHost(fmt.Sprintf("mx%d.isp.example", i))},
	}
}

func space(format string, args ...any) routing.AddressSpace {
	return routing.MustParseAddressSpace(fmt.Sprintf(format, args...))
}

// RisingSizes has n Send connectors for all domains, dearer as they are larger, and for a name each.
func RisingSizes(n int) connector.Config {
	cfg := alone(Everybody("All"))
	for i := range n {
		s := sender(i)
		s.MaxMessageSize = param.Size(100_000 + 1000*i)
		s.AddressSpaces = []routing.AddressSpace{space("*;%d", 1+i*100/n), space("d%d.example.net;1", i)}
		cfg.Send = append(cfg.Send, s)
	}
	return cfg
}

// sameNames has n Send connectors for the same 200 names.
func sameNames(n int) connector.Config {
	cfg := alone(Everybody("All"))
	for i := range n {
		s := sender(i)
		s.MaxMessageSize = param.Size(100_000 + 1000*(i*7%n))
		for j := range 200 {
			s.AddressSpaces = append(s.AddressSpaces, space("d%d.example.net;%d", j, 1+(i+j)%100))
		}
		cfg.Send = append(cfg.Send, s)
	}
	return cfg
}

// longSpaces has ten Send connectors with n address spaces each, which have many labels.
func longSpaces(n int) connector.Config {
	cfg := alone(Everybody("All"))
	for i := range 10 {
		s := sender(i)
		s.MaxMessageSize = param.Size(100_000 + 1000*i)
		for j := range n {
			s.AddressSpaces = append(s.AddressSpaces, space("*.%sd%d.example.net;%d", strings.Repeat("below.", j%30), j/30, 1+i))
		}
		cfg.Send = append(cfg.Send, s)
	}
	return cfg
}

// manyServers has n servers in sites of their own, each a link behind the one before, and a
// Send connector on each.
func manyServers(n int) connector.Config {
	cfg := alone(Everybody("All"))
	cfg.Server = "hub00000"
	for i := range n {
		name, site := fmt.Sprintf("hub%05d", i), fmt.Sprintf("site%05d", i)
		cfg.Servers = append(cfg.Servers, routing.Server{Name: name, Site: site})
		if i > 0 {
			cfg.Links = append(cfg.Links, routing.SiteLink{
				Name: fmt.Sprintf("link%d", i), Sites: []string{cfg.Servers[i-1].Site, site}, Cost: 1 + i%3, MaxSize: int64(100_000_000 - 1000*i),
			})
		}
		s := sender(i)
		s.SourceTransportServers = []string{name}
		s.AddressSpaces = []routing.AddressSpace{space("*;1"), space("d%d.example.net;1", i)}
		cfg.Send = append(cfg.Send, s)
	}
	cfg.Receive[0].Server = cfg.Server
	return cfg
}
