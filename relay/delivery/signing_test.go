package delivery_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	mail "github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// adds returns a PrepareFunc that adds a field.
func adds(field string) delivery.PrepareFunc {
	return func(_ context.Context, _ *connector.Outbound, _ *envelope.Envelope, m *mail.Message) error {
		return m.Header().Prepend(field)
	}
}

// TestSigning: Sign signs behind Prepare what the connector says should be signed; a connector that requires
// signatures sends nothing without Sign; SetSign holds at once.
func TestSigning(t *testing.T) {
	fails := func(context.Context, *connector.Outbound, *envelope.Envelope, *mail.Message) error {
		return errors.New("the key is locked")
	}
	for name, tc := range map[string]struct {
		signing  param.DkimSigning
		sign     delivery.PrepareFunc
		outcome  string
		received string
	}{
		"none":                {param.DkimSigningNone, fails, "ok", "X-Prepared: 1\r\n"},
		"if a key exists":     {param.DkimIfKeyExists, adds("X-Signed: 1"), "ok", "X-Signed: 1\r\nX-Prepared: 1\r\n"},
		"without keys":        {param.DkimIfKeyExists, nil, "ok", "X-Prepared: 1\r\n"},
		"required":            {param.DkimRequired, adds("X-Signed: 1"), "ok", "X-Signed: 1\r\nX-Prepared: 1\r\n"},
		"required, no keys":   {param.DkimRequired, nil, "451 4.3.0", ""},
		"the key can't do it": {param.DkimIfKeyExists, fails, "451 4.3.0", ""},
	} {
		out := toHosts("192.0.2.1")
		out.DkimSigning = tc.signing
		w := newWorld(t, out)
		sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
		w.sender.Prepare, w.sender.Sign = adds("X-Prepared: 1"), tc.sign
		outcomes, err := w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com"), strings.NewReader(letter))
		if err != nil {
			t.Errorf("%s: the next hop is blamed: %v", name, err)
		}
		expect(t, name, said(t, outcomes[0].Err), tc.outcome)
		var got string
		for _, m := range sink.Messages() {
			got += strings.TrimSuffix(string(m.Data), letter)
		}
		if got != tc.received {
			t.Errorf("%s: received with %q, want %q", name, got, tc.received)
		}
		missing := errors.Is(w.sender.Check(w.policy), source.CodeDkimKeyMissing)
		if want := tc.signing == param.DkimRequired && tc.sign == nil; missing != want {
			t.Errorf("%s: Check: %v", name, w.sender.Check(w.policy))
		}
		w.sender.SetSign(adds("X-Signed: 2"))
		outcomes, _ = w.handOver(t.Context(), "b@fabrikam.com", envelopeTo("b@fabrikam.com"), strings.NewReader(letter))
		expect(t, name+", then with a key", said(t, outcomes[0].Err), "ok")
	}
}

// TestPrepareFor: a Sender prepares a message for another Transport once, and an LMTP that gets it doesn't ask
// for the keys again.
func TestPrepareFor(t *testing.T) {
	l, _ := lmtpTo(t, lmtpHello+">MAIL\n>RCPT\n250 ok\n250 ok\n"+lmtpData+"250 ok\n!hang")
	hop := boxHop(t, connector.Send{DkimSigning: param.DkimRequired})
	env := envelopeTo("1@box.example")
	to := env.To
	o, err := l.Send(t.Context(), hop, &env.Envelope, to, strings.NewReader(letter))
	if err != nil {
		t.Errorf("the LMTP server is blamed: %v", err)
	}
	expect(t, "by LMTP without a signature", said(t, o[0].Err), "451 4.3.0")
	sender := &delivery.Sender{}
	_, done, err := sender.PrepareFor(t.Context(), &hop, &env.Envelope, strings.NewReader(letter))
	expect(t, "without keys", said(t, err), "451 4.3.0")
	done()
	sender.Sign = adds("X-Signed: 1")
	body, done, err := sender.PrepareFor(t.Context(), &hop, &env.Envelope, strings.NewReader("X-MS-Exchange-Organization-SCL: 1\r\n"+letter))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	again, doneAgain, err := sender.PrepareFor(t.Context(), &hop, &env.Envelope, body)
	if err != nil {
		t.Fatal(err)
	}
	defer doneAgain()
	text, err := io.ReadAll(again)
	if err != nil || string(text) != "X-Signed: 1\r\n"+letter || env.Size != int64(len(text)) {
		t.Errorf("prepared: %q of %d bytes, %v", text, env.Size, err)
	}
	o, err = l.Send(t.Context(), hop, &env.Envelope, to, strings.NewReader(string(text)))
	if err != nil || o[0].Err != nil {
		t.Errorf("by LMTP: %v, %v", o[0].Err, err)
	}
	if _, _, err := sender.PrepareFor(t.Context(), new(delivery.NextHop), &env.Envelope, body); err == nil {
		t.Error("a message for the zero NextHop is prepared")
	}
}
