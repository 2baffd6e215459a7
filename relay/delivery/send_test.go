package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// nextHop routes one recipient.
func (w *world) nextHop(to string) delivery.NextHop {
	w.t.Helper()
	hop, err := w.sender.NextHop(w.policy, routing.MustParseAddress(to), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return hop
}

// attempt is one Send of letter; the result is each recipient's Outcome, and
// "hop" behind them if the hop as a whole failed.
func (w *world) attempt(to ...string) []string {
	w.t.Helper()
	env := envelope()
	for _, a := range to {
		env.To = append(env.To, relay.Recipient{To: routing.MustParseAddress(a)})
	}
	return attemptOf(w, env, letter)
}

func attemptOf(w *world, env *relay.Envelope, body string) []string {
	w.t.Helper()
	outcomes, err := w.sender.Send(context.Background(), w.nextHop(env.To[0].To.String()), env, strings.NewReader(body))
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
	if outcomes, err := w.sender.Send(t.Context(), w.nextHop("b@x.example"), envelope(), strings.NewReader(letter)); len(outcomes) != 0 || err != nil {
		t.Errorf("for nobody: %v, %v", outcomes, err)
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
	if hop, err := w.sender.NextHop(again, routing.MustParseAddress("a@contoso.com"), 0); err != nil || hops[hop.Key()] != "Internet contoso.com" {
		t.Errorf("under the next policy: %v, %v", hop, err)
	}

	_, err = w.sender.NextHop(w.policy, routing.MustParseAddress("a@nowhere.example"), 0)
	expect(t, "unreachable", said(t, err), "451 4.4.4")
	if !errors.Is(err, delivery.ErrUnreachable) {
		t.Errorf("%v is not ErrUnreachable", err)
	}
	_, err = w.sender.NextHop(w.policy, routing.MustParseAddress("a@partner.example"), 2<<20)
	expect(t, "too large", said(t, err), "5")
	if errors.Is(err, delivery.ErrUnreachable) {
		t.Errorf("%v is ErrUnreachable", err)
	}
	var nowhere delivery.NextHop
	env := envelope()
	env.To = []relay.Recipient{{To: routing.MustParseAddress("a@contoso.com")}}
	outcomes, err := w.sender.Send(t.Context(), nowhere, env, strings.NewReader(letter))
	if err != nil || len(outcomes) != 1 || nowhere.String() != "nowhere" {
		t.Fatalf("nowhere: %v, %v", outcomes, err)
	}
	expect(t, "nowhere", told(t, outcomes[0]), "451 4.3.5")
}
