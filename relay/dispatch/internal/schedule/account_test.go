package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/tally"
	"github.com/interchange-smtp/interchange/routing"
)

// toAccount returns a Send connector for the domain NAME.example that logs on to smart hosts as a user.
func toAccount(name, user string, hosts ...string) connector.Send {
	s := connector.Send{Name: name, AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace(name + ".example")}}
	for _, h := range hosts {
		s.SmartHosts = append(s.SmartHosts, param.MustParseSmartHost(h))
	}
	if user != "" {
		s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuth, &param.Credential{UserName: user, Password: "secret"}
	}
	return s
}

// sentBy is an attempt as sends has it.
type sentBy struct {
	connector string
	at, end   time.Time
	n         int
	unheard   bool // no host was reached, so that it counts only until its end
}

// sends is a list of all attempts, from which the limits for smart hosts are checked in their plainest
// form.
type sends struct {
	list     []sentBy
	accounts map[string][]string // "host user", by connector
}

// got returns the attempts that may have ended at an account.
func (s *sends) got(account string) (list []sentBy) {
	for _, sent := range s.list {
		if slices.Contains(s.accounts[sent.connector], account) {
			list = append(list, sent)
		}
	}
	return list
}

// excess says which limit of set doesn't let n more recipients go at now, "" if none. Attempts count for
// a while more.
func (s *sends) excess(set *connector.Send, n int, now time.Time, more float64) string {
	lately := func(then time.Time, span time.Duration) bool {
		return now.Sub(then) < time.Duration(float64(span)*(1+more))
	}
	for _, account := range s.accounts[set.Name] {
		running, messages, recipients := 1, 1, n
		for _, sent := range s.got(account) {
			if sent.end.After(now) {
				running++
			} else if sent.unheard {
				continue
			}
			if lately(sent.at, time.Minute) {
				messages++
			}
			if lately(sent.at, 24*time.Hour) {
				recipients += sent.n
			}
		}
		for _, c := range []struct {
			what  string
			n     int
			limit param.Limit
		}{{"connections", running, set.SmartHostMaxConnections}, {"messages", messages, set.SmartHostMessageRateLimit}, {"recipients", recipients, set.SmartHostRecipientRateLimit}} {
			if c.limit > 0 && c.n > int(c.limit) {
				return fmt.Sprintf("%d %s at %s for %s, the limit is %v", c.n, c.what, account, set.Name, c.limit)
			}
		}
	}
	return ""
}

// watch checks each attempt at w, which takes a random time, and that nothing waits that the limits let go.
func (s *sends) watch(w *world, r *rand.Rand) {
	w.hop = func(t *Transfer) (time.Duration, []delivery.Outcome, error) {
		set := t.Next.Connector().Settings()
		if excess := s.excess(set, len(t.To), w.now, 0); excess != "" {
			w.t.Fatalf("%s: %s", w.at(), excess)
		}
		takes := time.Duration(r.Int64N(int64(90 * time.Second)))
		kind := r.IntN(20)
		s.list = append(s.list, sentBy{set.Name, w.now, w.now.Add(takes), len(t.To), kind == 0})
		switch kind {
		case 0:
			return takes, make([]delivery.Outcome, len(t.To)), errStore
		case 1:
			return takes, all(t, "421 busy", errStore), errStore
		}
		return takes, accepted(t), nil
	}
	w.afterEach = func() {
		for _, h := range w.s.hops {
			set := h.next.Connector().Settings()
			if h.active == 0 && h.policy == w.s.policy && h.ready(&w.s.limits, w.now) && s.excess(set, h.pace.mostRecipients(), w.now, 1.0/20) == "" {
				w.t.Fatalf("%s: %s waits, and the limits let it go", w.at(), set.Name)
			}
		}
	}
}

// TestAccountsAreShared: whatever connectors, smart hosts, users and limits there are, and however the
// limits change, no account gets more than the connector of an attempt permits, and nothing waits that
// may go.
func TestAccountsAreShared(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	some := func(most int) param.Limit { return param.Limit(r.IntN(most + 1)) }
	for range 40 {
		s := sends{accounts: make(map[string][]string)}
		var cfg connector.Config
		for i := range 2 + r.IntN(4) {
			name, user := fmt.Sprint("c", i), []string{"", "ann@contoso.com", "bob@contoso.com"}[r.IntN(3)]
			hosts := [][]string{{"one.test"}, {"two.test"}, {"one.test", "two.test"}}[r.IntN(3)]
			cfg.Send = append(cfg.Send, toAccount(name, user, hosts...))
			for _, h := range hosts {
				s.accounts[name] = append(s.accounts[name], h+" "+user)
			}
		}
		relimit := func() *connector.Policy {
			for i := range cfg.Send {
				set := &cfg.Send[i]
				set.SmartHostMaxConnections, set.SmartHostMessageRateLimit, set.SmartHostRecipientRateLimit = 1+some(4), some(20), some(200)
			}
			return compile(t, cfg)
		}
		relimit()
		w := newWorld(t, cfg)
		s.watch(w, r)
		for range 60 {
			var to []string
			for i := range 1 + r.IntN(12) {
				to = append(to, fmt.Sprintf("%d@c%d.example", i, r.IntN(len(cfg.Send))))
			}
			w.queue(fmt.Sprint("198.51.100.", r.IntN(5)), to...)
			w.run(time.Duration(r.Int64N(int64(time.Minute))))
			if p := relimit(); r.IntN(10) == 0 {
				w.event(func() {
					w.s.SetPolicy(p, w.now)
					for _, m := range w.s.Messages() {
						w.s.Reroute(m, w.now)
					}
					w.s.WakeAll(w.now)
				})
			}
		}
		w.run(30 * 24 * time.Hour)
		w.empty()
	}
}

