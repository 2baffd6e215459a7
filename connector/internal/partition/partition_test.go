package partition_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// pairs calls f with random pairs of policies, half of them much alike.
func pairs(t *testing.T, n int, f func(r *rand.Rand, a, b *connector.Policy)) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 1))
	for i := range n {
		a := policygen.Policy(r)
		b := policygen.Policy(r)
		if i%2 == 0 {
			b = policygen.Change(r, a)
		}
		f(r, a, b)
	}
}

// listenerFor finds the listener of a local address, as its doc says.
func listenerFor(all []partition.Listener, local netip.AddrPort) *partition.Listener {
	wildcard := netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	if local.Addr().Is4() {
		wildcard = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
	}
	for _, at := range []netip.AddrPort{local, wildcard} {
		for i := range all {
			if slices.Contains(all[i].Local, at) {
				return &all[i]
			}
		}
	}
	return nil
}

func TestIntervals(t *testing.T) {
	served := 0
	pairs(t, 150, func(r *rand.Rand, a, b *connector.Policy) {
		all := partition.Intervals(a, b, partition.NewEffort())
		for _, local := range policygen.Locals {
			l := listenerFor(all, local)
			for _, remote := range policygen.Clients(local) {
				want := [2]*connector.Inbound{a.Select(local, remote, nil), b.Select(local, remote, nil)}
				if l == nil {
					if want != [2]*connector.Inbound{} {
						t.Fatalf("%v is served, and no listener holds it", local)
					}
					continue
				}
				i := slices.IndexFunc(l.Cells, func(c partition.Interval) bool { return c.Contains(remote) })
				if i < 0 || l.Cells[i].In != want {
					t.Fatalf("%v at %v: cell %d doesn't say who serves it", remote, local, i)
				}
				if want[0] != nil {
					served++
				}
			}
		}
		for _, l := range all {
			for i, c := range l.Cells {
				if got := [2]*connector.Inbound{a.Select(l.Witness, c.Witness, nil), b.Select(l.Witness, c.Witness, nil)}; got != c.In || !c.Contains(c.Witness) {
					t.Fatalf("%v at %v is no witness of %v", c.Witness, l.Witness, c.Span)
				}
				if i > 0 && (l.Cells[i-1].In == c.In || l.Cells[i-1].High.Next() != c.Low) {
					t.Fatalf("%v and %v: not joined, or a gap", l.Cells[i-1].Span, c.Span)
				}
			}
		}
	})
	if served < 500 {
		t.Errorf("only %d clients were served", served)
	}
}

