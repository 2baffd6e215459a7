package delivery_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// nextHop routes one recipient.
func (w *world) nextHop(to string) delivery.NextHop {
	w.t.Helper()
	hop, err := delivery.NextHopFor(w.policy, routing.MustParseAddress(to), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return hop
}

// attempt is one Send of letter; the result is each recipient's Outcome, and "hop"
// behind them if the next hop as a whole failed.
func (w *world) attempt(to ...string) []string {
	w.t.Helper()
	env := newEnvelope()
	for _, a := range to {
		env.To = append(env.To, envelope.Recipient{To: routing.MustParseAddress(a)})
	}
	return attemptOf(w, env, letter)
}

func attemptOf(w *world, env *relay.Envelope, body string) []string {
	w.t.Helper()
	outcomes, err := w.handOver(context.Background(), env.To[0].To.String(), env, strings.NewReader(body))
	if len(outcomes) != len(env.To) {
		w.t.Fatalf("%d outcomes for %d recipients", len(outcomes), len(env.To))
	}
	var got []string
	for _, o := range outcomes {
		got = append(got, told(w.t, o))
	}
	if err != nil {
		for i, o := range outcomes {
			if e := new(relay.Error); !errors.As(o.Err, &e) || e.Reply.Code >= 500 {
				w.t.Errorf("the hop failed (%v) and recipient %d has %s", err, i, got[i])
			}
		}
		got = append(got, "hop")
	}
	return got
}

// told returns an Outcome in one line: what it comes to, who said what.
func told(t *testing.T, o delivery.Outcome) string {
	t.Helper()
	return fmt.Sprintf("%s | %s | %s", said(t, o.Err), o.Host, o.Reply)
}

func TestSend(t *testing.T) {
	script := func(s relaytest.Stage, a string) string {
		switch {
		case s == relaytest.StageRcpt && a == "bad@fabrikam.com":
			return "550 5.1.1 unknown"
		case s == relaytest.StageRcpt && a == "grey@fabrikam.com":
			return "450 4.2.0 greylisted"
		}
		return ""
	}
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: script})
	got := w.attempt("b@fabrikam.com", "bad@fabrikam.com", "grey@fabrikam.com", "c@fabrikam.com")
	for i, want := range []string{
		"ok | 192.0.2.1 | 250 2.0.0 ",
		"550 5.1.1 unknown | 192.0.2.1 | 550 5.1.1 unknown",
		"451 4.2.0 greylisted | 192.0.2.1 | 450 4.2.0 greylisted",
		"ok | 192.0.2.1 | 250 2.0.0 ",
	} {
		expect(t, "mixture", got[i], want)
	}
	expect(t, "all refused", w.attempt("bad@fabrikam.com", "grey@fabrikam.com")[1], "451 4.2.0")
	expect(t, "one refused", w.attempt("bad@fabrikam.com")[0], "550 5.1.1")
	expect(t, "afterwards", w.attempt("d@fabrikam.com")[0], "ok")
	m := sink.Messages()
	if len(m) != 2 || strings.Join(m[0].To, " ") != "b@fabrikam.com c@fabrikam.com" || string(m[0].Data) != letter {
		t.Errorf("arrived: %v", m)
	}
	if n := sink.Connections(); n != 1 {
		t.Errorf("%d connections for 4 attempts, want 1", n)
	}
	if outcomes, err := w.handOver(t.Context(), "b@x.example", newEnvelope(), strings.NewReader(letter)); len(outcomes) != 0 || err != nil {
		t.Errorf("no recipients: %v, %v", outcomes, err)
	}
}

