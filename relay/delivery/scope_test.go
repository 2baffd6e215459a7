package delivery_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestUsedUpConnection: a refusal for now of a message that comes over a connection
// which was used before may be the connection's. It goes over a new one at once, and
// no other message gets the old one.
func TestUsedUpConnection(t *testing.T) {
	ehlo := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 SIZE\r\n"}
	whole := []string{">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"}
	cut := func(parts ...[]string) (all []string) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for stage, refuses := range map[string][]string{
		"MAIL":         {">MAIL", "452 4.4.5 maximum number of messages per session exceeded\r\n"},
		"MAIL 451":     {">MAIL", "451 4.7.1 enough on this connection\r\n"},
		"MAIL 421":     {">MAIL", "421 4.7.0 bye\r\n", "!close"},
		"RCPT":         {">MAIL", "250 ok\r\n", ">RCPT", "452 4.5.3 too many recipients in this session\r\n"},
		"DATA":         {">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "451 later\r\n"},
		"DATA, closed": {">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "!close"},
		"the message":  {">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "451 4.3.0 enough\r\n"},
	} {
		w := newWorld(t, toHosts("192.0.2.1"))
		hop := w.hop("192.0.2.1:25", cut(ehlo, whole, refuses), cut(ehlo, whole, whole))
		for range 3 {
			expect(t, stage, w.send("b@fabrikam.com"), "ok")
		}
		if n := strings.Count(hop.String(), "EHLO"); n != 2 {
			t.Errorf("%s: %d connections, want 2: %q", stage, n, hop)
		}

		// On a new connection the same is the next hop's word.
		w = newWorld(t, toHosts("192.0.2.1"))
		hop = w.hop("192.0.2.1:25", cut(ehlo, refuses))
		expect(t, stage+" of a new connection", w.send("b@fabrikam.com"), "45")
		if n := strings.Count(hop.String(), "MAIL"); n != 1 {
			t.Errorf("%s: asked %d times: %q", stage, n, hop)
		}
	}
}

// TestGoodConnectionStays: what a next hop says of a mailbox, or for good, says nothing
// of the connection; and SmtpMaxMessagesPerConnection counts what was refused.
func TestGoodConnectionStays(t *testing.T) {
	for reply, want := range map[string]int{"550 5.1.1 unknown": 1, "450 4.2.1 over quota": 1, "451 4.7.1 not now": 5} {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(relaytest.StageRcpt, "", reply)})
		for range 5 {
			expect(t, reply, w.send("b@fabrikam.com"), reply[:1])
		}
		if n := sink.Connections(); n != want {
			t.Errorf("%s: %d connections, want %d", reply, n, want)
		}
	}
	s := toHosts("192.0.2.1")
	s.SmtpMaxMessagesPerConnection = 2
	w := newWorld(t, s)
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(relaytest.StageRcpt, "", "550 5.1.1 unknown")})
	for range 6 {
		expect(t, "refused", w.send("b@fabrikam.com"), "550")
	}
	if n := sink.Connections(); n != 3 {
		t.Errorf("%d connections for 6 refused messages, want 3", n)
	}
}

