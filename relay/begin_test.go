package relay_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
)

// gatekeeper is a Handler whose Begin gives the errors one after the other.
type gatekeeper struct {
	relay.HandlerFunc
	errors []error
	asked  []relay.Envelope
}

func (g *gatekeeper) Begin(ctx context.Context, env *relay.Envelope) (relay.Transaction, error) {
	g.asked = append(g.asked, *env)
	err := g.errors[0]
	g.errors = g.errors[1:]
	tx, _ := g.HandlerFunc.Begin(ctx, env)
	return tx, err
}

func TestBeginRefuses(t *testing.T) {
	full := &relay.Error{Reply: reply.InsufficientResources.Reply(permission.Current), Err: errors.New(secretDSN)}
	gate := &gatekeeper{errors: []error{full, errors.New(secretDSN), nil}}
	gate.HandlerFunc = func(_ context.Context, _ *relay.Envelope, body io.Reader) error {
		_, err := io.Copy(io.Discard, body)
		return err
	}
	p := policy(t, defaultHub())
	w := serve(t, p, func(s *relay.Server) { s.Handler = gate })
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<> SIZE=9999999999", 552) // the policy's refusal: the Handler isn't asked
	if len(gate.asked) != 0 {
		t.Errorf("the handler was asked about %v", gate.asked[0].From)
	}
	if text := c.Do("MAIL FROM:<"+elsewhere+"> SIZE=77", 452); text != "4.3.1 Insufficient system resources" {
		t.Errorf("full: %q", text)
	}
	c.Do("RCPT TO:<"+inside+">", 503) // there is no transaction
	if text := c.Do("MAIL FROM:<>", 451); text != "4.3.0 Temporary server error. Please try again later" {
		t.Errorf("any other error: %q", text)
	}
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	send(c, message, 250)
	if env := gate.asked[0]; env.From.String() != elsewhere || env.Size != 77 || env.Inbound == nil ||
		env.Inbound.Name() != env.Connector || env.Inbound.Policy() != p || len(env.To) != 0 {
		t.Errorf("the handler saw %+v", env)
	}
}