// TestWhereItWent: an Outcome tells the address and the TLS of the connection on which
// the recipient or the message was answered.
func TestWhereItWent(t *testing.T) {
	_, stranger := authority(t)
	certificate := issued(t, stranger, "mx.fabrikam.com")
	for _, sink := range []*relaytest.Sink{{}, {Certificate: &certificate}} {
		sink.Script = refuse(relaytest.StageRcpt, "bad@fabrikam.com", "550 5.1.1 unknown")
		w := newWorld(t, toHosts("mx.fabrikam.com"))
		w.dns.AddHost("mx.fabrikam.com", addr("192.0.2.1"))
		w.sink("192.0.2.1:25", sink)
		outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com", "bad@fabrikam.com"), strings.NewReader(letter))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if o.Host != "mx.fabrikam.com" || o.Addr != "192.0.2.1:25" || (o.TLS == tls.VersionTLS13) != (sink.Certificate != nil) {
				t.Errorf("%+v", o)
			}
		}
	}
	w := newWorld(t, toHosts("192.0.2.9"))
	outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com"), strings.NewReader(letter))
	if err == nil {
		t.Fatal("a message went nowhere, and that is no error")
	}
	if o := outcomes[0]; o.Addr != "" || o.TLS != 0 {
		t.Errorf("without a connection: %+v", o)
	}
}

func TestNextHop(t *testing.T) {
	partner, far := toHosts("192.0.2.1", "mx.partner.example"), byDNS()
	partner.Name, partner.AddressSpaces = "ToPartner", space("*.partner.example")
	partner.MaxMessageSize = 1 << 20
	far.Name, far.AddressSpaces, far.SourceTransportServers = "There", space("far.example"), []string{"far"}
	internet := byDNS()
	internet.Name, internet.AddressSpaces = "Internet", space("*.com")
	w := newWorld(t, partner, far, internet)
	hops := map[delivery.Key]string{}
	for to, want := range map[string]string{
		"a@contoso.com":         "Internet contoso.com",
		"b@CONTOSO.com":         "Internet contoso.com",
		"a@fabrikam.com":        "Internet fabrikam.com",
		"a@partner.example":     "ToPartner [192.0.2.1],mx.partner.example",
		"a@sub.partner.example": "ToPartner [192.0.2.1],mx.partner.example",
		"a@far.example":         "There via far.contoso.com",
	} {
		hop := w.nextHop(to)
		if hop.String() != want {
			t.Errorf("%s goes to %q, want %q", to, hop, want)
		}
		if was, ok := hops[hop.Key()]; ok && was != want {
			t.Errorf("%q and %q have one key", was, want)
		}
		hops[hop.Key()] = want
	}
	if len(hops) != 4 {
		t.Errorf("%d keys, want 4", len(hops))
	}
	again, err := connector.Compile(w.policy.Config())
	if err != nil {
		t.Fatal(err)
	}
	if hop, err := delivery.NextHopFor(again, routing.MustParseAddress("a@contoso.com"), 0); err != nil || hops[hop.Key()] != "Internet contoso.com" {
		t.Errorf("under the next policy: %v, %v", hop, err)
	}

	_, err = delivery.NextHopFor(w.policy, routing.MustParseAddress("a@nowhere.example"), 0)
	expect(t, "unreachable", said(t, err), "451 4.4.4")
	if !errors.Is(err, delivery.ErrUnreachable) {
		t.Errorf("%v is not ErrUnreachable", err)
	}
	_, err = delivery.NextHopFor(w.policy, routing.MustParseAddress("a@partner.example"), 2<<20)
	expect(t, "too large", said(t, err), "5")
	if errors.Is(err, delivery.ErrUnreachable) {
		t.Errorf("%v is ErrUnreachable", err)
	}
	var nowhere delivery.NextHop
	env := newEnvelope()
	env.To = []envelope.Recipient{{To: routing.MustParseAddress("a@contoso.com")}}
	outcomes, err := w.sender.Send(t.Context(), nowhere, &env.Envelope, env.To, strings.NewReader(letter))
	if err != nil || len(outcomes) != 1 || nowhere.String() != "nowhere" {
		t.Fatalf("nowhere: %v, %v", outcomes, err)
	}
	expect(t, "nowhere", told(t, outcomes[0]), "451 4.3.5")
}