// TestWhoIsAtFault has refusals and what they concern: the next hop as a whole, which
// then rests, or the message.
func TestWhoIsAtFault(t *testing.T) {
	for _, tc := range []struct {
		stage       relaytest.Stage
		reply, want string
		hop         bool
	}{
		{relaytest.StageConnect, "554 5.7.1 blocked", "451 4.4.0 blocked", true},
		{relaytest.StageConnect, "521 5.3.2 no mail", "451 4.4.0 no mail", true},
		{relaytest.StageConnect, "420 what", "451 4.4.0 what", true},
		{relaytest.StageHello, "550 5.7.1 who are you", "451 4.4.0 who are you", true},
		{relaytest.StageHello, "451 4.7.1 later", "451 4.7.1 later", true},
		{relaytest.StageMail, "530 5.7.57 log on", "451 4.7.0", true},
		{relaytest.StageMail, "535 5.7.8 log on again", "451 4.7.0", true},
		{relaytest.StageMail, "421 4.4.2 bye", "451 4.4.2 bye", true},
		{relaytest.StageMail, "451 4.3.2 not now", "451 4.3.2 not now", true},
		{relaytest.StageMail, "450 too many connections from you", "451 4.4.0 too many", true},
		{relaytest.StageMail, "452 4.3.1 Insufficient system resources", "451 4.3.1", true},
		{relaytest.StageMail, "452 no space", "451 4.4.0 no space", true},
		{relaytest.StageMail, "452 4.2.2 your own mailbox is full", "451 4.2.2", false},
		{relaytest.StageMail, "421 4.7.0 too many sessions", "451 4.7.0", true},
		{relaytest.StageMail, "451 4.7.0 number of simultaneous transfers exceeded", "451 4.7.0", true},
		{relaytest.StageDataInit, "454 Throttling failure: Maximum sending rate exceeded.", "451 4.4.0", true},
		{relaytest.StageMail, "451 4.1.8 sender's domain", "451 4.1.8", false},
		{relaytest.StageMail, "571 5.7.1 not you", "571 5.7.1 not you", false},
		{relaytest.StageRcpt, "421 4.7.0 too many errors", "451 4.7.0", false},
		{relaytest.StageRcpt, "450 4.3.2 not now", "451 4.3.2", true},
		{relaytest.StageRcpt, "452 4.2.2 full", "452 4.2.2 full", false},
		{relaytest.StageRcpt, "552 5.2.2 mailbox full", "552 5.2.2 mailbox full", false},
		{relaytest.StageRcpt, "552 exceeded storage allocation", "552 0.0.0 exceeded storage", false},
		{relaytest.StageDataInit, "432 4.3.2 concurrent connections limit exceeded", "451 4.3.2", true},
		{relaytest.StageData, "432 4.3.2 sender thread limit exceeded", "451 4.3.2", true},
		{relaytest.StageData, "452 4.3.1 disk full", "451 4.3.1", false},
		{relaytest.StageData, "577 5.7.1 spam", "577 5.7.1 spam", false},
	} {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(tc.stage, "", tc.reply)})
		got := w.attempt("b@fabrikam.com")
		name := fmt.Sprintf("%s at %s", tc.reply, tc.stage)
		expect(t, name, got[0], tc.want)
		if !strings.HasSuffix(got[0], " | 192.0.2.1 | "+tc.reply) {
			t.Errorf("%s: the hop's words are lost: %s", name, got[0])
		}
		if hop := len(got) > 1; hop != tc.hop {
			t.Errorf("%s: the hop as a whole failed: %t, want %t", name, hop, tc.hop)
		}
		if n := len(sink.Messages()); n != 0 {
			t.Errorf("%s: %d messages arrived", name, n)
		}
	}
}

// TestTooManyOrFull: 452 and 552 say that one recipient was too many only where some
// were accepted before and no status says otherwise.
func TestTooManyOrFull(t *testing.T) {
	for reply, want := range map[string]string{
		"452":                   "452 4.5.3",
		"552":                   "452 4.5.3",
		"552 too many":          "452 4.5.3 too many",
		"552 5.5.3 too many":    "452 4.5.3 too many",
		"452 4.2.2 full":        "452 4.2.2 full",
		"552 5.2.2 full":        "552 5.2.2 full",
		"552 5.7.1 not by size": "552 5.7.1 not by size",
	} {
		for _, omit := range [][]string{nil, {"PIPELINING"}} {
			w := newWorld(t, toHosts("192.0.2.1"))
			w.sink("192.0.2.1:25", &relaytest.Sink{Omit: omit, Script: refuse(relaytest.StageRcpt, "c@fabrikam.com", reply)})
			expect(t, reply, w.send("b@fabrikam.com", "c@fabrikam.com"), want)
			expect(t, reply+", a client waits", w.relay("b@fabrikam.com", "c@fabrikam.com"), want)
		}
	}
}

// TestTooManyErrors: a next hop that hangs up after some unknown recipients has said
// what is to be said of those. The others are asked about without them.
func TestTooManyErrors(t *testing.T) {
	for _, end := range []string{"421 4.7.0 too many errors", relaytest.Close, relaytest.Raw("what?\r\n")} {
		for _, omit := range [][]string{nil, {"PIPELINING"}} {
			w := newWorld(t, toHosts("192.0.2.1"))
			errors := 0
			sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: omit, Script: func(s relaytest.Stage, to string) string {
				switch {
				case s == relaytest.StageMail:
					errors = 0
				case s == relaytest.StageRcpt && strings.HasPrefix(to, "x"):
					if errors++; errors > 2 {
						return end
					}
					return "550 5.1.1 unknown"
				}
				return ""
			}})
			to := []string{"x1@fabrikam.com", "b@fabrikam.com", "x2@fabrikam.com", "x3@fabrikam.com", "c@fabrikam.com"}
			got := w.attempt(to...)
			for i, want := range []string{"550 5.1.1", "45", "550 5.1.1", "45", "45"} {
				expect(t, end+", "+to[i], got[i], want)
			}
			got = w.attempt("b@fabrikam.com", "x3@fabrikam.com", "c@fabrikam.com")
			for i, want := range []string{"ok", "550 5.1.1", "ok"} {
				expect(t, end+", the next attempt", got[i], want)
			}
			if n := len(sink.Messages()); n != 1 {
				t.Errorf("%s: %d messages arrived, want 1", end, n)
			}
		}
	}
}

