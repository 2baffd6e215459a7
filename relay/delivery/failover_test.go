package delivery_test

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestSecureSmartHostsFailOver has trouble at STARTTLS and AUTH. In whatever
// order the hosts are tried, the good one gets the message.
func TestSecureSmartHostsFailOver(t *testing.T) {
	trusted, _ := authority(t)
	good, wrong := issued(t, trusted, "192.0.2.2"), issued(t, trusted, "192.0.2.7")
	own := issued(t, trusted, "192.0.2.1")
	users := map[string]string{"hub": password}
	for name, bad := range map[string]*relaytest.Sink{
		"STARTTLS not offered":   {Users: users, InsecureAuth: true},
		"wrong certificate":      {Users: users, Certificate: &wrong},
		"AUTH not offered":       {Certificate: &own},
		"AUTH 454":               {Users: users, Certificate: &own, Script: refuse(relaytest.StageAuth, "", "454 4.7.0 not now")},
		"AUTH 535":               {Users: map[string]string{"hub": "other"}, Certificate: &own},
		"dropped after the EHLO": {Users: users, Certificate: &own, Script: refuse(relaytest.StageAuth, "", relaytest.Drop)},
	} {
		s := credentialed("192.0.2.1", auth.BasicAuthRequireTLS)
		s.SmartHosts = append(s.SmartHosts, toHosts("192.0.2.2").SmartHosts...)
		w := newWorld(t, s)
		w.sender.RootCAs = trusted.Pool()
		w.sink("192.0.2.1:25", bad)
		sink := w.sink("192.0.2.2:25", &relaytest.Sink{Users: users, Certificate: &good})
		for range 4 {
			expect(t, name, w.send("b@fabrikam.com"), "ok")
		}
		if n := len(sink.Messages()); n != 4 || len(bad.Messages()) != 0 {
			t.Errorf("%s: %d messages at the good host, want 4, and %d at the bad one", name, n, len(bad.Messages()))
		}
	}
}

// TestSilentHostsFailOver: neither a host that doesn't answer the call nor one
// that says nothing then takes the time that the next one needs.
func TestSilentHostsFailOver(t *testing.T) {
	for range 8 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2", "192.0.2.3"))
			w.sender.SetTimeouts(smtpclient.Timeouts{}) // those of RFC 5321, minutes
			w.net.Silence(netip.MustParseAddrPort("192.0.2.1:25"))
			w.hop("192.0.2.2:25", []string{})
			w.sink("192.0.2.3:25", &relaytest.Sink{})
			expect(t, "send", w.send("b@fabrikam.com"), "ok")
		})
	}
}

// TestExchangersFailOver has trouble that the best exchanger makes only when it is
// given a message. The next one gets it, and is asked first from then on.
func TestExchangersFailOver(t *testing.T) {
	for _, tc := range []struct {
		stage relaytest.Stage
		reply string
	}{
		{relaytest.StageMail, "421 4.3.2 shutting down"},
		{relaytest.StageMail, "432 4.3.2 too much at once"},
		{relaytest.StageMail, "452 4.3.1 no space"},
		{relaytest.StageMail, "530 5.7.0 log on"},
		{relaytest.StageMail, relaytest.Close},
		{relaytest.StageRcpt, "421 4.7.0 bye"},
		{relaytest.StageRcpt, relaytest.Close},
	} {
		for name, send := range map[string]func(*world) string{
			"from the queue":    func(w *world) string { return w.send("b@fabrikam.com") },
			"with a client":     func(w *world) string { return w.relay("b@fabrikam.com") },
			"to a smart host's": func(w *world) string { return w.send("b@elsewhere.example") },
		} {
			host := toHosts("fabrikam.com")
			host.AddressSpaces = space("elsewhere.example")
			w := newWorld(t, byDNS(), host)
			w.dns.AddMX("fabrikam.com", 10, "one.fabrikam.com.")
			w.dns.AddMX("fabrikam.com", 20, "two.fabrikam.com.")
			w.dns.AddHost("one.fabrikam.com", addr("192.0.2.1"))
			w.dns.AddHost("two.fabrikam.com", addr("192.0.2.2"))
			bad := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(tc.stage, "", tc.reply)})
			good := w.sink("192.0.2.2:25", &relaytest.Sink{})
			for range 3 {
				expect(t, tc.reply+", "+name, send(w), "ok")
				w.sender.DropIdle()
			}
			if n := bad.Connections(); n != 1 || len(good.Messages()) != 3 {
				t.Errorf("%s, %s: the first exchanger was called %d times, want 1; the other has %d messages, want 3", tc.reply, name, n, len(good.Messages()))
			}
		}
	}
}