// TestSendNowhere has hops without a host that answers: trouble of the next hop, or
// the end of the recipient.
func TestSendNowhere(t *testing.T) {
	required := byDNS()
	required.Name, required.AddressSpaces, required.RequireTLS = "secure", space("secure.example"), true
	w := newWorld(t, byDNS(), required)
	w.dns.AddMX("null.example", 0, ".")
	w.dns.AddMX("loop.example", 10, "hub.contoso.com.")
	w.dns.Fail("broken.example", errors.New("server failure"))
	for _, name := range []string{"dead.example", "no554.example", "secure.example"} {
		w.dns.AddMX(name, 10, "mx."+name+".")
	}
	w.dns.AddHost("mx.dead.example", addr("192.0.2.9"))
	w.dns.AddHost("mx.no554.example", addr("192.0.2.1"))
	w.dns.AddHost("mx.secure.example", addr("192.0.2.2"))
	w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(relaytest.StageConnect, "", "554 5.3.2 no mail here")})
	w.sink("192.0.2.2:25", &relaytest.Sink{})
	for _, tc := range []struct {
		to, want string
		hop      bool
	}{
		{"b@unknown.example", "550 5.1.2 Recipient domain does not exist |  | ", false},
		{"b@null.example", "556 5.1.10 ", false},
		{"b@loop.example", "554 5.4.6 ", false},
		{"b@broken.example", "451 4.4.3 ", true},
		{"b@dead.example", "451 4.4.1 Next hop could not be reached |  | ", true},
		{"b@no554.example", "451 4.4.0 no mail here | mx.no554.example | 554 5.3.2 no mail here", true},
		{"b@secure.example", "451 4.7.0 Next hop refused or lacks security that is required | mx.secure.example | ", true},
	} {
		got := w.attempt(tc.to)
		expect(t, tc.to, got[0], tc.want)
		if failed := len(got) > 1; failed != tc.hop {
			t.Errorf("%s: the hop as a whole failed: %t", tc.to, failed)
		}
	}
}

// TestSendOfMessages has messages that can't go, whatever the next hop is like.
func TestSendOfMessages(t *testing.T) {
	broken := errors.New("disk failure")
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: []string{"8BITMIME", "SMTPUTF8", "CHUNKING"}})
	for _, tc := range []struct {
		name, want string
		env        relay.Envelope
		body       io.Reader
	}{
		{"bare LF", "550 5.6.11 ", relay.Envelope{}, strings.NewReader("A: b\r\n\r\nx\ny\r\n")},
		{"signed and 8 bit", "554 5.6.3 ", relay.Envelope{Envelope: envelope.Envelope{Body: envelope.EightBitMIME}}, strings.NewReader(signed)},
		{"encrypted and binary", "554 5.6.3 ", relay.Envelope{Envelope: envelope.Envelope{Body: envelope.BinaryMIME}}, strings.NewReader("Content-Type: application/pkcs7-mime\r\n\r\n0\x00")},
		{"UTF-8", "550 5.6.7 ", relay.Envelope{Envelope: envelope.Envelope{UTF8: true}}, strings.NewReader("A: \u00fc\r\n\r\nx\r\n")},
		{"too large", "552 5.3.4 ", relay.Envelope{Envelope: envelope.Envelope{Size: 1 << 40}}, strings.NewReader(letter + strings.Repeat("x\r\n", 1<<16))},
		{"header too large", "552 5.3.4 ", relay.Envelope{}, strings.NewReader(strings.Repeat("A: b\r\n", 4<<20))},
		{"unreadable", "451 4.3.0 ", relay.Envelope{}, iotest.ErrReader(broken)},
		{"unreadable in the middle", "451 4.3.0 ", relay.Envelope{},
			io.MultiReader(strings.NewReader(letter+strings.Repeat("x\r\n", 1<<16)), iotest.ErrReader(&relay.Error{Reply: reply.Reply{Code: 250}}))},
	} {
		env := tc.env
		env.From, env.To = newEnvelope().From, envelopeTo("b@fabrikam.com", "c@fabrikam.com").To
		outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", &env, tc.body)
		if err != nil {
			t.Errorf("%s: the hop as a whole failed: %v", tc.name, err)
		}
		for _, o := range outcomes {
			expect(t, tc.name, told(t, o), tc.want)
		}
	}
	if n := len(sink.Messages()); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
	expect(t, "afterwards", w.attempt("b@fabrikam.com")[0], "ok")
}

