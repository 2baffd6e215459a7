package main

import (
	"reflect"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/routing"
)

// organisation makes what commands work on from a configuration that was read
// before them. One that says where the servers are and nothing else is the way to
// tell setup what no cmdlet can: FQDNs, sites, that we are an Edge server. It
// makes a fresh organisation, with the connectors of setup.
func organisation(cfg connector.Config, opts shell.Options) (*shell.Interpreter, error) {
	topology := connector.Config{Profile: cfg.Profile, Server: cfg.Server, Servers: cfg.Servers, Links: cfg.Links, Acknowledged: cfg.Acknowledged}
	if len(cfg.Servers) == 0 || !reflect.DeepEqual(cfg, topology) {
		return shell.Open(cfg, opts)
	}
	local := -1
	opts.Servers = nil
	for i, s := range cfg.Servers {
		if local < 0 && (cfg.Server == "" || strings.EqualFold(s.Name, cfg.Server) || strings.EqualFold(s.FQDN, cfg.Server)) {
			local, opts.Server = i, s
			continue
		}
		opts.Servers = append(opts.Servers, s)
	}
	if local < 0 { // Compile says so
		return shell.Open(cfg, opts)
	}
	opts.Profile = cfg.Profile
	in := shell.New(opts)
	return in, in.Merge(connector.Config{Links: cfg.Links, Acknowledged: cfg.Acknowledged}, nil)
}

// serverNamed is the server that -server names, by its name or its FQDN.
func serverNamed(name string) routing.Server {
	if short, _, dotted := strings.Cut(name, "."); dotted {
		return routing.Server{Name: short, FQDN: name}
	}
	return routing.Server{Name: name}
}
