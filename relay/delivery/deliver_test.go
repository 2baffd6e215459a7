package delivery_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

func TestDeliver(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	for range 3 {
		expect(t, "send", w.send("b@fabrikam.com"), "ok")
	}
	m := sink.Messages()
	if len(m) != 3 || m[0].From != "a@contoso.com" || m[0].To[0] != "b@fabrikam.com" || string(m[0].Data) != letter || m[0].Helo != "hub.contoso.com" {
		t.Errorf("arrived: %+v", m)
	}
	if n := sink.Connections(); n != 1 {
		t.Errorf("%d connections for 3 messages, want 1", n)
	}
	var events []event.Event
	w.sender.Events = []event.Reader{func(_ context.Context, e event.Event) { events = append(events, e) }}
	tx, _ := w.rcpt(newEnvelope(), "b@fabrikam.com", "c@fabrikam.com")
	defer tx.Close()
	receipt, err := tx.Deliver(t.Context(), strings.NewReader(letter))
	for i, to := range []string{"b@fabrikam.com", "c@fabrikam.com"} {
		if len(events) != 2 || events[i].Kind != event.Delivered || events[i].To.String() != to || events[i].ID != "id1" || events[i].NextHop != "out [192.0.2.1]" ||
			events[i].Host != "192.0.2.1" || events[i].Addr != "192.0.2.1:25" || !strings.HasPrefix(events[i].Reply, "250 ") {
			t.Errorf("events: %+v", events)
		}
	}
	expect(t, "send", said(t, err), "ok")
	if got := receipt.Result; !strings.HasPrefix(got, "out to 192.0.2.1 [192.0.2.1:25]: 250 ") {
		t.Errorf("delivered: %q", got)
	}
}

func TestLargeMessageIsUnchanged(t *testing.T) {
	body := letter + strings.Repeat("..\xfc"+strings.Repeat("long", 400)+"\r\n.\r\n", 100)
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	tx, _ := w.rcpt(newEnvelope(), "b@fabrikam.com", "c@fabrikam.com")
	expect(t, "send", w.data(tx, body), "ok")
	if m := sink.Messages(); len(m) != 1 || string(m[0].Data) != body || len(m[0].To) != 2 {
		t.Errorf("%d messages", len(m))
	}
}

func TestHeaderFirewall(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	tx, _ := w.rcpt(newEnvelope(), "b@fabrikam.com")
	expect(t, "send", w.data(tx, "junk\r\nX-MS-Exchange-Organization-SCL: -1\r\n"+letter), "ok")
	if got := string(sink.Messages()[0].Data); got != "junk\r\n"+letter {
		t.Errorf("arrived: %q", got)
	}
}

func TestSmartHostsFailOver(t *testing.T) {
	ehlo := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 PIPELINING\r\n"}
	for name, script := range map[string][]string{
		"greeting 4xx":   {"421 4.3.2 busy\r\n", "!close"},
		"greeting 5xx":   {"554 no\r\n", "!close"},
		"greeting reset": {"!close"},
		"EHLO 4xx":       {"220 hop\r\n", ">EHLO", "451 later\r\n"},
		"MAIL reset":     append(ehlo[:3:3], ">MAIL", "!close"),
		"MAIL 421":       append(ehlo[:3:3], ">DATA", "421 closing\r\n", "!close"),
		"garbage":        append(ehlo[:3:3], ">DATA", "what\r\n"),
	} {
		// In whatever order the hosts are tried, the good one gets the message.
		w := newWorld(t, toHosts("192.0.2.1", "192.0.2.2", "192.0.2.3"))
		w.hop("192.0.2.1:25", script, script)
		sink := w.sink("192.0.2.2:25", &relaytest.Sink{}) // and 192.0.2.3 refuses connections
		for range 4 {
			expect(t, name, w.send("b@fabrikam.com"), "ok")
		}
		if n := len(sink.Messages()); n != 4 {
			t.Errorf("%s: %d messages, want 4", name, n)
		}
	}
}

