package delivery_test

import (
	"context"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// copying is a Handler around another one that adds a recipient: to the inner transaction
// or, by mistake, to the Envelope only.
type copying struct {
	relay.Handler
	to      string
	mistake bool
}

func (h *copying) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	tx, err := h.Handler.Begin(ctx, env)
	return &copyingTransaction{tx, h, env}, err
}

type copyingTransaction struct {
	relay.Transaction
	h   *copying
	env *relay.Envelope
}

func (tx *copyingTransaction) Rcpt(ctx context.Context, rcpt envelope.Recipient) error {
	if err := tx.Transaction.Rcpt(ctx, rcpt); err != nil {
		return err
	}
	added := envelope.Recipient{To: routing.MustParseAddress(tx.h.to)}
	if tx.h.mistake {
		tx.env.To = append(tx.env.To, added)
		return nil
	}
	return tx.Transaction.Rcpt(ctx, added)
}

// TestAddedRecipient checks that a recipient which a Handler around a Sender adds never
// goes to the next hop of another recipient.
func TestAddedRecipient(t *testing.T) {
	internal, external := toHosts("192.0.2.1"), toHosts("192.0.2.2")
	internal.Name, internal.AddressSpaces = "internal", []routing.AddressSpace{routing.MustParseAddressSpace("contoso.com")}
	external.Name = "external"
	for _, tc := range []struct {
		name        string
		to, archive string
		mistake     bool
		want        string
		internal    string // recipients there
		external    string
	}{
		{"the same next hop", "kim@example.net", "archive@example.net", false, "ok", "", "kim@example.net archive@example.net"},
		{"another next hop", "kim@example.net", "archive@contoso.com", false, "452 4.5.3", "", ""},
		{"only in the Envelope", "kim@example.net", "archive@contoso.com", true, "ok", "", "kim@example.net"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, internal, external)
			inside, outside := w.sink("192.0.2.1:25", &relaytest.Sink{}), w.sink("192.0.2.2:25", &relaytest.Sink{})
			env := newEnvelope()
			env.Policy = w.policy
			env.To = []envelope.Recipient{{To: routing.MustParseAddress(tc.to)}}
			_, err := relay.Deliver(t.Context(), &copying{&w.sender, tc.archive, tc.mistake}, env, strings.NewReader(letter))
			expect(t, "delivery", said(t, err), tc.want)
			for sink, want := range map[*relaytest.Sink]string{inside: tc.internal, outside: tc.external} {
				var to []string
				for _, m := range sink.Messages() {
					to = append(to, m.To...)
				}
				if got := strings.Join(to, " "); got != want {
					t.Errorf("a next hop got recipients %q, want %q", got, want)
				}
			}
		})
	}
}
