package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// burst sends n messages of which none is taken before all are on their way.
func (w *world) burst(sink *relaytest.Sink, n int) {
	w.t.Helper()
	var met, senders sync.WaitGroup
	met.Add(n)
	sink.Script = func(stage relaytest.Stage, _ string) string {
		if stage == relaytest.StageData {
			met.Done()
			met.Wait()
		}
		return ""
	}
	for range n {
		tx, _ := w.rcpt(newEnvelope(), "b@fabrikam.com")
		senders.Go(func() {
			if _, err := tx.Deliver(context.Background(), strings.NewReader(letter)); err != nil {
				w.t.Error(err)
			}
		})
	}
	senders.Wait()
}

// The connections of a burst serve the next one; when none comes, most of them
// are closed soon, and the rest later.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := &relaytest.Sink{}
		w.sink("192.0.2.1:25", sink)
		const all, kept = 50, 20
		for _, step := range []struct {
			pause time.Duration
			total int // connections that the next hop has seen behind it
		}{
			{0, all},
			{time.Second, all},
			{4 * time.Second, all + all - kept},
			{time.Minute, all + all - kept + all},
		} {
			time.Sleep(step.pause)
			w.burst(sink, all)
			if n := sink.Connections(); n != step.total {
				t.Errorf("%v later: %d connections, want %d", step.pause, n, step.total)
			}
		}
	})
}

// open opens a connection for each of n transactions to domain at once, ends
// them, and so leaves to the pool what it will keep.
func (w *world) open(n int, domain string) {
	w.t.Helper()
	var all []relay.Transaction
	for range n {
		tx, answers := w.rcpt(newEnvelope(), "b@"+domain, "c@"+domain)
		for _, answer := range answers { // the second asks the next hop
			expect(w.t, domain, answer, "ok")
		}
		all = append(all, tx)
	}
	for _, tx := range all {
		tx.Close()
	}
}

// TestPoolBounds: 100 connections are kept for a next hop, and 500 for all.
func TestPoolBounds(t *testing.T) {
	w := newWorld(t, byDNS())
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	for i := range 6 {
		w.dns.AddHost(fmt.Sprintf("d%d.example", i), addr("192.0.2.1"))
	}
	for _, step := range []struct {
		domain    string
		opens     int
		connected int // how many of them were not kept from before
	}{
		{"d0.example", 105, 105},
		{"d0.example", 105, 5},
		{"d1.example", 100, 100},
		{"d2.example", 100, 100},
		{"d3.example", 100, 100},
		{"d4.example", 100, 100},
		{"d5.example", 10, 10}, // for which there is no room
		{"d5.example", 10, 10},
		{"d4.example", 100, 0},
	} {
		before := sink.Connections()
		w.open(step.opens, step.domain)
		if n := sink.Connections() - before; n != step.connected {
			t.Errorf("%s: %d connections for %d transactions, want %d", step.domain, n, step.opens, step.connected)
		}
	}
}

// TestPoolExpiry: what isn't used is closed, with QUIT, after 30 seconds or
// half the connector's ConnectionInactivityTimeOut.
func TestPoolExpiry(t *testing.T) {
	for limit, keeps := range map[time.Duration]time.Duration{0: 30 * time.Second, 10 * time.Second: 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := toHosts("192.0.2.1")
			s.ConnectionInactivityTimeOut = limit
			w := newWorld(t, s)
			script := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 PIPELINING\r\n",
				">DATA", "250 ok\r\n250 ok\r\n354 go\r\n", ">.\r\n", "250 ok\r\n", ">DATA", "250 ok\r\n250 ok\r\n354 go\r\n", ">.\r\n", "250 ok\r\n"}
			hop := w.hop("192.0.2.1:25", script, script)
			expect(t, "first", w.send("b@x.example"), "ok")
			time.Sleep(keeps - time.Second)
			expect(t, "in time", w.send("b@x.example"), "ok")
			synctest.Wait()
			if s := hop.String(); strings.Contains(s, "QUIT") || strings.Count(s, "EHLO") != 1 {
				t.Errorf("hop heard %q", s)
			}
			time.Sleep(keeps + 2*time.Second)
			synctest.Wait()
			if s := hop.String(); !strings.HasSuffix(s, "QUIT\r\n") {
				t.Errorf("after %v the hop heard %q", keeps, s)
			}
			expect(t, "late", w.send("b@x.example"), "ok")
			if s := hop.String(); strings.Count(s, "EHLO") != 2 {
				t.Errorf("hop heard %q", s)
			}
		})
	}
}

// TestLimitedConnections: unused connections of other connectors don't add to those that a smart host
// gets, if their number is limited and they have the same user.
func TestLimitedConnections(t *testing.T) {
	for _, tc := range []struct {
		name        string
		limit       param.Limit
		user        string
		connections int
	}{
		{"one account", 1, "Ann", 4},
		{"two accounts", 1, "bob", 2},
		{"no limit", param.Unlimited, "Ann", 2},
	} {
		sends := []connector.Send{toHosts("192.0.2.1"), toHosts("192.0.2.1")}
		for i := range sends {
			s := &sends[i]
			s.SmartHostMaxConnections, s.SmartHostAuthMechanism = tc.limit, auth.BasicAuth
			s.LogonWithoutCertificateCheck = true
			s.AuthenticationCredential = &param.Credential{UserName: "ann", Password: "tea"}
		}
		sends[1].Name, sends[1].AddressSpaces, sends[1].AuthenticationCredential.UserName = "two", space("example.com"), tc.user
		w := newWorld(t, sends...)
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{InsecureAuth: true, Users: map[string]string{"ann": "tea", "Ann": "tea", "bob": "tea"}})
		for _, to := range []string{"b@fabrikam.com", "b@example.com", "b@fabrikam.com", "b@example.com"} {
			expect(t, tc.name, w.send(to), "ok")
		}
		if n := sink.Connections(); n != tc.connections {
			t.Errorf("%s: %d connections for 4 messages, want %d", tc.name, n, tc.connections)
		}
	}
}