// TestRefusals has what the client hears.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		stage       relaytest.Stage
		reply, want string
	}{
		{relaytest.StageMail, "550 5.7.1 not you", "550 5.7.1 not you"},
		{relaytest.StageMail, "450 4.2.0 later", "451 4.2.0 later"},
		{relaytest.StageMail, "530 5.7.0 authenticate first", "451 4.7.0"},
		{relaytest.StageRcpt, "550 5.1.1 unknown", "550 5.1.1 unknown"},
		{relaytest.StageRcpt, "452 4.5.3 too many", "452 4.5.3 too many"},
		{relaytest.StageRcpt, "552 5.5.3 too many", "452 4.5.3 too many"},
		{relaytest.StageData, "554 5.7.1 spam", "554 5.7.1 spam"},
		{relaytest.StageData, "452 4.3.1 full", "451 4.3.1 full"},
		{relaytest.StageConnect, "554 5.7.1 go away", "451 4.4.0 go away"},
		{relaytest.StageConnect, "521 no mail here", "451 4.4.0 no mail here"},
		{relaytest.StageHello, "554 5.7.1 go away", "451 4.4.0 go away"},
		{relaytest.StageHello, "421 4.3.2 busy", "451 4.3.2 busy"},
		{relaytest.StageData, relaytest.Drop, "451 4.4.2"},
		{relaytest.StageRcpt, relaytest.Drop, "451 4.4.2"},
	} {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: refuse(tc.stage, "", tc.reply)})
		expect(t, string(tc.stage)+" "+tc.reply, w.send("b@fabrikam.com"), tc.want)
		if len(sink.Messages()) != 0 {
			t.Errorf("%s %s: the message arrived", tc.stage, tc.reply)
		}
	}
}

func TestHopTextIsMadePrintable(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 PIPELINING\r\n", ">DATA", "550 5.7.1 \x1b[31m\r250 ok\xff\r\n503 no\r\n503 no\r\n"})
	expect(t, "refusal", w.send("b@fabrikam.com"), "550 5.7.1 ?[31m?250 ok?")
	if log := w.log.String(); strings.ContainsAny(log, "\x1b\r") || strings.Contains(log, "\xff") {
		t.Errorf("log: %q", w.log.String())
	}
}

// TestUnexpectedSuccess: a 2xx that is no answer to the message delivers nothing.
func TestUnexpectedSuccess(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 PIPELINING\r\n", ">DATA", "250 ok\r\n250 ok\r\n250 delivered\r\n"})
	expect(t, "2xx to DATA", w.send("b@fabrikam.com"), "451 4.4.2")
}

func TestRecipients(t *testing.T) {
	script := refuse(relaytest.StageRcpt, "bad@fabrikam.com", "550 5.1.1 unknown")

	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: script})
	tx, got := w.rcpt(newEnvelope(), "b@fabrikam.com", "bad@fabrikam.com", "c@fabrikam.com")
	if got[0] != "ok" || got[2] != "ok" {
		t.Errorf("RCPT: %q", got)
	}
	expect(t, "the hop's own reply", got[1], "550 5.1.1 unknown")
	expect(t, "DATA", w.data(tx, letter), "ok")
	if m := sink.Messages(); len(m) != 1 || strings.Join(m[0].To, " ") != "b@fabrikam.com c@fabrikam.com" {
		t.Errorf("arrived: %+v", m)
	}

	tx, got = w.rcpt(newEnvelope(), "bad@fabrikam.com", "b@fabrikam.com", "c@fabrikam.com")
	expect(t, "first", got[0], "550 5.1.1 unknown")
	expect(t, "second", got[1], "ok")
	expect(t, "third", got[2], "ok")
	expect(t, "DATA", w.data(tx, letter), "ok")
	if m := sink.Messages(); len(m) != 2 || strings.Join(m[1].To, " ") != "b@fabrikam.com c@fabrikam.com" {
		t.Errorf("arrived: %+v", m)
	}
	if n := sink.Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestMixtureSendsNothing(t *testing.T) {
	// The connection is lost behind the recipients, and the new one knows one of them no more.
	ehlo := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 PIPELINING\r\n"}
	w := newWorld(t, toHosts("192.0.2.1"))
	hop := w.hop("192.0.2.1:25",
		append(ehlo[:3:3], ">RCPT TO:<b", "250 ok\r\n250 ok\r\n", ">RCPT TO:<c", "250 ok\r\n", ">RCPT TO:<d", "!close"),
		append(ehlo[:3:3], ">RCPT TO:<c", "250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n"))
	tx, got := w.rcpt(newEnvelope(), "b@fabrikam.com", "c@fabrikam.com", "d@fabrikam.com", "e@fabrikam.com")
	expect(t, "lost", got[2], "451 4.4.2")
	expect(t, "after it", got[3], "452 4.5.3")
	expect(t, "DATA", w.data(tx, letter), "451 4.5.3")
	if strings.Contains(hop.String(), "DATA") {
		t.Errorf("hop heard %q", hop)
	}
}

