package analysis_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// sending adds what concerns routes and reports.
func (g *grid) sending(cfg connector.Config) {
	for _, r := range cfg.Remote {
		g.domains = append(g.domains, strings.TrimPrefix(strings.ToLower(r.DomainName), "*."))
	}
	for i := range cfg.Send {
		s := cfg.Send[i].WithDefaults(&cfg)
		g.sizes = append(g.sizes, int64(s.MaxMessageSize))
		for _, a := range s.AddressSpaces {
			g.domains = append(g.domains, strings.TrimPrefix(strings.ToLower(a.Space()), "*."))
		}
	}
	for _, l := range cfg.Links {
		g.sizes = append(g.sizes, l.MaxSize)
	}
	for _, d := range cfg.Transport.TLSSendDomainSecureList {
		g.domains = append(g.domains, strings.ToLower(d))
	}
	g.sizes = append(g.sizes, int64(cfg.Transport.MaxSendSize))
}

func unique[T cmp.Ordered](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}

// atAndBehind returns limits and the next larger numbers.
func atAndBehind(limits []int64) []int64 {
	var all []int64
	for _, n := range limits {
		if n > 0 {
			all = append(all, n, n+1)
		}
	}
	return unique(all)
}

// domainPoints returns the names, a domain below each, and domains of each kind that no
// policy names.
func domainPoints(names []string) []string {
	all := []string{"unnamed.invalid", "elsewhere.org", "unnamed", "[192.0.2.77]", "x.example.com", "x.test"}
	for _, name := range names {
		if name == "" || name == "*" {
			continue
		}
		all = append(all, name)
		if !strings.HasPrefix(name, "[") {
			all = append(all, "below."+name)
		}
	}
	return unique(all)
}

// identityPoints returns anonymous clients, users who are in up to three of the groups, in
// one that no policy names or in those of servers, and certificates with up to two of the
// names or one that no policy names.
func identityPoints(groups, names []string) []semantics.Client {
	groups = unique(append(groups, `MS Exchange\Hub Transport Servers`))
	groups = slices.DeleteFunc(groups, func(g string) bool {
		return strings.HasSuffix(g, "ANONYMOUS LOGON") || strings.HasSuffix(g, "Authenticated Users")
	})
	all := []semantics.Client{{}, {TLS: true}}
	for _, list := range upTo(2, unique(append(names, "contoso.com", "stranger.example"))) {
		if len(list) > 0 {
			all = append(all, semantics.Client{TLS: true, PeerNames: list})
		}
	}
	for _, list := range append(upTo(3, groups), []string{"unnamed"}) {
		all = append(all, semantics.Client{User: true, Groups: list}, semantics.Client{User: true, Groups: list, TLS: true})
	}
	return all
}

// upTo returns all subsets of up to n elements.
func upTo(n int, list []string) [][]string {
	all := [][]string{nil}
	for i, s := range list {
		if n > 0 {
			for _, more := range upTo(n-1, list[i+1:]) {
				all = append(all, append([]string{s}, more...))
			}
		}
	}
	return all
}

// spotPoints returns one client of each pair of connectors. It asks at the ends of all
// ranges and beside them, at each binding and at addresses that no binding names.
func (g *grid) spotPoints() []spot {
	var locals []netip.AddrPort
	var remotes []netip.Addr
	ports := map[uint16]bool{26: true}
	for _, w := range g.twins {
		m := w.Mentions()
		locals, remotes = append(locals, m.Bindings...), append(remotes, m.Clients()...)
	}
	for _, at := range locals {
		ports[at.Port()] = true
	}
	for _, port := range slices.Sorted(maps.Keys(ports)) {
		locals = append(locals, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.200"), port), netip.AddrPortFrom(netip.MustParseAddr("2001:db8::c8"), port))
	}
	var all []spot
	seen := map[string]bool{}
	for _, local := range locals {
		for _, remote := range remotes {
			if local.Addr().Is4() != remote.Is4() || local.Addr().IsUnspecified() {
				continue
			}
			s := spot{local: local, remote: remote}
			for i, w := range g.twins {
				s.names[i] = w.serving(local, remote)
			}
			if key := fmt.Sprintf("%q %v", s.names, local.Port() == 465); !seen[key] && s.names != [2]string{} {
				seen[key] = true
				all = append(all, s)
			}
		}
	}
	return all
}