// TestSendManyRecipients: more than the buffers hold of commands or answers.
func TestSendManyRecipients(t *testing.T) {
	for _, omit := range [][]string{nil, {"PIPELINING"}} {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: omit, Script: func(s relaytest.Stage, a string) string {
			if s == relaytest.StageRcpt && strings.HasPrefix(a, "r9") {
				return "550 5.1.1 " + strings.Repeat("unknown ", 20)
			}
			return ""
		}})
		var to []string
		for i := range 5000 {
			to = append(to, fmt.Sprintf("r%d@%s.example", i, strings.Repeat("long", 10)))
		}
		refused := 0
		for i, got := range w.attempt(to...) {
			bad := strings.HasPrefix(to[i], "r9")
			if bad {
				refused++
			}
			if bad != strings.HasPrefix(got, "550 5.1.1 unknown") || !bad && !strings.HasPrefix(got, "ok") {
				t.Fatalf("%s: %s", to[i], got)
			}
		}
		if m := sink.Messages(); len(m) != 1 || len(m[0].To) != len(to)-refused {
			t.Errorf("without %s %d messages arrived", omit, len(m))
		}
	}
}

// TestSendUTF8Recipients: who has an address that the next hop can't be told is
// refused alone.
func TestSendUTF8Recipients(t *testing.T) {
	for _, omit := range []string{"", "PIPELINING"} {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: []string{"SMTPUTF8", omit}})
		got := w.attempt("m\u00fcller@fabrikam.com", "b@fabrikam.com")
		expect(t, "UTF-8", got[0], "550 5.6.7 Next hop doesn't support SMTPUTF8 | 192.0.2.1 | ")
		expect(t, "ASCII", got[1], "ok")
		expect(t, "UTF-8 alone", w.attempt("m\u00fcller@fabrikam.com")[0], "550 5.6.7")
		expect(t, "afterwards", w.attempt("b@fabrikam.com")[0], "ok")
		if m := sink.Messages(); len(m) != 2 || len(m[0].To) != 1 {
			t.Errorf("arrived: %v", m)
		}
	}
}

// TestSendDSN: what the sender asked of reports goes to a next hop that makes them,
// and the Outcome tells whether it did.
func TestSendDSN(t *testing.T) {
	for _, omit := range [][]string{nil, {"DSN"}} {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{Omit: omit, Script: refuse(relaytest.StageRcpt, "c@fabrikam.com", "550 5.1.1 no")})
		env := envelopeTo("b@fabrikam.com", "c@fabrikam.com")
		env.Return, env.EnvID = envelope.ReturnHeader, "id+2B1"
		env.To[0].Notify, env.To[0].ORcpt = envelope.NotifySuccess|envelope.NotifyDelay, "rfc822;b+2B@fabrikam.com"
		outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", env, strings.NewReader(letter))
		if err != nil || outcomes[0].DSN != (omit == nil) || outcomes[1].DSN {
			t.Errorf("without %s: %+v, %v", omit, outcomes, err)
		}
		m := sink.Messages()[0]
		mail, rcpt := "SIZE=46 RET=HDRS ENVID=id+2B1", "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2B@fabrikam.com"
		if omit != nil {
			mail, rcpt = "SIZE=46", ""
		}
		if m.MailParams != mail || m.RcptParams[0] != rcpt {
			t.Errorf("without %s the hop heard %q and %q", omit, m.MailParams, m.RcptParams)
		}
	}
}

// TestSendPipelines: a short message to one recipient leaves in two writes, and
// one to several in three.
func TestSendPipelines(t *testing.T) {
	for to, want := range map[string]int{"b@fabrikam.com": 2, "b@fabrikam.com c@fabrikam.com": 3} {
		w := newWorld(t, toHosts("192.0.2.1"))
		w.sink("192.0.2.1:25", &relaytest.Sink{})
		writes := 0
		dial := w.sender.Dial
		w.sender.Dial = func(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
			c, err := dial(ctx, from, to)
			return &counted{c, &writes}, err
		}
		for range 2 { // the second one on a kept connection
			writes = 0
			expect(t, to, w.attempt(strings.Fields(to)...)[0], "ok")
		}
		if writes != want {
			t.Errorf("to %s: %d writes, want %d", to, writes, want)
		}
	}
}

// counted counts what is written.
type counted struct {
	net.Conn
	writes *int
}

func (c *counted) Write(p []byte) (int, error) {
	*c.writes++
	return c.Conn.Write(p)
}