// TestSendMaxMessageSize: the limit of a Send connector, or of all, holds whatever the
// client declares. Nothing of a message that is larger is passed on.
func TestSendMaxMessageSize(t *testing.T) {
	large := letter + strings.Repeat(strings.Repeat("x", 98)+"\r\n", 2000)
	own, org := toHosts("192.0.2.1"), toHosts("192.0.2.1")
	own.MaxMessageSize = 100_000
	org.MaxMessageSize = param.UnlimitedSize
	for name, cfg := range map[string]connector.Config{
		"MaxMessageSize": {Send: []connector.Send{own}},
		"MaxSendSize":    {Send: []connector.Send{org}, Transport: connector.Transport{MaxSendSize: 100_000}},
	} {
		for _, omit := range [][]string{nil, {"CHUNKING"}} {
			for _, declared := range []int64{0, 1000} {
				w := worldOf(t, cfg)
				sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: omit})
				env := newEnvelope()
				env.Size = declared
				tx, got := w.rcpt(env, "b@fabrikam.com")
				expect(t, name, got[0], "ok")
				expect(t, name+", a client waits", w.data(tx, large), "552 5.3.4")
				env = envelopeTo("b@fabrikam.com")
				env.Size = declared
				expect(t, name+", from the queue", attemptOf(w, env, large)[0], "552 5.3.4")
				expect(t, name+", small", w.relay("b@fabrikam.com"), "ok")
				if n := len(sink.Messages()); n != 1 {
					t.Errorf("%s: %d messages arrived, want the small one", name, n)
				}
				env.Report = true
				expect(t, name+", a report generated here", attemptOf(w, env, large)[0], "ok")
			}
		}
	}
}

// TestLostWhileWaiting: a next hop that hangs up while the client still sends its
// message is called again, and gets it once.
func TestLostWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ehlo := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 PIPELINING\r\n"}
		w := newWorld(t, toHosts("192.0.2.1"))
		hop := w.hop("192.0.2.1:25", append(ehlo[:3:3], ">RCPT", "250 ok\r\n250 ok\r\n", "!close"),
			append(ehlo[:3:3], ">DATA", "250 ok\r\n250 ok\r\n354 go\r\n", ">.\r\n", "250 ok\r\n"))
		tx, got := w.rcpt(newEnvelope(), "b@fabrikam.com")
		expect(t, "RCPT", got[0], "ok")
		synctest.Wait()
		expect(t, "message", w.data(tx, letter), "ok")
		if s := hop.String(); strings.Count(s, "Subject") != 1 || strings.Count(s, "MAIL") != 2 {
			t.Errorf("hop heard %q", s)
		}
	})
}

// TestCauses: an Outcome tells what was found where the next hop said nothing.
func TestCauses(t *testing.T) {
	trusted, stranger := authority(t)
	unknown, other := issued(t, stranger, "gw.fabrikam.com"), issued(t, trusted, "mx.example")
	for _, tc := range []struct {
		name, want string
		send       connector.Send
		sink       *relaytest.Sink
	}{
		{"no listener", "gw.fabrikam.com: 192.0.2.1:25: connection refused", toHosts("gw.fabrikam.com"), nil},
		{"no such name", "no such host", toHosts("nowhere.example"), nil},
		{"it hangs up", "gw.fabrikam.com: MAIL: the next hop closed the connection", toHosts("gw.fabrikam.com"),
			&relaytest.Sink{Script: refuse(relaytest.StageMail, "", relaytest.Close)}},
		{"it talks rubbish", `gw.fabrikam.com: EHLO: malformed reply: "HTTP/1.1`, toHosts("gw.fabrikam.com"),
			&relaytest.Sink{Script: refuse(relaytest.StageHello, "", relaytest.Raw("HTTP/1.1 400 Bad Request\r\n"))}},
		{"no TLS", "STARTTLS is required but not offered", level(param.EncryptionOnly, ""), &relaytest.Sink{}},
		{"a stranger's certificate", "certificate signed by unknown authority", level(param.CertificateValidation, ""), &relaytest.Sink{Certificate: &unknown}},
		{"another's certificate", "it doesn't name gw.fabrikam.com", level(param.DomainValidation, "gw.fabrikam.com"), &relaytest.Sink{Certificate: &other}},
	} {
		w := newWorld(t, tc.send)
		w.dns.AddHost("gw.fabrikam.com", addr("192.0.2.1"))
		w.sender.RootCAs = trusted.Pool()
		if tc.sink != nil {
			w.sink("192.0.2.1:25", tc.sink)
		}
		outcomes, err := w.handOver(t.Context(), "b@x.example", envelopeTo("b@x.example"), strings.NewReader(letter))
		if err == nil || outcomes[0].Reply != "" || !strings.Contains(outcomes[0].Cause, tc.want) {
			t.Errorf("%s: %v, %+v, want the cause %q", tc.name, err, outcomes, tc.want)
		}
	}
}
