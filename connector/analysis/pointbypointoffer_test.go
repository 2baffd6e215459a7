package analysis_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

// TestOffersPointByPoint: sentences about STARTTLS and AUTH name exactly the clients, channels and mechanisms for which
// brute force sees a difference, in its direction. SCRAM is left out, which is offered by what the users' hashes allow.
func TestOffersPointByPoint(t *testing.T) {
	told := map[string]int{}
	for i := range shorter(*sentences) {
		r := rand.New(rand.NewPCG(uint64(i), 23))
		p := policygen.Policy(r)
		q := policygen.Change(r, p)
		g, changes := &grid{twins: [2]*twin{twinOf(t, p), twinOf(t, q)}}, analysis.Compare(p, q).Changes
		bound := append(p.Bindings(), q.Bindings()...)
		for range 20 {
			local, remote := g.anyPoint(r)
			near := slices.DeleteFunc(slices.Clone(changes), func(c analysis.Change) bool { return !from(c, bound, local, remote) })
			in := [2]*semantics.Receiver{g.twins[0].Serving(local, remote), g.twins[1].Serving(local, remote)}
			if in[0] == nil || in[1] == nil {
				continue // which is said of the connection
			}
			for _, tls := range []bool{false, true} {
				if !tls && (local.Port() == 465 || in[0].RequireTLS != in[1].RequireTLS) {
					continue // which is said of mail in the clear
				}
				for _, keyword := range []string{"STARTTLS", "AUTH LOGIN", "AUTH PLAIN", "AUTH OAUTHBEARER", "AUTH XOAUTH2", "AUTH EXTERNAL"} {
					if keyword == "STARTTLS" && tls {
						continue
					}
					was, is := g.twins[0].offers(keyword, local, remote, tls), g.twins[1].offers(keyword, local, remote, tls)
					told[keyword] += boolToInt(was != is)
					for _, direction := range []analysis.Direction{analysis.Wider, analysis.Stricter} {
						says := slices.ContainsFunc(near, func(c analysis.Change) bool { return c.Direction == direction && isOffer(c, keyword, tls) })
						if seen := directionOf(was, is); says != (seen == direction) {
							t.Fatalf("%s, TLS %v, %v to %v, %v: said %v, seen %v\n%s\n%s", keyword, tls, remote, local, direction, says, seen, texts(near), changedLines(g.twins[0], g.twins[1]))
						}
					}
				}
			}
		}
	}
	t.Log("differences:", told)
	for _, keyword := range []string{"STARTTLS", "AUTH LOGIN", "AUTH OAUTHBEARER", "AUTH EXTERNAL"} {
		if told[keyword] == 0 {
			t.Errorf("no difference in %s came up", keyword)
		}
	}
}

// offers reports whether EHLO offers a client a keyword, with TLS where the client can have it.
func (w *twin) offers(keyword string, local netip.AddrPort, remote netip.Addr, tls bool) bool {
	if tls && local.Port() != 465 && !w.offers("STARTTLS", local, remote, false) {
		return false
	}
	return slices.Contains(w.Offers(local, remote, tls), keyword)
}

// isOffer reports whether a change says that EHLO offers a keyword on one side only.
func isOffer(c analysis.Change, keyword string, tls bool) bool {
	if keyword == "STARTTLS" {
		return c.Aspect == analysis.AspectStartTLS
	}
	if c.Aspect != analysis.AspectAuth || c.Channel == analysis.OnlyTLS && !tls || c.Channel == analysis.OnlyClear && tls {
		return false
	}
	names := c.After
	if c.Direction == analysis.Stricter {
		names = c.Before
	}
	return slices.Contains(strings.Split(names, ", "), strings.TrimPrefix(keyword, "AUTH "))
}

// TestRoutesPointByPoint: sentences about routes name exactly the domains and sizes for which brute force sees that mail
// can leave, goes elsewhere or has other demands about TLS, in the direction of the difference.
func TestRoutesPointByPoint(t *testing.T) {
	told := map[string]int{}
	mutants(t, *sentences, 24, func(_ *rand.Rand, g *grid, changes []analysis.Change) {
		for _, domain := range g.domains {
			for _, size := range append([]int64{1}, g.sizes...) {
				was, is := g.twins[0].wayTo(domain, size), g.twins[1].wayTo(domain, size)
				if was.hop == "" && is.hop == "" {
					continue
				}
				on := slices.DeleteFunc(slices.Clone(changes), func(c analysis.Change) bool { return !routes(c, domain, size) })
				seen := analysis.Different
				if was.hop == "" || is.hop == "" {
					seen = toward(was.hop == "")
				}
				told[seen.String()] += boolToInt(was.hop != is.hop)
				says := slices.ContainsFunc(on, func(c analysis.Change) bool {
					return c.Aspect == analysis.AspectRoute && c.Direction == seen && c.Before == was.hop && c.After == is.hop
				})
				others := slices.ContainsFunc(on, func(c analysis.Change) bool {
					return c.Aspect == analysis.AspectRoute && (c.Direction != seen || c.Before != was.hop || c.After != is.hop)
				})
				if says != (was.hop != is.hop) || others {
					t.Fatalf("%s, %d bytes: from %q to %q\n%s\n%s", domain, size, was.hop, is.hop, texts(on), changedLines(g.twins[0], g.twins[1]))
				}
				if was.tls == nil || is.tls == nil {
					continue
				}
				told["TLS"] += boolToInt(*was.tls != *is.tls)
				if says := slices.ContainsFunc(on, func(c analysis.Change) bool { return c.Aspect == analysis.AspectRouteTLS }); says != (*was.tls != *is.tls) {
					t.Fatalf("%s, %d bytes: TLS from %+v to %+v\n%s\n%s", domain, size, *was.tls, *is.tls, texts(on), changedLines(g.twins[0], g.twins[1]))
				}
			}
		}
	})
	t.Log("differences:", told)
	for _, kind := range []string{"wider", "stricter", "different", "TLS"} {
		if told[kind] == 0 {
			t.Errorf("no difference of this kind came up: %s", kind)
		}
	}
}

// routes reports whether a change is about the route of mail of a size to a domain.
func routes(c analysis.Change, domain string, size int64) bool {
	return (c.Aspect == analysis.AspectRoute || c.Aspect == analysis.AspectRouteTLS) && covers(c, routing.MustParseDomain(domain)) &&
		size > c.Above && (c.UpTo == 0 || size <= c.UpTo)
}

// way is where mail goes, as sentences call it, and what the next hop must do about TLS, if that is known.
type way struct {
	hop string // "": mail can't leave
	tls *semantics.HopTLS
}

// wayTo returns the way of mail of a size to a domain.
func (w *twin) wayTo(domain string, size int64) way {
	r := w.Route("user@"+domain, size)
	switch {
	case r.Outcome != semantics.Routed:
		return way{}
	case r.Via != "":
		servers := w.policy.Config().Servers
		i := slices.IndexFunc(servers, func(s routing.Server) bool { return s.Name == r.Via })
		return way{hop: "server " + cmp.Or(strings.ToLower(servers[i].FQDN), r.Via)}
	}
	next := w.NextHop(r)
	text := "the MX hosts of the domain"
	if len(next.Hosts) > 0 {
		text = strings.Join(next.Hosts, " or ")
	}
	if next.Port != 25 {
		text += fmt.Sprintf(" at port %d", next.Port)
	}
	return way{text, &next.TLS}
}
