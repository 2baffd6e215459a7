package delivery_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// TestParameters has what a next hop hears of the client's parameters: those of the
// extensions that it offers.
func TestParameters(t *testing.T) {
	for _, tc := range []struct {
		offers string
		want   string // what the next hop hears, or the reply to the client
	}{
		{"250-8BITMIME\r\n250-SIZE 1000\r\n250-SMTPUTF8\r\n250 DSN\r\n",
			"MAIL FROM:<a@contoso.com> SIZE=46 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=e+2B1+20\r\n" +
				"RCPT TO:<b@fabrikam.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+3Db@fabrikam.com\r\n"},
		{"250-size\r\n250 dsn\r\n", "MAIL FROM:<a@contoso.com> SIZE=46 RET=FULL ENVID=e+2B1+20\r\n" +
			"RCPT TO:<b@fabrikam.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+3Db@fabrikam.com\r\n"},
		{"250 PIPELINING\r\n", "MAIL FROM:<a@contoso.com>\r\nRCPT TO:<b@fabrikam.com>\r\n"},
		{"250 SIZE 45\r\n", "552 5.3.4"},
		{"250 SIZE 46\r\n", "MAIL FROM:<a@contoso.com> SIZE=46\r\nRCPT TO:<b@fabrikam.com>\r\n"},
		{"250 SIZE 0\r\n", "MAIL FROM:<a@contoso.com> SIZE=46\r\nRCPT TO:<b@fabrikam.com>\r\n"}, // no limit (RFC 1870 section 4)
	} {
		w := newWorld(t, toHosts("192.0.2.1"))
		hop := w.hop("192.0.2.1:25", []string{"220 hop\r\n", ">EHLO", "250-hop\r\n" + tc.offers,
			">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"})
		env := newEnvelope()
		env.Body, env.UTF8, env.Return, env.EnvID = envelope.EightBitMIME, true, envelope.ReturnFull, "e+2B1+20"
		r := envelope.Recipient{To: routing.MustParseAddress("b@fabrikam.com"), Notify: envelope.NotifySuccess | envelope.NotifyDelay, ORcpt: "rfc822;b+3Db@fabrikam.com"}
		env.Size = int64(len(letter))
		tx := w.begin(env)
		got := said(t, tx.Rcpt(t.Context(), r))
		if got == "ok" {
			got = w.data(tx, letter)
		}
		if strings.HasPrefix(tc.want, "552") {
			expect(t, tc.offers, got, tc.want)
			continue
		}
		expect(t, tc.offers, got, "ok")
		_, heard, _ := strings.Cut(hop.String(), "\r\n")
		if heard, _, _ = strings.Cut(heard, "DATA"); heard != tc.want {
			t.Errorf("%s: hop heard %q, want %q", tc.offers, heard, tc.want)
		}
	}
}

// TestUTF8Addresses: an address that needs SMTPUTF8 doesn't go to a next hop
// without it, and no other mail suffers.
func TestUTF8Addresses(t *testing.T) {
	hop := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 8BITMIME\r\n", ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"}
	w := newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", hop)
	env := newEnvelope()
	env.UTF8 = true
	tx, got := w.rcpt(env, "m\u00fcller@fabrikam.com")
	expect(t, "alone", got[0], "550 5.6.7")
	tx.Close()

	w = newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", hop)
	env = newEnvelope()
	env.UTF8 = true
	tx, got = w.rcpt(env, "b@fabrikam.com", "m\u00fcller@fabrikam.com")
	expect(t, "second", got[1], "550 5.6.7")
	expect(t, "the first", w.data(tx, letter), "ok")
}

// TestAllRefused: recipients that are all refused hear it one by one, and the
// sender, or we, are asked about once only.
func TestAllRefused(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(relaytest.StageRcpt, "", "550 5.1.1 unknown")})
	tx, answers := w.rcpt(newEnvelope(), "b@fabrikam.com", "c@fabrikam.com")
	for _, got := range answers {
		expect(t, "recipient", got, "550 5.1.1 unknown")
	}
	expect(t, "message", w.data(tx, letter), "451 4.3.5")
	if n := len(sink.Messages()); n != 0 || sink.Connections() != 1 {
		t.Errorf("%d messages arrived over %d connections", n, sink.Connections())
	}
	for _, reply := range []string{"550 5.7.1 not you", "451 4.7.1 not now", "530 5.7.0 log on"} {
		for _, stage := range []relaytest.Stage{relaytest.StageConnect, relaytest.StageMail} {
			asked := 0
			w := newWorld(t, toHosts("192.0.2.1"))
			w.sink("192.0.2.1:25", &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
				if s != stage {
					return ""
				}
				asked++
				return reply
			}})
			tx, got := w.rcpt(newEnvelope(), "b@fabrikam.com", "c@fabrikam.com", "d@fabrikam.com")
			tx.Close()
			if got[0] == "ok" || got[0] != got[1] || got[1] != got[2] || asked != 1 {
				t.Errorf("%s at %s: asked %d times: %q", reply, stage, asked, got)
			}
		}
	}
}
