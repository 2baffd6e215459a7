package delivery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

const (
	dnsPort      = 53
	serverTime   = 5 * time.Second // for one of several name servers to answer
	passedOver   = time.Minute     // how long one that hasn't answered is asked after the others
	maxResolvers = 16              // that are kept; reloads make new ones
)

// Resolvers makes the Resolver for the name servers that a policy lists, and keeps it, because it
// remembers which of them haven't answered. The zero Resolvers is ready for use. It is safe for
// concurrent use; its fields must not change after the first use.
type Resolvers struct {
	// Machine are asked in place of the system's name servers.
	Machine []netip.AddrPort
	// Dial connects to a name server; network is "udp" or "tcp". The system's name servers are
	// asked as the system does it, unless the policy chooses the protocol. Nil: as net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	kept map[string]*ServerResolver
}

// For returns the Resolver that asks n. It finds names in the system's hosts file as well, as
// net.Resolver does.
func (r *Resolvers) For(n connector.NameServers) *ServerResolver {
	key := fmt.Sprint(n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.kept[key]; known != nil {
		return known
	}
	if r.kept == nil || len(r.kept) >= maxResolvers {
		r.kept = make(map[string]*ServerResolver)
	}
	made := r.newResolver(n)
	r.kept[key] = made
	return made
}

// newResolver returns a Resolver that asks n.
func (r *Resolvers) newResolver(n connector.NameServers) *ServerResolver {
	servers := make([]netip.AddrPort, len(n.Servers))
	for i, a := range n.Servers {
		servers[i] = netip.AddrPortFrom(a, dnsPort)
	}
	if len(servers) == 0 {
		servers = r.Machine
	}
	s := new(ServerResolver)
	for _, server := range servers {
		s.servers = append(s.servers, r.oneServer(server, n.Protocol))
	}
	if len(servers) == 0 {
		s.servers = append(s.servers, r.oneServer(netip.AddrPort{}, n.Protocol))
	}
	return s
}

// oneServer returns a resolver that asks one name server; the zero AddrPort stands for the system's.
func (r *Resolvers) oneServer(server netip.AddrPort, protocol param.ProtocolOption) *oneServer {
	dial := r.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	if !server.IsValid() && protocol == param.AnyProtocol {
		return &oneServer{resolver: net.DefaultResolver} // which may ask the system's library
	}
	return &oneServer{server, &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if server.IsValid() {
				address = server.String()
			}
			switch {
			case protocol == param.UseTcpOnly:
				network = "tcp"
			case protocol == param.UseUdpOnly && strings.HasPrefix(network, "tcp"):
				return nil, errUDPOnly
			}
			return dial(ctx, network, address)
		},
	}}
}

// errUDPOnly is the error for an answer that UDP cuts, if TCP must not be used.
var errUDPOnly = errors.New("the answer doesn't fit into UDP, and the policy says UseUdpOnly")

// ServerResolver is a Resolver that asks name servers in their order until one answers. One that
// hasn't answered is asked after the others for a minute. It is safe for concurrent use.
// Resolvers.For makes it.
type ServerResolver struct {
	servers []*oneServer // at least one

	mu   sync.Mutex
	away map[*oneServer]time.Time // until when a server is asked after the others
}

// inOrder returns the servers, those behind the others that haven't answered lately.
func (s *ServerResolver) inOrder(now time.Time) []*oneServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	good, away := make([]*oneServer, 0, len(s.servers)), []*oneServer(nil)
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
func (s *ServerResolver) passOver(server *oneServer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away == nil {
		s.away = make(map[*oneServer]time.Time)
	}
	s.away[server] = time.Now().Add(passedOver)
}

// askEach asks the servers of s until one answers; that there are no such records is an answer, too.
func askEach[T any](ctx context.Context, s *ServerResolver, ask func(context.Context, *net.Resolver) (T, error)) (answer T, err error) {
	if len(s.servers) == 1 {
		answer, err = ask(ctx, s.servers[0].resolver)
		return answer, s.servers[0].named(err)
	}
	for _, server := range s.inOrder(time.Now()) {
		limited, cancel := context.WithTimeout(ctx, serverTime)
		answer, err = ask(limited, server.resolver)
		cancel()
		if err == nil || isNotFound(err) || ctx.Err() != nil {
			return answer, server.named(err)
		}
		err = server.named(err)
		s.passOver(server)
	}
	return answer, err
}

// LookupMX implements Resolver.
func (s *ServerResolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return askEach(ctx, s, func(ctx context.Context, r *net.Resolver) ([]*net.MX, error) { return r.LookupMX(ctx, name) })
}

// LookupNetIP implements Resolver.
func (s *ServerResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return askEach(ctx, s, func(ctx context.Context, r *net.Resolver) ([]netip.Addr, error) {
		return r.LookupNetIP(ctx, network, host)
	})
}

// LookupTXT returns the TXT records of a name. It implements mxpolicy.TXTResolver.
func (s *ServerResolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return askEach(ctx, s, func(ctx context.Context, r *net.Resolver) ([]string, error) { return r.LookupTXT(ctx, name) })
}

// oneServer asks one name server, and its errors name that one. Those of net.Resolver name the system's.
type oneServer struct {
	address  netip.AddrPort // invalid: the system's
	resolver *net.Resolver
}

// named returns err with the server's address.
func (s *oneServer) named(err error) error {
	e := new(net.DNSError)
	if !s.address.IsValid() || !errors.As(err, &e) || e.Server == "" {
		return err
	}
	named := *e // other look-ups may share the error
	named.Server = s.address.String()
	return &named
}

// resolverFor returns the Resolver for the next hops of a connector.
func (s *Sender) resolverFor(out *connector.Outbound) Resolver {
	servers := out.NameServers()
	switch {
	case s.ResolverFor != nil:
		return s.ResolverFor(servers)
	case s.Resolver != nil && len(servers.Servers) == 0:
		return s.Resolver
	}
	return s.resolvers.For(servers)
}
