package analysis_test

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

// pairs calls f with random pairs of policies, most of them much alike.
func pairs(n int, seed uint64, f func(r *rand.Rand, a, b *connector.Policy)) {
	r := rand.New(rand.NewPCG(5, seed))
	for i := range shorter(n) {
		a := policygen.Policy(r)
		b := policygen.Policy(r)
		if i%4 > 0 {
			b = policygen.Change(r, a)
		}
		f(r, a, b)
	}
}

// difference is something that brute force found.
type difference struct {
	aspects   []analysis.Aspect // any of which may tell it
	direction analysis.Direction
	domain    routing.Domain // zero: of no meaning
	dialog    connector.Dialog
	route     bool
}

// TestFindsAll: every difference that the slow evaluator sees between two
// policies is in a sentence about those clients, in that direction, about that
// domain.
func TestFindsAll(t *testing.T) {
	found := map[analysis.Aspect]int{}
	pairs(48, 1, func(r *rand.Rand, a, b *connector.Policy) {
		changes := analysis.Compare(a, b).Changes
		bound := append(a.Bindings(), b.Bindings()...)
		seen := 0
		bruteForce(r, newSlow(a), newSlow(b), func(d difference) {
			seen++
			i := slices.IndexFunc(changes, func(c analysis.Change) bool { return describes(c, bound, d) })
			if i < 0 {
				t.Fatalf("%+v isn't told by any of\n%s", d, texts(changes))
			}
			found[changes[i].Aspect]++
		})
		if seen == 0 && slices.ContainsFunc(changes, func(c analysis.Change) bool { return c.Aspect == analysis.AspectConnection }) {
			t.Fatalf("nothing is different, but\n%s", texts(changes))
		}
	})
	for _, aspect := range []analysis.Aspect{
		analysis.AspectConnection, analysis.AspectTLS, analysis.AspectRelay, analysis.AspectRecipient, analysis.AspectRoutedRecipient,
		analysis.AspectSender, analysis.AspectSize, analysis.AspectRoute, analysis.AspectRouteTLS,
	} {
		if found[aspect] == 0 {
			t.Errorf("no difference of aspect %s came up", aspect)
		}
	}
}

func texts(changes []analysis.Change) string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Text)
	}
	return strings.Join(all, "\n")
}

// bruteForce asks both policies about every client, some of the identities,
// and every sender, recipient and size, and reports where they differ.
func bruteForce(r *rand.Rand, a, b slowPolicy, report func(difference)) {
	for _, local := range policygen.Locals {
		for _, remote := range policygen.Clients(local) {
			d := connector.Dialog{Local: local, Remote: remote, Helo: "client.example"}
			x, y := a.serve(local, remote) != nil, b.serve(local, remote) != nil
			if x != y {
				report(difference{aspects: []analysis.Aspect{analysis.AspectConnection}, direction: toward(y), dialog: d})
			}
			for range 12 {
				who := policygen.Dialog(r)
				d.TLS, d.PeerNames, d.User = who.TLS, who.PeerNames, who.User
				compareSessions(d, a.open(d), b.open(d), report)
			}
		}
	}
	for _, name := range policygen.Domains {
		to := routing.MustParseAddress("user@" + name)
		for _, size := range policygen.Sizes {
			x, wasTLS := hop(a.route(to, size))
			y, isTLS := hop(b.route(to, size))
			d := difference{domain: to.Domain(), dialog: connector.Dialog{Size: size}, route: true}
			d.aspects, d.direction = []analysis.Aspect{analysis.AspectRoute}, analysis.Different
			switch {
			case x == "" || y == "":
				d.direction = toward(x == "")
			case wasTLS != isTLS:
				secure := d
				secure.aspects, secure.direction = []analysis.Aspect{analysis.AspectRouteTLS}, toward(isTLS < wasTLS)
				report(secure)
			}
			if x != y {
				report(d)
			}
		}
	}
}

func toward(allowed bool) analysis.Direction {
	if allowed {
		return analysis.Wider
	}
	return analysis.Stricter
}

// compareSessions reports what is different in two sessions; nil doesn't come
// to MAIL.
func compareSessions(d connector.Dialog, x, y *slowSession, report func(difference)) {
	if x == nil && y == nil {
		return
	}
	to := []analysis.Aspect{analysis.AspectTLS, analysis.AspectRelay, analysis.AspectRecipient, analysis.AspectRoutedRecipient}
	if (x == nil) != (y == nil) {
		report(difference{aspects: append(to, analysis.AspectSubmit), direction: toward(y != nil), dialog: d})
	}
	for _, name := range policygen.Domains {
		for _, local := range []string{"user", "user%example.net"} {
			rcpt := routing.MustParseAddress(local + "@" + name)
			p, q := x != nil && x.to(rcpt), y != nil && y.to(rcpt)
			if p != q {
				report(difference{aspects: to, direction: toward(q), domain: rcpt.Domain(), dialog: d})
			}
		}
	}
	if x == nil || y == nil {
		return
	}
	for _, name := range policygen.Domains {
		from := routing.MustParseAddress("ann@" + name)
		if p, q := x.from(from), y.from(from); p != q {
			report(difference{aspects: []analysis.Aspect{analysis.AspectSender}, direction: toward(q), domain: from.Domain(), dialog: d})
		}
	}
	if p, q := x.size(), y.size(); p != q && sizeShows(x, y) {
		report(difference{aspects: []analysis.Aspect{analysis.AspectSize}, direction: toward(q < 0 || p >= 0 && q > p), dialog: d})
	}
}

