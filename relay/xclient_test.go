package relay_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

const tester = "10.2.3.201"

// withTester trusts the tester.
func withTester(s *relay.Server) { s.XclientFrom = ranges(tester) }

// asClient has the tester say who it is.
func (w *world) asClient(attributes string) *relaytest.Client {
	w.t.Helper()
	c := w.client(tester, hub)
	if text := c.Do("EHLO tester", 250); !strings.Contains(text, "XCLIENT NAME ADDR ") || strings.Contains(text, "LOGIN") {
		w.t.Errorf("EHLO: %q", text)
	}
	c.Do("XCLIENT "+attributes, 220)
	return c
}

// TestXclient: the client that the tester names has its connector, its rights and its name in the reply to EHLO,
// and is in the log with the tester.
func TestXclient(t *testing.T) {
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway(anyRecipient())), withTester)
	c := w.asClient("ADDR=" + gateway + " PORT=4000 NAME=gw.contoso.com PROTO=ESMTP HELO=gw")
	c.Do("MAIL FROM:<amy@fabrikam.com>", 503) // everything is reset
	if text := c.Do("EHLO client.contoso.com", 250); !strings.Contains(text, "["+gateway+"]") {
		t.Errorf("EHLO: %q", text)
	}
	c.Do("MAIL FROM:<amy@fabrikam.com>", 250)
	c.Do("XCLIENT ADDR="+stranger, 503) // not within a transaction
	c.Do("RCPT TO:<"+elsewhere+">", 250)
	send(c, message, 250)
	c.Do("XCLIENT ADDR="+stranger+" PORT=4001", 220) // the next test
	c.Do("EHLO client.contoso.com", 250)
	c.Do("MAIL FROM:<amy@fabrikam.com>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 550)
	c.Do("QUIT", 221)
	if got := w.mailbox.last(t); got.env.Remote != at(gateway+":4000") || got.env.Local != at(hub) {
		t.Errorf("from %v to %v:\n%s", got.env.Remote, got.env.Local, got.data)
	}
	w.waitFor("remote=" + gateway + ":4000 tester=" + tester + ":")
	w.waitFor("remote=" + stranger + ":4001 tester=" + tester + ":")
}

// TestXclientLendsNoRights: the tester's rights aren't those of the client that it stands for.
func TestXclientLendsNoRights(t *testing.T) {
	relays := fromAnonymousGateway(anyRecipient())
	relays.RemoteIPRanges = append(relays.RemoteIPRanges, ranges(tester)...)
	w := serve(t, policy(t, defaultHub(), relays), withTester)
	c := w.asClient("ADDR=" + stranger)
	c.Do("EHLO client.contoso.com", 250)
	c.Do("MAIL FROM:<amy@example.net>", 250)
	c.Do("RCPT TO:<"+elsewhere+">", 550)
}

// TestXclientLimits: limits for a source count the client that is named.
func TestXclientLimits(t *testing.T) {
	r := defaultHub()
	r.MaxInboundConnectionPerSource = 1
	w := serve(t, policy(t, r), withTester)
	w.asClient("ADDR=" + stranger)
	c := w.client(tester, hub)
	c.Do("EHLO tester", 250)
	c.Do("XCLIENT ADDR="+stranger, 421)
	c.Closed()
	w.asClient("ADDR=" + gateway)
}

// TestXclientRefused: other clients can't say who they are, nor can testers say nonsense or more than one thing.
func TestXclientRefused(t *testing.T) {
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway(anyRecipient())), withTester)
	for _, from := range []string{stranger, gateway} {
		c := w.client(from, hub)
		if text := c.Do("EHLO client.example", 250); strings.Contains(text, "XCLIENT") {
			t.Errorf("EHLO: %q", text)
		}
		c.Do("XCLIENT ADDR="+gateway, 500)
		c.Do("XCLIENT ADDR="+tester, 500)
		c.Do("NOOP", 250)
		c.Do("QUIT", 221)
	}
	w.asClient("ADDR="+stranger).Do("XCLIENT ADDR="+gateway, 503) // before EHLO
	for _, arg := range []string{"", " ADDR", " ADDR=[UNAVAILABLE]", " LOGIN=ceo", " ADDR=" + gateway + " LOGIN=ceo", " ADDR=" + gateway + "+0D"} {
		c := w.asClient("ADDR=" + stranger)
		c.Do("EHLO client.example", 250)
		c.Do("XCLIENT"+arg, 501)
		c.Do("MAIL FROM:<amy@example.net>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", 550) // still the stranger
	}
	c := w.client(tester, hub)
	c.Do("EHLO tester", 250)
	c.SendRaw("XCLIENT ADDR=" + gateway + "\r\nEHLO tester\r\n")
	c.Expect(554)
	c.Closed()
	w.client(tester, hub).Do("QUIT", 221)
}

// TestXclientWithinTLS: the command isn't offered or taken within TLS, where the connection couldn't begin again.
func TestXclientWithinTLS(t *testing.T) {
	w := serve(t, policy(t, defaultHub(), fromAnonymousGateway(anyRecipient())), withTester)
	c := w.asClient("ADDR=" + stranger)
	c.Do("EHLO client.example", 250)
	c.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	if text := c.Do("EHLO client.example", 250); strings.Contains(text, "XCLIENT") || !strings.Contains(text, "["+stranger+"]") {
		t.Errorf("EHLO: %q", text)
	}
	c.Do("XCLIENT ADDR="+gateway, 503)
}

// TestXclientBehindBalancer: the client that a balancer names may be a tester; the balancer's address makes none.
func TestXclientBehindBalancer(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		behindBalancer(s)
		s.XclientFrom = ranges(tester, balancer)
	})
	for from, code := range map[string]int{tester: 220, stranger: 500} {
		c := w.proxied(proxyHeader(t, 2, from+":4000", hub))
		c.Expect(220)
		c.Do("EHLO client.example", 250)
		c.Do("XCLIENT ADDR="+gateway, code)
	}
}

// TestXclientDestination: the connector is that of the address and port which the tester names.
func TestXclientDestination(t *testing.T) {
	r := defaultHub()
	r.Name, r.Bindings = "other", bindings("other", "192.0.2.99:2525").Bindings
	w := serve(t, policy(t, defaultHub(), r), withTester)
	c := w.asClient("ADDR=" + stranger + " DESTADDR=192.0.2.99 DESTPORT=2525")
	c.Do("QUIT", 221)
	w.waitFor("connector=other local=192.0.2.99:2525 remote=" + stranger)
	c = w.client(tester, hub)
	c.Do("EHLO tester", 250)
	c.SendRaw("XCLIENT DESTPORT=26\r\n")
	c.Closed() // no connector
}