// TestCrowdedHost: a host that takes no more now isn't asked again at its other addresses,
// for they are one.
func TestCrowdedHost(t *testing.T) {
	w := newWorld(t, toHosts("gw.fabrikam.com"))
	w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"), addr("192.0.2.2"), addr("192.0.2.3"))
	n := 0
	for _, at := range []string{"192.0.2.1:25", "192.0.2.2:25", "192.0.2.3:25"} {
		w.sink(at, &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
			if s != relaytest.StageMail {
				return ""
			}
			n++
			return "432 4.3.2 concurrent connections limit exceeded"
		}})
	}
	expect(t, "send", w.send("b@fabrikam.com"), "451 4.3.2")
	if n != 1 {
		t.Errorf("it was asked %d times, want once", n)
	}
}

// TestLostAtDATA: who loses the connection when a message is to come is asked last.
func TestLostAtDATA(t *testing.T) {
	w := newWorld(t, byDNS())
	w.dns.AddMX("fabrikam.com", 10, "one.fabrikam.com.")
	w.dns.AddMX("fabrikam.com", 20, "two.fabrikam.com.")
	w.dns.AddHost("one.fabrikam.com", addr("192.0.2.1"))
	w.dns.AddHost("two.fabrikam.com", addr("192.0.2.2"))
	w.sink("192.0.2.1:25", &relaytest.Sink{Omit: []string{"PIPELINING"}, Script: refuse(relaytest.StageDataInit, "", relaytest.Close)})
	w.sink("192.0.2.2:25", &relaytest.Sink{})
	expect(t, "the first time", w.send("b@fabrikam.com"), "451 4.4.2")
	expect(t, "the second time", w.send("b@fabrikam.com"), "ok")
}

// TestDeadExchangersHideNone: however many addresses are dead, those behind them are
// called once that is known.
func TestDeadExchangersHideNone(t *testing.T) {
	w := newWorld(t, byDNS())
	for i := range 12 {
		name := string(rune('a'+i)) + ".fabrikam.com"
		w.dns.AddMX("fabrikam.com", uint16(i), name)
		w.dns.AddHost(name, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		w.dns.AddMX("fabrikam.com", uint16(i), "again."+name) // the same host
		w.dns.AddHost("again."+name, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
	}
	w.sink("192.0.2.11:25", &relaytest.Sink{})
	var said []string
	for range 3 {
		said = append(said, w.send("b@fabrikam.com")[:2])
	}
	if got := strings.Join(said, " "); got != "45 45 ok" {
		t.Errorf("%s, want five dead addresses called at a time, then the one that answers", got)
	}
}

// TestEqualsMayTakeMore: a smart host that is too small for a message, or has no
// SMTPUTF8, is no reason to refuse it while an equal may take it.
func TestEqualsMayTakeMore(t *testing.T) {
	for name, tc := range map[string]struct {
		less *relaytest.Sink
		to   string
		want string // when there is no other
	}{
		"SIZE":              {&relaytest.Sink{MaxSize: 20}, "b@fabrikam.com", "552 5.3.4"},
		"SMTPUTF8":          {&relaytest.Sink{Omit: []string{"SMTPUTF8"}}, "jos\u00e9@fabrikam.com", "550 5.6.7"},
		"SIZE, by a client": {&relaytest.Sink{MaxSize: 20}, "b@fabrikam.com", "552 5.3.4"},
	} {
		send := (*world).send
		if strings.HasSuffix(name, "by a client") {
			send = (*world).relay
		}
		w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2"))
		w.sink("192.0.2.1:25", tc.less)
		more := w.sink("192.0.2.2:25", &relaytest.Sink{})
		for range 8 { // in any order
			expect(t, name, send(w, tc.to), "ok")
		}
		more.Close()
		w.sender.DropIdle()
		expect(t, name+", its equal is away", send(w, tc.to), "451 4.4.1")

		w = newWorld(t, toHosts("192.0.2.1", "192.0.2.2"))
		w.sink("192.0.2.1:25", tc.less)
		w.sink("192.0.2.2:25", &relaytest.Sink{MaxSize: tc.less.MaxSize, Omit: tc.less.Omit})
		expect(t, name+", its equal is no better", send(w, tc.to), tc.want)
	}
}

// TestRefusalsStay: what a host says about the transaction is its word for all.
func TestRefusalsStay(t *testing.T) {
	for _, tc := range []struct {
		stage       relaytest.Stage
		reply, want string
	}{
		{relaytest.StageMail, "550 5.7.1 not you", "550 5.7.1"},
		{relaytest.StageMail, "451 4.3.0 later", "451 4.3.0"},
		{relaytest.StageRcpt, "550 5.1.1 unknown", "550 5.1.1"},
		{relaytest.StageRcpt, "450 4.2.0 greylisted", "451 4.2.0"},
		{relaytest.StageData, "554 5.7.1 spam", "554 5.7.1"},
		{relaytest.StageData, relaytest.Drop, "451 4.4.2"}, // it may have the message
	} {
		w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2"))
		one := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(tc.stage, "", tc.reply)})
		two := w.sink("192.0.2.2:25", &relaytest.Sink{Script: refuse(tc.stage, "", tc.reply)})
		expect(t, string(tc.stage), w.send("b@fabrikam.com"), tc.want)
		if n := one.Connections() + two.Connections(); n != 1 {
			t.Errorf("%s %s: %d hosts were called, want 1", tc.stage, tc.reply, n)
		}
	}
}

