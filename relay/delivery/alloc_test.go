package delivery_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// TestSendAllocates: an attempt allocates no more than a synchronous delivery does,
// the slice of Outcomes, and the next hop and its word for them.
func TestSendAllocates(t *testing.T) {
	w := newWorld(t, toHosts("192.0.2.1"))
	sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
	env := newEnvelope()
	to := envelope.Recipient{To: routing.MustParseAddress("b@fabrikam.com")}
	all := []envelope.Recipient{to}
	body := strings.NewReader(letter)
	measure := func(deliver func() error) float64 {
		defer sink.Clear()
		return testing.AllocsPerRun(500, func() {
			body.Reset(letter)
			if err := deliver(); err != nil {
				t.Fatal(err)
			}
		})
	}
	synchronous := measure(func() error {
		tx := w.begin(env)
		defer tx.Close()
		if err := tx.Rcpt(t.Context(), to); err != nil {
			return err
		}
		_, err := tx.Deliver(t.Context(), body)
		return err
	})
	attempt := measure(func() error {
		hop, err := delivery.NextHopFor(w.policy, to.To, 0)
		if err != nil {
			return err
		}
		outcomes, err := w.sender.Send(t.Context(), hop, &env.Envelope, all, body)
		if err != nil {
			return err
		}
		return outcomes[0].Err
	})
	if attempt > synchronous+3 {
		t.Errorf("Send allocates %v times, Deliver %v times", attempt, synchronous)
	}
}
