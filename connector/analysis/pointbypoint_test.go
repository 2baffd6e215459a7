package analysis_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/internal/mutation"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

var sentences = flag.Int("sentences", 150, "for how many mutations TestPointByPoint asks point by point")

// mutants calls f with random policies and what operators made of them.
func mutants(t *testing.T, n int, seed uint64, f func(r *rand.Rand, g *grid, changes []analysis.Change)) {
	all := mutation.Operators()
	for done, i := 0, uint64(0); done < shorter(n); i++ {
		r := rand.New(rand.NewPCG(i, seed))
		p := mutation.Policy(r)
		before := twinOf(t, p)
		for range 4 {
			q := all[r.IntN(len(all))].Apply(r, p)
			if q == nil {
				continue
			}
			changes := analysis.Compare(p, q).Changes
			if len(changes) == 0 {
				continue
			}
			done++
			f(r, gridOf(before, twinOf(t, q)), changes)
			if t.Failed() {
				return
			}
		}
	}
}

// client is a session that is asked point by point, with what sentences call it.
type client struct {
	observed.Session
	proof  analysis.Proof
	groups []string // SIDs or names
	serve  [2]connector.Receive
}

// TestPointByPoint: sentences name exactly the clients, identities and domains for which brute
// force sees a difference, in its direction.
func TestPointByPoint(t *testing.T) {
	told := map[string]int{}
	mutants(t, *sentences, 21, func(r *rand.Rand, g *grid, changes []analysis.Change) {
		bound := append(g.twins[0].policy.Bindings(), g.twins[1].policy.Bindings()...)
		for range 4 {
			local, remote := g.anyPoint(r)
			near := slices.DeleteFunc(slices.Clone(changes), func(c analysis.Change) bool { return c.Clients != nil && !from(c, bound, local, remote) })
			for _, who := range g.identities {
				c := g.client(who, local, remote)
				if c == nil {
					continue
				}
				for _, p := range g.points(c) {
					told[p.about] += boolToInt(p.direction != 0)
					for _, direction := range []analysis.Direction{analysis.Wider, analysis.Stricter} {
						says := slices.ContainsFunc(near, func(x analysis.Change) bool { return x.Direction == direction && c.isIn(x) && p.isIn(x, c) })
						if says != (p.direction == direction) {
							t.Fatalf("%s %s for %v %+v: said %v, seen %v\n%s\n%s", p.about, p.domain, direction, c, says, p.direction, texts(near), changedLines(g.twins[0], g.twins[1]))
						}
					}
				}
			}
		}
	})
	t.Log("differences:", told)
	for _, about := range []string{"recipient", "routed", "sender", "header", "size"} {
		if told[about] == 0 {
			t.Errorf("no difference in %s came up", about)
		}
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// anyPoint draws a client at an end of a range or beside one.
func (g *grid) anyPoint(r *rand.Rand) (netip.AddrPort, netip.Addr) {
	m := g.twins[r.IntN(2)].Mentions()
	for {
		local := netip.MustParseAddrPort("192.0.2.200:25")
		if len(m.Bindings) > 0 {
			local = m.Bindings[r.IntN(len(m.Bindings))]
		}
		if local.Addr().IsUnspecified() {
			other := netip.MustParseAddr("2001:db8::c8")
			if local.Addr().Is4() {
				other = netip.MustParseAddr("192.0.2.200")
			}
			local = netip.AddrPortFrom(other, local.Port())
		}
		clients := m.Clients()
		if remote := clients[r.IntN(len(clients))]; remote.Is4() == local.Addr().Is4() {
			return local, remote
		}
	}
}

// client returns the client of an identity, or nil if it can't send MAIL either way, or only
// RequireTLS makes the difference, which is said once, of all clients.
func (g *grid) client(who semantics.Client, local netip.AddrPort, remote netip.Addr) *client {
	c := &client{Session: observed.Session{Client: who}}
	c.Local, c.Remote, c.Helo = local, remote, "client.example"
	submits, secure, listed := false, false, false
	for i, w := range g.twins {
		submits = submits || w.passes(c.Session)
		name := w.serving(local, remote)
		cfg := w.policy.Config()
		for _, in := range cfg.Receive {
			if in.Name == name && name != "" {
				c.serve[i] = in.WithDefaults(&cfg)
			}
		}
		secure = secure || c.serve[i].DomainSecureEnabled
		for _, d := range cfg.Transport.TLSReceiveDomainSecureList {
			listed = listed || slices.Contains(who.PeerNames, strings.ToLower(d))
		}
	}
	if !submits || !c.TLS && c.serve[0].Name != "" && c.serve[1].Name != "" && c.serve[0].RequireTLS != c.serve[1].RequireTLS {
		return nil
	}
	switch {
	case who.User:
		c.proof = analysis.ByLogon
		for _, group := range who.Groups {
			p, err := permission.ParsePrincipal(group)
			if err != nil {
				panic(err)
			}
			c.groups = append(c.groups, string(p.SIDs[0]))
		}
	case secure && listed:
		c.proof, c.groups = analysis.ByCertificate, who.PeerNames
	}
	return c
}

// passes reports whether all that a session asks for is accepted, its routes aside.
func (w *twin) passes(s observed.Session) bool {
	r := w.routed.Decide(s)
	return len(r.Refused) == 0 || len(s.To) == 0 && r.Refused[0].Stage == "data" || r.Refused[0].Stage == "route"
}

// isIn reports whether a change is about the client.
func (c *client) isIn(x analysis.Change) bool {
	if x.Channel == analysis.OnlyTLS && !c.TLS || x.Channel == analysis.OnlyClear && c.TLS {
		return false
	}
	return slices.ContainsFunc(x.Who, func(w analysis.Who) bool {
		return w.Proof == c.proof && (w.Rest || readCrowd{w.In, w.Unless}.has(c.groups))
	})
}

// point is one thing that a client may do or not: its direction is that of the difference, or
// 0 if there is no difference.
type point struct {
	about     string
	domain    string
	direction analysis.Direction
	accepted  [2]bool // the domain, by the policies
}

// isIn reports whether a change is about the point.
func (p point) isIn(x analysis.Change, c *client) bool {
	covered := func() bool { return covers(x, routing.MustParseDomain(p.domain)) }
	ours := p.accepted[side(x.Direction)]
	switch p.about {
	case "recipient":
		return x.Aspect == analysis.AspectRelay && !ours && covered() || x.Aspect == analysis.AspectRecipient && covered()
	case "routed":
		return (x.Aspect == analysis.AspectRelay || x.Aspect == analysis.AspectRoutedRecipient) && covered()
	case "sender":
		named := slices.Contains(c.PeerNames, p.domain)
		return x.Aspect == analysis.AspectSender && covered() && (x.Sender != analysis.Named || named) && (x.Sender != analysis.NotNamed || !named)
	case "header":
		return x.Aspect == analysis.AspectHeaders && strings.HasPrefix(x.Subject, p.domain)
	}
	return x.Aspect == analysis.AspectSize
}

// side returns the index of the policy that allows what a change is about.
func side(d analysis.Direction) int { return boolToInt(d == analysis.Wider) }

// points asks everything that the client may do.
func (g *grid) points(c *client) []point {
	var all []point
	add := func(about, domain string, s observed.Session) {
		p := point{about: about, domain: domain, direction: g.direction(s)}
		if about == "recipient" || about == "routed" {
			for i, w := range g.twins {
				_, p.accepted[i] = w.policy.Accepted(routing.MustParseDomain(domain))
			}
		}
		all = append(all, p)
	}
	s := c.Session
	for _, domain := range g.domains {
		s.To = []string{"user@" + domain}
		add("recipient", domain, s)
		s.To = []string{"user%x.example@" + domain}
		add("routed", domain, s)
	}
	s.To = nil
	if !g.twins[0].passes(s) || !g.twins[1].passes(s) {
		return all
	}
	if !c.replaces() {
		for _, domain := range g.domains {
			s.From = "user@" + domain
			add("sender", domain, s)
		}
	}
	s.From, s.To = "", g.sharedRecipient(s)
	if len(s.To) > 0 {
		all = append(all, g.messagePoints(s)...)
	}
	return all
}

// replaces reports whether parameters that are compared as values decide about senders.
func (c *client) replaces() bool {
	return slices.ContainsFunc(c.serve[:], func(in connector.Receive) bool { return len(in.AllowedSenders) > 0 || in.RewriteSender != "" })
}

// sharedRecipient returns a recipient to which both policies let the session send.
func (g *grid) sharedRecipient(s observed.Session) []string {
	to := g.anyRecipient(s)
	if s.To = to; g.twins[0].passes(s) && g.twins[1].passes(s) {
		return to
	}
	return nil
}

// messagePoints asks for header fields and sizes.
func (g *grid) messagePoints(s observed.Session) (all []point) {
	for field, class := range map[string]string{"Received": "Received", "X-MS-Exchange-Organization-SCL": "X-MS-Exchange-Organization", "X-MS-Exchange-Forest-A": "X-MS-Exchange-Forest"} {
		s.Header = []string{field}
		was, is := len(g.twins[0].routed.Decide(s).Kept) > 0, len(g.twins[1].routed.Decide(s).Kept) > 0
		all = append(all, point{about: "header", domain: class, direction: directionOf(was, is)})
	}
	s.Header = nil
	size := point{about: "size"}
	for _, n := range g.sizes {
		s.Size = n
		if d := g.direction(s); d != 0 {
			size.direction = d
		}
	}
	return append(all, size)
}

// direction returns in which direction a session differs, or 0.
func (g *grid) direction(s observed.Session) analysis.Direction {
	return directionOf(g.twins[0].passes(s), g.twins[1].passes(s))
}

func directionOf(was, is bool) analysis.Direction {
	if was == is {
		return 0
	}
	return toward(is)
}

// TestTextNamesWho: the sentence names exactly the groups that the change has as values.
func TestTextNamesWho(t *testing.T) {
	mutants(t, 150, 22, func(_ *rand.Rand, g *grid, changes []analysis.Change) {
		for _, c := range changes {
			if len(c.Who) == 0 {
				continue
			}
			named := fmt.Sprint(c.Who)
			for _, w := range g.twins {
				for _, group := range w.Mentions().Groups {
					p, err := permission.ParsePrincipal(group)
					if err != nil {
						t.Fatal(err)
					}
					sid := p.SIDs[0]
					if sid == permission.SIDAuthenticatedUsers || sid == permission.SIDAnonymous {
						continue
					}
					if in, text := strings.Contains(named+" ", string(sid)), strings.Contains(c.Text, sid.Name()); in != text {
						t.Fatalf("%s is among the values: %v, in the text: %v\n%s\n%v", sid.Name(), in, text, c, c.Who)
					}
				}
			}
		}
	})
}