// TestSourcesMapped: the IPv4-mapped addresses within IPv6 aren't witnesses,
// witness, because Select takes them for IPv4.
func TestSourcesMapped(t *testing.T) {
	p, err := connector.Compile(connector.Config{Receive: []connector.Receive{{
		Name: "six", Bindings: []netip.AddrPort{param.MustParseBinding("[::]:25")},
		RemoteIPRanges: []param.Range{param.MustParseRange("::-::fffe:ffff:ffff"), param.MustParseRange("2001:db8::/32")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	l := partition.Intervals(p, nil, partition.NewEffort())
	if len(l) != 1 || len(l[0].Cells) != 4 {
		t.Fatalf("got %+v", l)
	}
	for _, c := range l[0].Cells {
		if c.Witness.Is4In6() {
			t.Errorf("%v is the witness of %v", c.Witness, c.Span)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, row := range []struct{ low, high, want string }{
		{"10.0.0.0", "10.255.255.255", "10.0.0.0/8"},
		{"10.0.0.1", "10.0.0.1", "10.0.0.1"},
		{"10.0.0.1", "10.0.0.2", "10.0.0.1-10.0.0.2"},
		{"0.0.0.0", "255.255.255.255", "0.0.0.0/0"},
		{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
		{"2001:db8::", "2001:db8::ff", "2001:db8::/120"},
	} {
		s := partition.Span{Low: netip.MustParseAddr(row.low), High: netip.MustParseAddr(row.high)}
		if s.String() != row.want || s.Range().Low() != s.Low || s.Range().High() != s.High {
			t.Errorf("%s to %s is %v, want %s", row.low, row.high, s, row.want)
		}
	}
}

func TestJoin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}) }
	for range 500 {
		var spans []partition.Span
		var holds [40]bool
		for range r.IntN(6) {
			low := r.IntN(30)
			high := low + r.IntN(8)
			spans = append(spans, partition.Span{Low: at(low), High: at(high)})
			for i := low; i <= high; i++ {
				holds[i] = true
			}
		}
		joined := partition.Join(spans)
		runs := 0
		for i := range holds {
			if holds[i] && (i == 0 || !holds[i-1]) {
				runs++
			}
			if slices.ContainsFunc(joined, func(s partition.Span) bool { return s.Contains(at(i)) }) != holds[i] {
				t.Fatalf("%v: wrong about %v", joined, at(i))
			}
		}
		if runs != len(joined) {
			t.Fatalf("%v: %d spans would do", joined, runs)
		}
	}
}

// TestDomains asks every connector and the routing table about domains and the
// witnesses of their cells.
func TestDomains(t *testing.T) {
	pairs(t, 80, func(r *rand.Rand, a, b *connector.Policy) {
		d := partition.NewDomains(a, b)
		for _, name := range policygen.Domains {
			domain := routing.MustParseDomain(name)
			cell := d.Cells[d.Find(domain)]
			first := d.Cells[d.Members[cell.Class][0]].Witness
			for _, p := range []*connector.Policy{a, b} {
				if got, want := p.Route(partition.Mailbox("user", domain), 1, nil), p.Route(partition.Mailbox("user", cell.Witness), 1, nil); got != want {
					t.Fatalf("%s leaves by %v, its witness %s by %v", domain, got, cell.Witness, want)
				}
				for in := range p.Receive() {
					for _, who := range []partition.Who{{}, {Partner: []routing.Domain{routing.MustParseDomain("other.test")}}} {
						if slices.Contains(who.Partner, domain) || slices.Contains(who.Partner, first) {
							continue // a question about Verified
						}
						s, _ := who.Open(in, len(who.Partner) > 0)
						for _, local := range []string{"user", "a%b"} {
							same(t, s, partition.Mailbox(local, domain), partition.Mailbox(local, cell.Witness))
							same(t, s, partition.Mailbox(local, domain), partition.Mailbox(local, first))
						}
					}
				}
			}
		}
	})
}

// same wants x and y to be treated alike as senders and as recipients.
func same(t *testing.T, s connector.Session, x, y routing.Address) {
	t.Helper()
	if got, want := s.Mail(connector.Mail{From: x}), s.Mail(connector.Mail{From: y}); got != want {
		t.Fatalf("from %s: %v, from %s: %v", x, got, y, want)
	}
	if got, want := s.Rcpt(connector.Rcpt{To: x}), s.Rcpt(connector.Rcpt{To: y}); got != want {
		t.Fatalf("to %s: %v, to %s: %v", x, got, y, want)
	}
}

// TestFind: every witness lies in its cell.
func TestFind(t *testing.T) {
	pairs(t, 50, func(_ *rand.Rand, a, b *connector.Policy) {
		d := partition.NewDomains(a, b)
		for i, c := range d.Cells {
			if d.Find(c.Witness) != i {
				t.Fatalf("%s, the witness of %s, is found in %s", c.Witness, c, d.Cells[d.Find(c.Witness)])
			}
		}
	})
}

// TestWith: to cut domains again is to cut them at all names at once, in another order.
func TestWith(t *testing.T) {
	pairs(t, 50, func(r *rand.Rand, a, b *connector.Policy) {
		base := partition.NewDomains(a, b)
		var further []routing.Domain
		for range 3 {
			name := policygen.Domains[r.IntN(len(policygen.Domains))]
			more := []string{name, "sub." + name, base.Cells[r.IntN(len(base.Cells))].Witness.String()}[r.IntN(3)]
			if d, err := routing.ParseDomain(more); err == nil { // not below an address literal
				further = append(further, d)
			}
		}
		d := base.With(further...)
		if got, want := describe(d), describe(partition.NewDomains(a, b, further...)); !slices.Equal(got, want) {
			t.Fatalf("cut at %v, too: %q, want %q", further, got, want)
		}
		for i, c := range d.Cells {
			if d.Find(c.Witness) != i || !slices.Contains(d.Members[c.Class], i) {
				t.Fatalf("cut at %v, too: %s, the witness of %s, is found in %s", further, c.Witness, c, d.Cells[d.Find(c.Witness)])
			}
		}
	})
}

// describe says what cells there are and how they are decided, in one order.
func describe(d *partition.Domains) (all []string) {
	for _, c := range d.Cells {
		all = append(all, fmt.Sprintf("%s: %v", c, d.Classes[c.Class]))
	}
	for _, who := range d.Partners() {
		all = append(all, fmt.Sprint("partners ", secured(d, who.Partner)))
	}
	slices.Sort(all)
	return all
}

// TestUsers compares with all sets of the SIDs that are named anywhere.
func TestUsers(t *testing.T) {
	rights := permission.SetOf(permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender)
	pairs(t, 50, func(_ *rand.Rand, a, b *connector.Policy) {
		for x := range a.Receive() {
			for y := range b.Receive() {
				users := partition.Users(x.ACL(), y.ACL(), rights)
				for set := range 1 << len(policygen.Groups) {
					id := auth.Identity{Principal: permission.Principal{Name: "ann", SIDs: []permission.SID{permission.SIDAuthenticatedUsers}}}
					for i, sid := range policygen.Groups {
						if set&(1<<i) != 0 {
							id.SIDs = append(id.SIDs, sid)
						}
					}
					if !slices.ContainsFunc(users, func(u auth.Identity) bool {
						return held(x, u) == held(x, id) && held(y, u) == held(y, id) && len(u.SIDs) <= len(id.SIDs)
					}) {
						t.Fatalf("no login stands for %v", id.SIDs)
					}
				}
			}
		}
	})
}

// held is what TestUsers looks at.
func held(in *connector.Inbound, id auth.Identity) permission.Set {
	rights := in.ACL().Rights(id.Principal).Intersect(permission.SetOf(permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender))
	if id.Is(permission.SIDHubServers) || id.Is(permission.SIDExchangeServers) || id.Is(permission.SIDEdgeServers) {
		rights |= permission.SetOf(permission.BypassAntiSpam) // stands for "is a server"
	}
	return rights
}

// TestPartners compares with all sets of certificate names.
func TestPartners(t *testing.T) {
	pairs(t, 50, func(_ *rand.Rand, a, b *connector.Policy) {
		d := partition.NewDomains(a, b)
		partners := d.Partners()
		for set := range 1 << len(policygen.Names) {
			var names []routing.Domain
			for i, name := range policygen.Names {
				if set&(1<<i) != 0 {
					names = append(names, routing.MustParseDomain(name))
				}
			}
			state := secured(d, names)
			if state == [2]bool{} {
				continue
			}
			for _, name := range policygen.Names {
				sender := routing.MustParseDomain(name)
				class := d.Cells[d.Find(sender)].Class
				if !slices.ContainsFunc(partners, func(w partition.Who) bool {
					if secured(d, w.Partner) != state {
						return false
					}
					domain, with, ok := d.Unverified(class, w)
					own := slices.Contains(names, sender) && d.Classes[class].Secure != [2]bool{}
					if own {
						domain, with, ok = d.Verified(class, w)
					}
					return ok && slices.Contains(with.Partner, domain) == own && secured(d, with.Partner) == state
				}) {
					t.Fatalf("no certificate stands for %v with a sender in %s", names, sender)
				}
			}
		}
	})
}

// secured tells in which lists one of the names is.
func secured(d *partition.Domains, names []routing.Domain) (state [2]bool) {
	for _, name := range names {
		for i, yes := range d.Classes[d.Cells[d.Find(name)].Class].Secure {
			state[i] = state[i] || yes
		}
	}
	return state
}

// TestOpen: Open comes to the session that Walk comes to.
func TestOpen(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	opened := 0
	for range 2000 {
		p := policygen.Policy(r)
		d := policygen.Dialog(r)
		who := partition.Who{User: d.User}
		for _, name := range d.PeerNames {
			who.Partner = append(who.Partner, routing.MustParseDomain(name))
		}
		w := p.Walk(who.Dialog(d.Local, d.Remote, d.TLS))
		last := w.Stages[len(w.Stages)-1]
		reached := last.Name == connector.StageMail || last.Name == connector.StageData // no recipients
		s, ok := who.Open(p.Select(d.Local, d.Remote, nil), d.TLS)
		if ok != reached || ok && s.Rights() != w.Session.Rights() {
			t.Fatalf("%v, and Walk came to %s", ok, last.Name)
		}
		if ok {
			opened++
		}
	}
	if opened < 200 {
		t.Errorf("only %d sessions came to MAIL", opened)
	}
}

// TestWays compares with every size around the limits.
func TestWays(t *testing.T) {
	pairs(t, 80, func(_ *rand.Rand, a, b *connector.Policy) {
		ways := partition.NewWays(a, partition.Cuts(a, b), partition.NewEffort())
		for _, name := range policygen.Domains {
			to := routing.MustParseDomain(name)
			first := ways.To(to)
			for _, size := range policygen.Sizes {
				way := first
				for way.Upto != 0 && way.Upto < size {
					way = way.Next
				}
				if got, want := way.Route, a.Route(partition.Mailbox("user", to), size, nil); got != want {
					t.Fatalf("%d bytes to %s: %v, want %v", size, to, got, want)
				}
			}
			for way := first; way.Next != nil; way = way.Next {
				if way.Route == way.Next.Route || way.Next.Upto != 0 && way.Next.Upto <= way.Upto {
					t.Fatalf("way %+v to %s, then %+v", way, to, way.Next)
				}
			}
		}
	})
}

// TestSourcesExample: a witness reads like a client wherever there is one that
// does.
func TestSourcesExample(t *testing.T) {
	for ranges, want := range map[string]string{
		"0.0.0.0/0":               "203.0.113.1",
		"::/0":                    "2001:db8::99",
		"0.0.0.0-9.255.255.255":   "1.0.0.1",
		"0.0.0.0-0.0.0.9":         "0.0.0.1",
		"10.0.0.0/8":              "10.0.0.1",
		"10.0.0.0":                "10.0.0.0",
		"10.0.0.7-10.0.0.9":       "10.0.0.7",
		"fd00::/8":                "fd00::1",
		"203.0.113.0-203.0.113.0": "203.0.113.0",
	} {
		r := param.MustParseRange(ranges)
		at := "0.0.0.0:25"
		if r.Low().Is6() {
			at = "[::]:25"
		}
		p, err := connector.Compile(connector.Config{Receive: []connector.Receive{{
			Name: "In", Bindings: []netip.AddrPort{param.MustParseBinding(at)}, RemoteIPRanges: []param.Range{r},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range partition.Intervals(p, nil, partition.NewEffort())[0].Cells {
			if c.In[0] != nil && c.Witness.String() != want {
				t.Errorf("the witness of %s is %v, want %s", ranges, c.Witness, want)
			}
		}
	}
}
