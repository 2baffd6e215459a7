package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/mxpolicy"
)

// resolver looks up what the gateway needs. *net.Resolver is one.
type resolver interface {
	delivery.Resolver
	mxpolicy.TXTResolver
}

// nameServers returns a resolver that asks the name servers at addrs; without any it is the
// system's resolver.
func nameServers(addrs []string) (resolver, error) {
	servers, err := parseNameServers(addrs)
	if err != nil {
		return nil, err
	}
	switch len(servers) {
	case 0:
		return net.DefaultResolver, nil
	case 1:
		return newChosenServer(servers[0]), nil
	}
	several := new(severalServers)
	for _, s := range servers {
		several.servers = append(several.servers, newChosenServer(s))
	}
	return several, nil
}

const (
	serverTime = 5 * time.Second // for one of several name servers to answer
	passedOver = time.Minute     // how long one that hasn't answered is asked after the others
)

// severalServers asks name servers in their order until one answers.
type severalServers struct {
	servers []*chosenServer

	mu   sync.Mutex
	away map[*chosenServer]time.Time // until when a server is asked after the others
}

// inOrder returns the servers, those behind the others that haven't answered lately.
func (s *severalServers) inOrder(now time.Time) []*chosenServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	good, away := make([]*chosenServer, 0, len(s.servers)), []*chosenServer(nil)
	for _, server := range s.servers {
		if now.Before(s.away[server]) {
			away = append(away, server)
		} else {
			good = append(good, server)
		}
	}
	return append(good, away...)
}

// passOver asks a server after the others for some time.
func (s *severalServers) passOver(server *chosenServer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away == nil {
		s.away = make(map[*chosenServer]time.Time)
	}
	s.away[server] = time.Now().Add(passedOver)
}

// askEach asks the servers of s until one answers; that there are no such records is an answer, too.
func askEach[T any](ctx context.Context, s *severalServers, ask func(context.Context, *chosenServer) (T, error)) (answer T, err error) {
	for _, server := range s.inOrder(time.Now()) {
		limited, cancel := context.WithTimeout(ctx, serverTime)
		answer, err = ask(limited, server)
		cancel()
		if e := new(net.DNSError); err == nil || errors.As(err, &e) && e.IsNotFound || ctx.Err() != nil {
			return answer, err
		}
		s.passOver(server)
	}
	return answer, err
}

// LookupMX implements delivery.Resolver.
func (s *severalServers) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return askEach(ctx, s, func(ctx context.Context, server *chosenServer) ([]*net.MX, error) { return server.LookupMX(ctx, name) })
}

// LookupNetIP implements delivery.Resolver.
func (s *severalServers) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return askEach(ctx, s, func(ctx context.Context, server *chosenServer) ([]netip.Addr, error) {
		return server.LookupNetIP(ctx, network, host)
	})
}

// LookupTXT implements mxpolicy.TXTResolver.
func (s *severalServers) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return askEach(ctx, s, func(ctx context.Context, server *chosenServer) ([]string, error) { return server.LookupTXT(ctx, name) })
}

// chosenServer asks one name server, and its errors name that one. Those of net.Resolver name the system's.
type chosenServer struct {
	net.Resolver
	address netip.AddrPort
}

// newChosenServer returns a resolver that asks the server.
func newChosenServer(server netip.AddrPort) *chosenServer {
	return &chosenServer{net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, server.String())
		},
	}, server}
}

// LookupMX implements delivery.Resolver.
func (s *chosenServer) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	records, err := s.Resolver.LookupMX(ctx, name)
	return records, s.named(err)
}

// LookupNetIP implements delivery.Resolver.
func (s *chosenServer) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	addresses, err := s.Resolver.LookupNetIP(ctx, network, host)
	return addresses, s.named(err)
}

// LookupTXT implements mxpolicy.TXTResolver.
func (s *chosenServer) LookupTXT(ctx context.Context, name string) ([]string, error) {
	records, err := s.Resolver.LookupTXT(ctx, name)
	return records, s.named(err)
}

// named returns err with the server's address.
func (s *chosenServer) named(err error) error {
	e := new(net.DNSError)
	if !errors.As(err, &e) || e.Server == "" {
		return err
	}
	named := *e // other look-ups may share the error
	named.Server = s.address.String()
	return &named
}

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