func TestOtherRoute(t *testing.T) {
	one, two := toHosts("192.0.2.1"), toHosts("192.0.2.2")
	two.Name = "two"
	two.AddressSpaces = space("*.example.com")
	w := newWorld(t, one, two)
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	tx, got := w.rcpt(newEnvelope(), "b@fabrikam.com", "c@mail.example.com", "d@fabrikam.com")
	expect(t, "another connector", got[1], "452 4.5.3")
	expect(t, "DATA", w.data(tx, letter), "ok")
	if m := sink.Messages(); len(m) != 1 || len(m[0].To) != 2 {
		t.Errorf("arrived: %+v", m)
	}
	w = newWorld(t, two)
	_, got = w.rcpt(newEnvelope(), "b@fabrikam.com")
	expect(t, "unreachable", got[0], "451 4.4.4")
}

func TestVia(t *testing.T) {
	far := toHosts("192.0.2.9")
	far.SourceTransportServers = []string{"far"}
	w := newWorld(t, far)
	w.dns.AddHost("far.contoso.com", addr("10.2.3.5"))
	sink := w.sink("10.2.3.5:25", &relaytest.Sink{})
	expect(t, "send", w.send("b@fabrikam.com"), "ok")
	if n := len(sink.Messages()); n != 1 {
		t.Errorf("%d messages at the other server", n)
	}
}

// TestMessagesPerConnectionVia: a connection to another server of the organisation carries as many messages as the
// Transport service says, whatever the Send connector does.
func TestMessagesPerConnectionVia(t *testing.T) {
	far := toHosts("192.0.2.9")
	far.SourceTransportServers, far.SmtpMaxMessagesPerConnection = []string{"far"}, 1
	w := newWorld(t, far)
	c := w.policy.Config()
	c.Services = []connector.Service{{IntraOrgConnectorSmtpMaxMessagesPerConnection: 2}}
	var err error
	if w.policy, err = connector.Compile(c); err != nil {
		t.Fatal(err)
	}
	w.dns.AddHost("far.contoso.com", addr("10.2.3.5"))
	sink := w.sink("10.2.3.5:25", &relaytest.Sink{})
	for range 5 {
		expect(t, "send", w.send("b@fabrikam.com"), "ok")
	}
	if n := sink.Connections(); n != 3 {
		t.Errorf("%d connections for 5 messages, want 3", n)
	}
}

func TestStaleConnectionIsReplaced(t *testing.T) {
	ehlo := []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 PIPELINING\r\n"}
	first := append(ehlo[:3:3], ">DATA", "250 ok\r\n250 ok\r\n354 go\r\n", ">.\r\n", "250 ok\r\n")
	for name, end := range map[string][]string{
		"closed":     {"!close"},
		"421":        {"421 4.4.2 idle too long\r\n", "!close"},
		"421 later":  {">DATA", "421 4.4.2 idle too long\r\n", "!close"},
		"close late": {">DATA", "!close"},
	} {
		w := newWorld(t, toHosts("192.0.2.1"))
		w.hop("192.0.2.1:25", append(first[:len(first):len(first)], end...), first)
		expect(t, name, w.send("b@fabrikam.com"), "ok")
		expect(t, name, w.send("b@fabrikam.com"), "ok")
	}
}

func TestMessagesPerConnection(t *testing.T) {
	s := toHosts("192.0.2.1")
	s.SmtpMaxMessagesPerConnection = 2
	w := newWorld(t, s)
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	for range 5 {
		expect(t, "send", w.send("b@fabrikam.com"), "ok")
	}
	if n := sink.Connections(); n != 3 {
		t.Errorf("%d connections for 5 messages, want 3", n)
	}
}

func TestBrokenBodyIsNoMessage(t *testing.T) {
	broken := errors.New("client gone")
	for _, size := range []int{0, 10, 100 << 10} {
		w := newWorld(t, toHosts("192.0.2.1"))
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
		tx, _ := w.rcpt(newEnvelope(), "b@fabrikam.com")
		body := io.MultiReader(strings.NewReader(letter+strings.Repeat("xxxxxxxx\r\n", size/10)), iotest.ErrReader(broken))
		_, err := tx.Deliver(context.Background(), body)
		tx.Close()
		expect(t, "broken body", said(t, err), "451 4.3.0")
		if !errors.Is(err, broken) {
			t.Errorf("%v doesn't tell the cause", err)
		}
		sink.Close()
		if n := len(sink.Messages()); n != 0 {
			t.Errorf("size %d: %d messages arrived", size, n)
		}
	}
}