// TestExchangersInOrder: the best preference first, equals in any order, an
// alias (CNAME) as good as a host, for it is the resolver's business.
func TestExchangersInOrder(t *testing.T) {
	s := byDNS()
	s.SmtpMaxMessagesPerConnection = 1
	w := newWorld(t, s)
	w.dns.AddMX("fabrikam.com", 20, "c.example.")
	w.dns.AddMX("fabrikam.com", 10, "a.example.")
	w.dns.AddMX("fabrikam.com", 10, "b.example.")
	var sinks []*relaytest.Sink
	for i, host := range []string{"a.example", "b.example", "c.example"} {
		at := netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})
		w.dns.AddHost(host, at)
		sinks = append(sinks, w.sink(at.String()+":25", &relaytest.Sink{}))
	}
	for range 64 { // all to one of two: once in 2^63 runs
		expect(t, "send", w.send("b@fabrikam.com"), "ok")
	}
	if a, b, c := len(sinks[0].Messages()), len(sinks[1].Messages()), len(sinks[2].Messages()); a == 0 || b == 0 || c != 0 {
		t.Errorf("%d, %d and %d messages", a, b, c)
	}
}

func TestForceHELO(t *testing.T) {
	script := []string{"220 hop\r\n", ">HELO", "250-hop\r\n250-STARTTLS\r\n250 AUTH LOGIN\r\n", ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"}
	s := toHosts("192.0.2.1")
	s.ForceHELO, s.Fqdn = true, "out.contoso.com"
	w := newWorld(t, s)
	hop := w.hop("192.0.2.1:25", script)
	expect(t, "plain", w.send("b@fabrikam.com"), "ok")
	if h := hop.String(); !strings.HasPrefix(h, "HELO out.contoso.com\r\nMAIL FROM:<a@contoso.com>\r\n") {
		t.Errorf("hop heard %q", h)
	}

	// There is neither STARTTLS nor AUTH without EHLO, whatever the next hop says.
	s.RequireTLS = true
	basic := credentialed("192.0.2.1", auth.BasicAuth)
	basic.ForceHELO = true
	w = newWorld(t, s)
	w.hop("192.0.2.1:25", script)
	expect(t, "RequireTLS", w.send("b@fabrikam.com"), "451 4.7.0")
	w = newWorld(t, basic)
	w.hop("192.0.2.1:25", script)
	expect(t, "BasicAuth", w.send("b@fabrikam.com"), "451 4.7.0")
}

// TestLongMessageByDATA: lines of any length and bytes of any kind leave as they came, to
// a next hop that has no BDAT; TestLargeMessageIsUnchanged has one that has.
func TestLongMessageByDATA(t *testing.T) {
	body := "Subject: x\r\n\r\n" + strings.Repeat("\xfc", 100_000) + "\r\n.\r\n" + strings.Repeat(".\x00\xff", 20_000) + "\r\n"
	w := newWorld(t, toHosts("192.0.2.1"))
	hop := w.hop("192.0.2.1:25", []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250-8BITMIME\r\n250 PIPELINING\r\n",
		">RCPT", "250 ok\r\n250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"})
	tx, _ := w.rcpt(newEnvelope(), "b@x.example")
	expect(t, "send", w.data(tx, body), "ok")
	_, sent, _ := strings.Cut(hop.String(), "DATA\r\n")
	if want := strings.ReplaceAll(body, "\r\n.", "\r\n..") + ".\r\n"; sent != want {
		t.Errorf("hop heard %d bytes, want %d", len(sent), len(want))
	}
}