// TestTurnsAtAnAccount: connectors that share an account take turns, and the reason names it.
func TestTurnsAtAnAccount(t *testing.T) {
	names := []string{"a", "b", "c"}
	for _, limit := range []param.Limit{1, 6} {
		var cfg connector.Config
		for _, name := range names {
			s := toAccount(name, "ann@contoso.com", "smtp.office365.com")
			s.SmartHostMessageRateLimit = limit
			cfg.Send = append(cfg.Send, s)
		}
		w := newWorld(t, cfg)
		sending(w, time.Second)
		for _, name := range names {
			for i := range 30 {
				w.queue("", fmt.Sprintf("%d@%s.example", i, name))
			}
		}
		for len(w.attempts) < 30 {
			w.run(time.Minute)
		}
		got := make(map[string]int)
		for _, attempt := range w.attempts {
			got[attempt[strings.Index(attempt, "@")+1:]]++
		}
		if n := got["a.example"]; n < 8 || got["b.example"] < n-3 || got["c.example"] < n-3 {
			t.Errorf("attempts by connector with limit %v: %v", limit, got)
		}
		for _, m := range w.s.Messages() {
			r := m.Snapshot(w.now).Recipients[0]
			if want := fmt.Sprintf("SmartHostMessageRateLimit: smtp.office365.com gets at most %v messages in a minute from ann@contoso.com", limit); r.Reply != want {
				t.Errorf("it waits for %q, want %q", r.Reply, want)
			}
		}
	}
}

// TestFormerAccounts: what an account got counts while no connector has it, and not for ever.
func TestFormerAccounts(t *testing.T) {
	cfg := connector.Config{Send: []connector.Send{toAccount("a", "ann@contoso.com", "smtp.office365.com")}}
	cfg.Send[0].SmartHostRecipientRateLimit = 2
	with := compile(t, cfg)
	w := newWorld(t, cfg)
	set := func(p *connector.Policy) {
		w.event(func() {
			w.s.SetPolicy(p, w.now)
			for _, m := range w.s.Messages() {
				w.s.Reroute(m, w.now)
			}
		})
	}
	w.queue("", "1@a.example")
	w.queue("", "2@a.example")
	w.run(time.Hour)
	without := compile(t, connector.Config{Send: []connector.Send{toAccount("b", "ann@contoso.com", "smtp.office365.com")}})
	set(without)
	w.run(time.Hour)
	set(with)
	w.queue("", "3@a.example")
	w.run(time.Hour)
	equal(t, "attempts", w.attempts, "0 1@a.example", "0 2@a.example")
	set(without)
	w.run(20 * time.Hour)
	w.queue("", "4@b.example")
	w.run(4 * time.Hour)
	if set(without); len(w.s.accounts) != 0 {
		t.Errorf("%d accounts are kept", len(w.s.accounts))
	}
}

// TestFormerAccountsAreBounded: of too many accounts that no connector limits any more, those with the
// most recipients are kept.
func TestFormerAccountsAreBounded(t *testing.T) {
	tallies := make(map[tally.Account]tally.Tally)
	key := func(i int) tally.Account { return tally.AccountOf("smtp.example.com", i, "") }
	for i := range maxFormer + 10 {
		one := tally.New()
		one.Add(1+min(i, 10), start)
		tallies[key(i)] = one
	}
	s := New(Config{Route: byPolicy})
	s.Restore(tallies)
	s.Begin(compile(t, config()), start)
	if len(s.accounts) != maxFormer || s.accounts[key(0)] != nil || s.accounts[key(10)] == nil {
		t.Errorf("%d accounts, with the first: %v", len(s.accounts), s.accounts[key(0)] != nil)
	}
	s.Begin(compile(t, config()), start.Add(26*time.Hour))
	if len(s.accounts) != 0 {
		t.Errorf("%d accounts after a day", len(s.accounts))
	}
}

// TestTalliesAreRestored: a new Scheduler goes on with what the one before it counted.
func TestTalliesAreRestored(t *testing.T) {
	cfg := connector.Config{Send: []connector.Send{toAccount("a", "ann@contoso.com", "smtp.office365.com")}}
	cfg.Send[0].SmartHostRecipientRateLimit = 2
	w := newWorld(t, cfg)
	w.queue("", "1@a.example")
	w.queue("", "2@a.example")
	w.run(time.Hour)
	after := newWorld(t, connector.Config{})
	after.now = w.now
	after.s.Restore(w.s.Tallies(w.now))
	after.s.Begin(compile(t, cfg), after.now)
	after.queue("", "3@a.example")
	after.run(22 * time.Hour)
	if len(after.attempts) != 0 {
		t.Errorf("attempts: %q", after.attempts)
	}
	after.run(3 * time.Hour)
	equal(t, "attempts a day later", after.attempts, "1500 3@a.example")
}