func TestBodyTypes(t *testing.T) {
	bare := []string{"220 hop\r\n", ">EHLO", "250 hop\r\n", ">MAIL", "250 ok\r\n", ">RCPT", "250 ok\r\n", ">DATA", "354 go\r\n", ">.\r\n", "250 ok\r\n"}
	for _, tc := range []struct {
		name, body, want string
		env              relay.Envelope
	}{
		{"bare LF", "A: b\r\n\r\nx\ny\r\n", "550 5.6.11", relay.Envelope{}},
		{"8 bit undeclared", "A: b\r\n\r\n\xfc\r\n", "ok", relay.Envelope{}},
		{"8 bit declared", "A: b\r\n\r\n\xfc\r\n", "ok", relay.Envelope{Envelope: envelope.Envelope{Body: envelope.EightBitMIME}}},
		{"7 bit declared 8", "A: b\r\n\r\nx\r\n", "ok", relay.Envelope{Envelope: envelope.Envelope{Body: envelope.EightBitMIME}}},
		{"binary", "A: b\r\n\r\nx\ny", "ok", relay.Envelope{Envelope: envelope.Envelope{Body: envelope.BinaryMIME}}},
		{"UTF-8 header", "A: \u00fc\r\n\r\nx\r\n", "550 5.6.7", relay.Envelope{Envelope: envelope.Envelope{UTF8: true}}},
		{"UTF-8 allowed, not used", "A: b\r\n\r\nx\r\n", "ok", relay.Envelope{Envelope: envelope.Envelope{UTF8: true}}},
	} {
		w := newWorld(t, toHosts("192.0.2.1"))
		w.hop("192.0.2.1:25", bare)
		env := tc.env
		env.From, env.Inbound = newEnvelope().From, newEnvelope().Inbound
		tx, answers := w.rcpt(&env, "b@fabrikam.com")
		got := answers[0]
		if got == "ok" {
			got = w.data(tx, tc.body)
		}
		expect(t, tc.name, got, tc.want)
	}
	w := newWorld(t, toHosts("192.0.2.1"))
	w.hop("192.0.2.1:25", []string{"220 hop\r\n", ">EHLO", "250-hop\r\n250 SIZE 40\r\n"})
	expect(t, "SIZE", w.send("b@fabrikam.com"), "552 5.3.4")
}

func TestParametersPassOn(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	env := newEnvelope()
	env.Body, env.UTF8, env.Return, env.EnvID = envelope.BinaryMIME, true, envelope.ReturnHeader, "a+20b+2Bc"
	tx, _ := w.rcpt(env, "b@fabrikam.com")
	expect(t, "send", w.data(tx, "A: b\r\n\r\nx\ny"), "ok")
	m := sink.Messages()[0]
	if m.Body != "BINARYMIME" || !m.UTF8 || m.Ret != "HDRS" || m.EnvID != "a b+c" || string(m.Data) != "A: b\r\n\r\nx\ny" {
		t.Errorf("arrived: %+v", m)
	}
}

func TestDeliverWithoutRoute(t *testing.T) {
	w := newWorld(t)
	expect(t, "without recipients", w.data(w.begin(newEnvelope()), letter), "451 4.3.5")
	_, got := w.rcpt(newEnvelope(), "b@fabrikam.com")
	expect(t, "no connector", got[0], "451 4.4.4")
}

// TestEventsOfRefusals: the event of a recipient whose client waits has what the next hop said.
func TestEventsOfRefusals(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{Script: func(s relaytest.Stage, arg string) string {
		switch {
		case s == relaytest.StageRcpt && strings.Contains(arg, "no@"):
			return "550 5.1.1 no such user"
		case s == relaytest.StageData:
			return "554 5.6.0 not this"
		}
		return ""
	}})
	var events []event.Event
	w.sender.Events = []event.Reader{func(_ context.Context, e event.Event) { events = append(events, e) }}
	tx, _ := w.rcpt(newEnvelope(), "no@fabrikam.com", "b@fabrikam.com", "no@fabrikam.com", "c@fabrikam.com")
	_, err := tx.Deliver(t.Context(), strings.NewReader(letter))
	if tx.Close(); len(sink.Messages()) != 0 || said(t, err)[:3] != "554" {
		t.Errorf("%d messages, %v", len(sink.Messages()), err)
	}
	refused, failed := "550 5.1.1 no such user", "554 5.6.0 not this"
	want := []event.Event{
		{Kind: event.RecipientRefused, Reply: refused}, {Kind: event.RecipientRefused, Reply: refused},
		{Kind: event.NotDelivered, Reply: failed}, {Kind: event.NotDelivered, Reply: failed},
	}
	if len(events) != len(want) {
		t.Fatalf("%d events: %+v", len(events), events)
	}
	for i, to := range []string{"no@fabrikam.com", "no@fabrikam.com", "b@fabrikam.com", "c@fabrikam.com"} {
		e := &events[i]
		if e.Kind != want[i].Kind || e.To.String() != to || e.ID != "id1" || e.NextHop != "out [192.0.2.1]" || e.Host != "192.0.2.1" ||
			e.Addr != "192.0.2.1:25" || e.Reply != want[i].Reply || e.Err == nil {
			t.Errorf("%d: %+v", i, e)
		}
	}
}
