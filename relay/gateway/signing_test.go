package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
)

// signs returns a PrepareFunc that adds a field.
func signs(field string) delivery.PrepareFunc {
	return func(_ context.Context, _ *connector.Outbound, _ *envelope.Envelope, m *message.Message) error {
		return m.Header().Prepend(field)
	}
}

// TestReloadSign: a reload replaces the keys that sign; a policy that requires signatures isn't taken without.
func TestReloadSign(t *testing.T) {
	w := &world{t: t}
	cfg := config("fabrikam.com", server+":25")
	cfg.Send[0].DkimSigning = param.DkimRequired
	if err := w.gateway(cfg).Start(t.Context()); !errors.Is(err, source.CodeDkimKeyMissing) {
		t.Errorf("without keys: %v", err)
	}
	g := w.gateway(cfg)
	g.Config.Sign = signs("X-Signed: 1")
	w.start(g)
	sink := w.sink(0)
	next := g.Config
	next.Sign = nil
	if err := g.Reload(next); !errors.Is(err, source.CodeDkimKeyMissing) {
		t.Errorf("reload without keys: %v", err)
	}
	for i, field := range []string{"X-Signed: 1", "X-Signed: 2"} {
		next.Sign = signs(field)
		if err := g.Reload(next); err != nil {
			t.Fatal(err)
		}
		c := w.session(server + ":25")
		submit(c, "bob@fabrikam.com")
		c.Expect(250)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		got, err := sink.Wait(ctx, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(got[i].Data), field+"\r\n") {
			t.Errorf("message %d: %.100q", i, got[i].Data)
		}
	}
}
