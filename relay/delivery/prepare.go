package delivery

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
)

// PrepareFunc is called with a message that leaves by a Send connector, and its envelope. It may
// change the message; this is the place to sign it. An error ends the attempt: see relay.Error.
type PrepareFunc func(ctx context.Context, out *connector.Outbound, env *envelope.Envelope, m *message.Message) error

// Prepare returns the message in body as the Send connector of h lets it out, and has prepare see it, as
// Sender.Prepare says. It sets Body and Size in env to their new values. pool holds a body that can't be
// read again where it is. A Dispatcher with Prepare calls this for its transports. Close the message. The
// error is a *relay.Error.
func (h NextHop) Prepare(ctx context.Context, env *envelope.Envelope, body io.Reader, pool *message.Pool, prepare PrepareFunc) (*message.Message, error) {
	if h.out == nil {
		return nil, &relay.Error{Reply: replyFor(reply.NotRouted)}
	}
	m, err := h.prepare(ctx, env, body, pool, prepare)
	if err != nil {
		return nil, failure(err, h.set)
	}
	return m, nil
}

// prepare is Prepare with errors that failure has not seen.
func (h *NextHop) prepare(ctx context.Context, env *envelope.Envelope, body io.Reader, pool *message.Pool, prepare PrepareFunc) (*message.Message, error) {
	limit := h.sizeLimit(env)
	m, err := pool.Read(body)
	switch {
	case errors.Is(err, content.ErrSpill):
		return nil, &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
	case err != nil:
		return nil, &smtpclient.BodyError{Err: err}
	case limit > 0 && m.Size() > limit:
		_ = m.Close() // it can't fail
		return nil, errTooLarge
	}
	m.Header().Filter(h.out.Headers(h.key.domain, nil).Keep)
	if env.Body == envelope.EightBitMIME {
		switch converted, err := toSevenBit(m, pool); {
		case errors.Is(err, content.ErrSpill):
			_ = m.Close() // it can't fail
			return nil, &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
		case err == nil:
			_ = m.Close() // it can't fail
			m, env.Body = converted, envelope.SevenBit
		}
	}
	if err := prepare(ctx, h.out, env, m); err != nil {
		_ = m.Close() // it can't fail
		if known := new(relay.Error); errors.As(err, &known) {
			return nil, known
		}
		return nil, &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
	}
	if env.Size = m.Size(); m.EightBit() && env.Body == envelope.SevenBit {
		env.Body = envelope.EightBitMIME
	}
	return m, nil
}

// toSevenBit returns m as a message without 8-bit content. An error means that this is impossible, or that
// there is no room for another message.
func toSevenBit(m *message.Message, pool *message.Pool) (*message.Message, error) {
	r, w := io.Pipe()
	from := m.Open()
	var converting sync.WaitGroup
	converting.Go(func() { _ = w.CloseWithError(conversion.Convert(w, from, conversion.SevenBit)) })
	converted, err := pool.Read(r)
	_ = r.Close()     // it can't fail
	converting.Wait() // it reads m
	return converted, err
}

// messages returns the Pool for Prepare.
func (s *Sender) messages() *message.Pool {
	if s.Messages != nil {
		return s.Messages
	}
	return &s.ownMessages
}
