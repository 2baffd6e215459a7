package delivery

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
)

// PrepareFunc is called with a message that leaves by a Send connector, and its envelope. It may
// change the message. An error ends the attempt: see relay.Error.
type PrepareFunc func(ctx context.Context, out *connector.Outbound, env *envelope.Envelope, m *message.Message) error

// errNoKeys is the error of a connector that requires signatures if the Sender can't make any.
var errNoKeys = errors.New("DkimSigning is Required, and this server has no DKIM keys")

// PrepareFor returns the message in body as the Send connector of hop lets it out: behind its header
// firewall, changed by s.Prepare and signed by s.Sign. It sets Body and Size in env to their new values,
// and marks hop, so that no Transport of this package does the same again. It is for the Transports that
// aren't Senders: a Dispatcher calls it for those in its ByConnector. A body that can be read again (it has
// Seek, ReadAt and Size) still can. Call done when the message was read; it is never nil. The error is a
// *relay.Error.
func (s *Sender) PrepareFor(ctx context.Context, hop *NextHop, env *envelope.Envelope, body io.Reader) (prepared io.Reader, done func(), err error) {
	done = func() {}
	if hop.out == nil {
		return nil, done, &relay.Error{Reply: replyFor(reply.NotRouted)}
	}
	steps, err := s.steps(hop)
	if err != nil {
		return nil, done, failure(err, hop.set)
	}
	if len(steps) == 0 {
		prepared, err = hop.filter(body)
	} else if m, failed := hop.prepare(ctx, env, body, s.messages(), steps); failed == nil {
		hop.prepared = true
		return m.Open(), func() { _ = m.Close() }, nil // it can't fail
	} else {
		err = failed
	}
	if err != nil {
		return nil, done, failure(err, hop.set)
	}
	return prepared, done, nil
}

// steps returns the functions that messages for h pass before they leave. The error means that they may not
// leave.
func (s *Sender) steps(h *NextHop) (list []PrepareFunc, err error) {
	if h.prepared || h.key.via != "" { // the other server does it
		return nil, nil
	}
	if s.Prepare != nil {
		list = append(list, s.Prepare)
	}
	switch sign := s.signer(); {
	case h.set.DkimSigning == param.DkimSigningNone:
	case sign != nil:
		list = append(list, sign)
	case h.set.DkimSigning == param.DkimRequired:
		return nil, &relay.Error{Reply: replyFor(reply.TemporaryError), Err: errNoKeys}
	}
	return list, nil
}

// filter returns the message without the fields that the header firewall of h removes.
func (h *NextHop) filter(body io.Reader) (io.Reader, error) {
	source := content.SourceOf(body)
	header, err := h.readHeader(body, true)
	if err != nil {
		return nil, err
	}
	if source == nil {
		return header.Message(), nil // it isn't released: the transport may read on
	}
	defer header.Release()
	b := content.Around(source, source.Size()).With(header.Bytes(nil), header.Size())
	return io.NewSectionReader(b, 0, b.Size()), nil
}

// prepare returns the message in body behind the header firewall of h and the steps. It sets Body and Size
// in env. pool holds a body that can't be read again where it is.
func (h *NextHop) prepare(ctx context.Context, env *envelope.Envelope, body io.Reader, pool *message.Pool, steps []PrepareFunc) (*message.Message, error) {
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
	if env.Body != envelope.SevenBit {
		switch converted, err := toSevenBit(m, pool); {
		case errors.Is(err, content.ErrSpill):
			_ = m.Close() // it can't fail
			return nil, &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
		case err == nil:
			_ = m.Close() // it can't fail
			m, env.Body = converted, envelope.SevenBit
		}
	}
	for _, step := range steps {
		if err := step(ctx, h.out, env, m); err != nil {
			_ = m.Close() // it can't fail
			if known := new(relay.Error); errors.As(err, &known) {
				return nil, known
			}
			return nil, &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
		}
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
