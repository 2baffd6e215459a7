package analysis_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

// settles reports whether a session settles a question that has the property so under the
// policies.
func settles(claim analysis.Claim, has [2]bool) bool {
	switch claim {
	case analysis.ClaimAlways:
		return !has[0]
	case analysis.ClaimNever, analysis.ClaimSometimes:
		return has[0]
	case analysis.ClaimDisjoint:
		return has[0] && has[1]
	case analysis.ClaimImplies:
		return has[0] && !has[1]
	}
	return has[0] != has[1]
}

// check compares an answer with the grid.
func (s *slowAsk) check(t *testing.T, r *rand.Rand, got analysis.Answer) {
	t.Helper()
	if got.Witness != nil {
		s.checkWitness(t, *got.Witness)
		if got.Holds != (s.q.Claim == analysis.ClaimSometimes) {
			t.Fatalf("%s: holds: %v, with a session that settles it", s.q, got.Holds)
		}
		return
	}
	if got.Undecided == "" && got.Holds == (s.q.Claim == analysis.ClaimSometimes) {
		t.Fatalf("%s: holds: %v, without a session", s.q, got.Holds)
	}
	s.grid(r, func(has [2]bool) bool { return got.Undecided != "" || settles(s.q.Claim, has) }, func(d connector.Dialog) {
		if got.Undecided != "" {
			t.Fatalf("%s: %s, but it is about %+v", s.q, got.Undecided, d)
		}
		t.Fatalf("%s: %s, but %+v settles it (user %v)", s.q, got.Text, d, d.User)
	})
}

// checkWitness walks the session of an answer.
func (s *slowAsk) checkWitness(t *testing.T, d connector.Dialog) {
	t.Helper()
	var all [2]bool
	c := gridClient{local: d.Local, remote: d.Remote}
	for i, p := range s.policies {
		c.in[i] = p.Select(d.Local, d.Remote, nil)
		all[i] = has(p, s.q, d)
	}
	who := gridIdentity{names: d.PeerNames, user: d.User != nil}
	own := slices.Contains(d.PeerNames, d.From.Domain().String())
	if who.user {
		who.groups = d.User.SIDs
		own = d.User.Owns(d.From)
	}
	sender := s.q.Sender == analysis.AnySender || own == (s.q.Sender == analysis.OwnSender)
	switch {
	case !settles(s.q.Claim, all):
		t.Fatalf("%s: %+v (user %v) has the property: %v", s.q, d, d.User, all)
	case who.user && !s.logsOn(c, d.TLS), !s.hasClient(d.Local, d.Remote) || s.name != "" && c.in[0].Name() != s.name,
		!s.hasIdentity(who), !slices.Contains(s.channels(c), d.TLS), !sender, !s.asksAt(d.To[0], d.Size) || d.Size < 0,
		len(who.names) > 0 && !d.TLS, !within(s.q.From, d.From), len(d.To) != 1 || !within(s.q.To, d.To[0]):
		t.Fatalf("%s: it isn't about %+v (user %v)", s.q, d, d.User)
	}
}

func within(list []analysis.Mailboxes, a routing.Address) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(m analysis.Mailboxes) bool { return m.Covers(a) })
}

// addresses returns the senders and recipients of the grid.
func (s *slowAsk) addresses() (senders, recipients []routing.Address) {
	locals := []string{"user", "ann"}
	if s.q.Property == analysis.PropertyRelays {
		locals = append(locals, "user%example.net")
	}
	if within(s.q.From, routing.Address{}) {
		senders = append(senders, routing.Address{})
	}
	for _, d := range gridDomains {
		for _, local := range locals {
			a := routing.MustParseAddress(local + "@" + d.String())
			if within(s.q.From, a) {
				senders = append(senders, a)
			}
			if within(s.q.To, a) {
				recipients = append(recipients, a)
			}
		}
	}
	for _, m := range s.q.To {
		if strings.Contains(m.String(), "%") {
			recipients = append(recipients, routing.MustParseAddress(m.String()))
		}
	}
	return senders, recipients
}

// TestAskExact compares answers with a grid of sessions, of random policies and
// questions, and walks every session that an answer shows.
func TestAskExact(t *testing.T) { askExactly(t, 60, analysis.Properties()) }

// TestAskRoutesExact is TestAskExact for routes, of which no two clients need be compared.
func TestAskRoutesExact(t *testing.T) {
	askExactly(t, 150, []analysis.Property{analysis.PropertyRouted, analysis.PropertyEncrypted, analysis.PropertyUnencrypted})
}

// askExactly asks questions with the properties of n policies.
func askExactly(t *testing.T, n int, properties []analysis.Property) {
	r := rand.New(rand.NewPCG(14, 2))
	outcomes := map[string]int{}
	for i := range n {
		p := askedPolicy(r)
		for range 4 {
			s := slowAsk{q: randomQuestion(r, properties), policies: []*connector.Policy{p}}
			if r.IntN(6) == 0 {
				s.q.Connector, s.name = "R0", "r0"
			}
			ask := func() analysis.Answer { return analysis.Ask(p, s.q) }
			if i%2 == 0 {
				ask = s.compare(t, r, p)
			}
			if _, err := analysis.ParseQuestion(s.q.String()); err != nil {
				continue // the parts contradict each other
			}
			got := ask()
			outcomes[string(s.q.Claim)+map[bool]string{true: " holds", false: " doesn't"}[got.Holds]]++
			s.check(t, r, got)
		}
	}
	if len(outcomes) != 2*len(analysis.Claims()) {
		t.Errorf("outcomes: %v", outcomes)
	}
}

// compare makes the question one about p and a changed policy, or about two connectors of p
// alone, and returns how to ask it.
func (s *slowAsk) compare(t *testing.T, r *rand.Rand, p *connector.Policy) func() analysis.Answer {
	s.q.Claim = []analysis.Claim{analysis.ClaimDisjoint, analysis.ClaimImplies, analysis.ClaimEquivalent}[r.IntN(3)]
	other := policygen.Change(r, p)
	if r.IntN(3) == 0 {
		other = resized(t, r, p)
	}
	s.policies = []*connector.Policy{p, other}
	if s.q.Argument == "r0" {
		s.q.Argument = ""
	}
	cfg := p.Config()
	if n := len(cfg.Receive); s.q.Connector != "" && n > 1 {
		x, y := cfg, cfg
		at := 1 + r.IntN(n-1)
		s.q.Other, s.name = cfg.Receive[at].Name, ""
		x.Receive, y.Receive = cfg.Receive[:1], cfg.Receive[at:at+1]
		var errs [2]error
		s.policies[0], errs[0] = connector.Compile(x)
		s.policies[1], errs[1] = connector.Compile(y)
		if errs == [2]error{} {
			return func() analysis.Answer { return analysis.Ask(p, s.q) }
		}
	}
	s.q.Connector, s.name = "", ""
	return func() analysis.Answer { return analysis.AskBoth(p, other, s.q) }
}

// resized returns p with other limits of sizes.
func resized(t *testing.T, r *rand.Rand, p *connector.Policy) *connector.Policy {
	sizes := []param.Size{100_000, 200_000, 300_000, param.UnlimitedSize}
	cfg := p.Config()
	for i := range cfg.Send {
		cfg.Send[i].MaxMessageSize = sizes[r.IntN(len(sizes))]
	}
	cfg.Receive[0].MaxMessageSize = sizes[r.IntN(3)]
	return compile(t, cfg)
}