// sizeShows reports whether a client can find out by which size messages are limited: MAIL
// tells it, or it may send to somebody.
func sizeShows(x, y *slowSession) bool {
	if x.receive.SizeEnabled != param.SizeDisabled && y.receive.SizeEnabled != param.SizeDisabled {
		return true
	}
	return slices.ContainsFunc(policygen.Domains, func(name string) bool {
		to := routing.MustParseAddress("user@" + name)
		return x.to(to) && y.to(to)
	})
}

// describes reports whether a change is about a difference.
func describes(c analysis.Change, bound []netip.AddrPort, d difference) bool {
	switch {
	case !slices.Contains(d.aspects, c.Aspect):
		return false
	case c.Direction != d.direction:
		return false
	case d.domain.IsValid() && len(c.Domains) > 0 && !covers(c, d.domain):
		return false
	case d.route:
		return true
	}
	return from(c, bound, d.dialog.Local, d.dialog.Remote)
}

// from reports whether a change is about a client. bound are the bindings of
// both policies.
func from(c analysis.Change, bound []netip.AddrPort, local netip.AddrPort, remote netip.Addr) bool {
	at := local
	if !slices.Contains(bound, local) {
		at = netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
		if local.Addr().Is4() {
			at = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
		}
	}
	return slices.ContainsFunc(c.Clients, func(s analysis.Clients) bool {
		return slices.Contains(s.Local, at) && slices.ContainsFunc(s.Ranges, func(r param.Range) bool { return r.Contains(remote) })
	})
}

// covers reads the terms of a change as its doc says: the longest one that
// fits decides.
func covers(c analysis.Change, d routing.Domain) bool {
	best, length := false, -1
	for i, list := range [][]string{c.Domains, c.Except} {
		for _, term := range list {
			name, below := strings.CutPrefix(term, "*.")
			n := -1
			switch {
			case !below && name == d.String():
				n = 1000
			case below && strings.HasSuffix(d.String(), "."+name):
				n = 2 + len(name)
			case term == "any single-label domain" && d.SingleLabel(), term == "any address literal" && d.IsLiteral():
				n = 1
			case term == "any domain":
				n = 0
			}
			if n > length {
				best, length = i == 0, n
			}
		}
	}
	return best
}

// TestSaysTheTruth: every sentence is true of its witness, and of every client
// and every domain that it names.
func TestSaysTheTruth(t *testing.T) {
	said, shown := map[analysis.Aspect]int{}, map[analysis.Aspect]int{}
	pairs(150, 2, func(_ *rand.Rand, a, b *connector.Policy) {
		bound := append(a.Bindings(), b.Bindings()...)
		for _, c := range analysis.Compare(a, b).Changes {
			said[c.Aspect]++
			if !c.Shown() {
				// The treatment of a message shows only if it is accepted.
				if !slices.Contains(aboutMessages, c.Aspect) {
					t.Fatalf("%s has no witness", c)
				}
				continue
			}
			if shown[c.Aspect]++; !shows(c, c.Old(), c.New()) || !slices.Contains(aboutValues, c.Aspect) && alike(c.Old(), c.New()) {
				t.Fatalf("%s\nThe witness %+v has the same result:\n%s\n%s", c, c.Witness, c.Old(), c.New())
			}
			for _, local := range policygen.Locals {
				for _, remote := range policygen.Clients(local) {
					if d := c.Witness; from(c, bound, local, remote) {
						d.Local, d.Remote = local, remote
						other := d // where they can log on only one way, that one is meant
						other.TLS = !d.TLS
						if !shows(c, a.Walk(d), b.Walk(d)) && !shows(c, a.Walk(other), b.Walk(other)) {
							t.Fatalf("%s\nThat isn't true of %v at %v:\n%s\n%s", c, remote, local, a.Walk(d), b.Walk(d))
						}
					}
				}
			}
			for _, name := range policygen.Domains {
				domain := routing.MustParseDomain(name)
				_, before := a.Accepted(domain)
				_, after := b.Accepted(domain)
				ours := c.Direction == analysis.Wider && after || c.Direction == analysis.Stricter && before
				if !covers(c, domain) || c.Aspect == analysis.AspectRelay && ours {
					continue
				}
				d := c.Witness
				switch c.Aspect {
				case analysis.AspectRelay, analysis.AspectRecipient, analysis.AspectRoutedRecipient:
					d.To = []routing.Address{routing.MustParseAddress(d.To[0].Local() + "@" + name)}
				case analysis.AspectSender:
					if len(d.PeerNames) > 0 {
						continue // verified and other senders are not told apart by terms
					}
					d.From = routing.MustParseAddress(d.From.Local() + "@" + name)
				default:
					continue
				}
				if !shows(c, a.Walk(d), b.Walk(d)) {
					t.Fatalf("%s\nThat isn't true of %s:\n%s\n%s", c, domain, a.Walk(d), b.Walk(d))
				}
			}
		}
	})
	for _, aspect := range []analysis.Aspect{analysis.AspectHello, analysis.AspectStartTLS, analysis.AspectAuth, analysis.AspectSubmit,
		analysis.AspectRecipientCount, analysis.AspectHeaders, analysis.AspectSetting, analysis.AspectUnreadableSender} {
		if said[aspect] == 0 {
			t.Errorf("nothing of aspect %s was said", aspect)
		} else if shown[aspect] == 0 {
			t.Errorf("nothing of aspect %s was shown", aspect)
		}
	}
}

