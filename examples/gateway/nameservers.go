package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// parseNameServers parses addresses with or without a port.
func parseNameServers(texts []string) (servers []netip.AddrPort, err error) {
	var errs []error
	for _, text := range texts {
		if a, err := netip.ParseAddr(text); err == nil {
			servers = append(servers, netip.AddrPortFrom(a, 53))
			continue
		}
		server, err := netip.ParseAddrPort(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: give the name server's address, with or without a port", text))
		}
		servers = append(servers, server)
	}
	return servers, errors.Join(errs...)
}

// offline finds names in the hosts file only, where the system looks there first: no name server
// can be reached.
var offline = net.Resolver{
	PreferGo: true,
	Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server is asked")
	},
}

// isInHostsFile reports whether the system's hosts file has a name.
func isInHostsFile(ctx context.Context, name string) bool {
	addrs, err := offline.LookupNetIP(ctx, "ip", name)
	return err == nil && len(addrs) > 0
}
