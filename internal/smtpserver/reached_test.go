package smtpserver_test

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// reached keeps the limits that a connection reports.
type reached struct {
	mu  sync.Mutex
	all []limits.State
}

func (r *reached) add(s limits.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, s)
}

// list returns the limits until now.
func (r *reached) list() []limits.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// TestReached: each limit of a connection says its name, the counter and the bound when it is exceeded, and nothing
// at its edge.
func TestReached(t *testing.T) {
	const (
		minute = 60_000
		begin  = "> MAIL FROM:<>\n< 250 ...\n> RCPT TO:<b@example.net>\n< 250 ...\n"
	)
	busy := &session{onRcpt: func(envelope.Recipient) reply.Reply {
		return reply.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}, Text: "Busy"}
	}}
	for _, row := range []struct {
		name         string
		edge, beyond string
		want         limits.State
		s            *session // nil: one that takes all mail
	}{
		{"errors", strings.Repeat("> BLAH\n< 500 ...\n", 5), "> BLAH\n< 500 ...\n< 421 4.7.0 ...\n<<", limits.State{Limit: "MaxProtocolErrors", Value: 6, Bound: 5}, nil},
		{"logons", strings.Repeat("> AUTH PLAIN AHVzZXIAd3Jvbmc=\n< 535 ...\n", 2), "> AUTH PLAIN AHVzZXIAd3Jvbmc=\n< 535 ...\n< 421 4.7.0 ...\n<<", limits.State{Limit: "MaxLogonFailures", Value: 3, Bound: 3}, nil},
		{"NOOP", strings.Repeat("> NOOP\n< 250 ...\n", 100), "> NOOP\n< 250 ...\n", limits.State{Limit: "CommandsWithoutEffect", Value: 101, Bound: 100}, nil},
		{"VRFY", strings.Repeat("> VRFY x\n< 252 ...\n", 100), "> VRFY x\n< 252 ...\n", limits.State{Limit: "CommandsWithoutEffect", Value: 101, Bound: 100}, nil},
		{"RSET", strings.Repeat("> RSET\n< 250 ...\n", 100), "> RSET\n< 250 ...\n", limits.State{Limit: "CommandsWithoutEffect", Value: 101, Bound: 100}, nil},
		{"empty chunks", begin + "> BDAT 0\n< 250 ...\n" + strings.Repeat("> BDAT 0\n< 250 ...\n", 100),
			"> BDAT 0\n< 250 ...\n", limits.State{Limit: "CommandsWithoutEffect", Value: 101, Bound: 100}, nil},
		{"HELP", strings.Repeat("> HELP\n< 214 ...\n", 100), "> HELP\n< 214 ...\n", limits.State{Limit: "CommandsWithoutEffect", Value: 101, Bound: 100}, nil},
		{"small chunks", begin + strings.Repeat(">> BDAT 1\\r\\nx\n< 250 ...\n", 1000), ">> BDAT 1\\r\\nx\n< 501 ...\n<<", limits.State{Limit: "SmallChunks", Value: 1001, Bound: 1000}, nil},
		{"refused recipients", "> MAIL FROM:<>\n< 250 ...\n" + strings.Repeat("> RCPT TO:<b@example.net>\n< 452 ...\n", 1000), "> RCPT TO:<b@example.net>\n< 452 ...\n",
			limits.State{Limit: "RefusedRecipients", Value: 1001, Bound: 1000}, busy},
		{"silence", "", "< 421 4.4.1 ...\n<<", limits.State{Limit: "ConnectionInactivityTimeout", Value: minute, Bound: minute}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := new(reached)
				cfg := config()
				cfg.Reached, cfg.InactivityTimeout = r.add, time.Minute
				s := row.s
				if s == nil {
					s = &session{onAuth: login("secret")}
				}
				c := serve(t, t.Context(), cfg, s)
				c.hello()
				c.talk(row.edge)
				synctest.Wait()
				if all := r.list(); len(all) != 0 {
					t.Fatalf("at the edge: %+v", all)
				}
				c.talk(row.beyond)
				synctest.Wait()
				row.want.By = limits.ByConnection
				if all := r.list(); !slices.Equal(all, []limits.State{row.want}) {
					t.Errorf("%+v, want %+v", all, row.want)
				}
				c.end()
			})
		})
	}
}