// aboutMessages are aspects that only a message shows that is taken; aboutValues those
// that no reply shows.
var (
	aboutMessages = []analysis.Aspect{
		analysis.AspectQueue, analysis.AspectReport,
		analysis.AspectSize, analysis.AspectRecipientCount, analysis.AspectHeaders, analysis.AspectUnreadableSender, analysis.AspectRoute, analysis.AspectRouteTLS,
		analysis.AspectRouteAuth, analysis.AspectRouteHeaders, analysis.AspectRouteSetting,
	}
	aboutValues = []analysis.Aspect{
		analysis.AspectSetting, analysis.AspectHeaders, analysis.AspectUnreadableSender, analysis.AspectRoute, analysis.AspectRouteTLS,
		analysis.AspectRouteAuth, analysis.AspectRouteHeaders, analysis.AspectRouteSetting,
	}
)

// alike reports whether a session gets the same replies twice.
func alike(before, after connector.Walkthrough) bool {
	return slices.EqualFunc(before.Stages, after.Stages, func(a, b connector.Stage) bool {
		return a.Name == b.Name && a.Decision.Reason == b.Decision.Reason
	})
}

// shows reports whether two walks differ in what c is about.
func shows(c analysis.Change, before, after connector.Walkthrough) bool {
	x, y := before.Session, after.Session
	stage := connector.StageMail
	switch c.Aspect {
	case analysis.AspectConnection:
		return (x.Inbound() != nil) == (c.Direction == analysis.Stricter) && (y.Inbound() != nil) == (c.Direction == analysis.Wider)
	case analysis.AspectHello:
		stage = connector.StageHello
	case analysis.AspectStartTLS:
		stage = connector.StageStartTLS
	case analysis.AspectAuth:
		return stageOf(before, connector.StageAuth).Decision != stageOf(after, connector.StageAuth).Decision
	case analysis.AspectRelay, analysis.AspectRecipient, analysis.AspectRoutedRecipient:
		stage = connector.StageRcpt
	case analysis.AspectUnreadableSender:
		return x.ChecksAuthors() == (c.Direction == analysis.Wider) && x.ChecksAuthors() != y.ChecksAuthors()
	case analysis.AspectSize:
		return x.MaxSize() != y.MaxSize()
	case analysis.AspectRecipientCount:
		last := connector.Rcpt{To: c.Witness.To[0], Accepted: len(c.Witness.To) - 1}
		return x.Rcpt(last).Reason != y.Rcpt(last).Reason
	case analysis.AspectHeaders:
		field := strings.NewReplacer("*", "X", " and Resent-*", "").Replace(c.Subject)
		return y.Headers().Keep(field) == (c.Direction == analysis.Wider) && x.Headers().Keep(field) != y.Headers().Keep(field)
	case analysis.AspectSetting:
		was := reflect.ValueOf(*x.Inbound().Settings()).FieldByName(c.Subject)
		is := reflect.ValueOf(*y.Inbound().Settings()).FieldByName(c.Subject)
		return !was.Equal(is)
	case analysis.AspectRoute:
		return c.Before != c.After // Before and After are compared with brute force elsewhere
	case analysis.AspectRouteTLS, analysis.AspectRouteAuth, analysis.AspectRouteHeaders, analysis.AspectRouteSetting:
		return true
	}
	passed, passes := stageOf(before, stage).Decision.Allowed(), stageOf(after, stage).Decision.Allowed()
	return passed == (c.Direction == analysis.Stricter) && passes == (c.Direction == analysis.Wider)
}

// stageOf returns a stage of a walk; the zero Stage if it didn't come to that.
func stageOf(w connector.Walkthrough, name connector.StageName) connector.Stage {
	for _, s := range w.Stages {
		if s.Name == name {
			return s
		}
	}
	return connector.Stage{}
}