// TestSlowClient: a client that sends a byte now and then, in a command or in a message, has the time of its connection and no
// more.
func TestSlowClient(t *testing.T) {
	for _, begin := range []string{"", "> MAIL FROM:<>\n< 250 ...\n> RCPT TO:<b@example.net>\n< 250 ...\n> DATA\n< 354 ...\n"} {
		synctest.Test(t, func(t *testing.T) {
			r := new(reached)
			cfg := config()
			cfg.Reached, cfg.InactivityTimeout, cfg.ConnectionTimeout = r.add, time.Minute, 5*time.Minute
			start := time.Now()
			c := serve(t, t.Context(), cfg, &session{})
			c.hello()
			c.talk(begin)
			for time.Since(start) < 5*time.Minute-time.Second {
				c.send("x")
				time.Sleep(time.Second)
			}
			c.talk("< 421 4.4.1 ...\n<<")
			if took := time.Since(start); took != 5*time.Minute {
				t.Errorf("it lasted %v", took)
			}
			c.end()
			if want := (limits.State{Limit: "ConnectionTimeout", By: limits.ByConnection, Value: 300_000, Bound: 300_000}); !slices.Equal(r.list(), []limits.State{want}) {
				t.Errorf("%+v", r.list())
			}
		})
	}
}

// TestTarpitsAreBounded: of the refused clients of one source, only so many wait at a time as it may have of all delays. The others get
// their reply at once, and a place that is free again is used.
func TestTarpitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := new(reached)
		cfg := config()
		cfg.Reached, cfg.TarpitInterval = r.add, 5*time.Second
		cfg.Tarpits = limits.NewPool("Tarpits", 8)
		connect := func(source string) *client {
			cfg := cfg
			cfg.Source = netip.MustParseAddr(source)
			c := serve(t, t.Context(), cfg, &session{})
			c.hello()
			return c
		}
		var all []*client
		for range 4 {
			c := connect("192.0.2.1")
			c.send("BLAH\r\n")
			synctest.Wait()
			all = append(all, c)
		}
		other := connect("192.0.2.2")
		start := time.Now()
		for _, c := range all[2:] {
			c.talk("< 500 ...")
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the clients without a place waited %v", took)
		}
		other.talk("> BLAH\n< 500 ...")
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("another client waited %v", took)
		}
		for _, c := range all[:2] {
			c.talk("< 500 ...")
		}
		var names []string
		for _, s := range r.list() {
			names = append(names, s.Limit)
		}
		if got, want := strings.Join(names, " "), "TarpitInterval TarpitInterval Tarpits Tarpits TarpitInterval"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if over := r.list()[2]; over != (limits.State{Limit: "Tarpits", By: limits.BySource, Key: "192.0.2.1", Value: 3, Bound: 2}) {
			t.Errorf("%+v", over)
		}
		start = time.Now()
		all[3].talk("> BLAH\n< 500 ...")
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("afterwards a client waited %v", took)
		}
		for _, c := range append(all, other) {
			c.end()
		}
	})
}

// TestBuffersOfASource: a client that makes many connections wait in long lines leaves large buffers to the others.
func TestBuffersOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		buffers, r := smtpserver.NewBuffers(8), new(reached)
		long := "MAIL FROM:<a@example.org> X=" + strings.Repeat("a", 1000)
		connect := func(source string, line string) *client {
			cfg := config()
			cfg.Buffers, cfg.Source, cfg.Reached = buffers, netip.MustParseAddr(source), r.add
			c := serve(t, t.Context(), cfg, &session{})
			c.hello()
			c.send(line)
			synctest.Wait()
			return c
		}
		greedy := []*client{connect("192.0.2.1", long), connect("192.0.2.1", long)}
		if all := r.list(); len(all) != 0 {
			t.Errorf("at the edge: %+v", all)
		}
		for range 2 {
			third := connect("192.0.2.1", long)
			third.talk("< 452 4.3.1 ...\n<<")
			third.end()
		}
		over := limits.State{Limit: "LargeBuffers", By: limits.BySource, Key: "192.0.2.1", Value: 3, Bound: 2}
		if all := r.list(); !slices.Equal(all, []limits.State{over, over}) {
			t.Errorf("%+v", all)
		}
		other := connect("192.0.2.2", long+"\r\n")
		other.talk("< 555 ...")
		for _, c := range append(greedy, other) {
			c.end()
		}
	})
}
