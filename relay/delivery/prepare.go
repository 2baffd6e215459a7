package delivery

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
)

// prepare reads a message of at most limit bytes (0: no limit), and has Prepare see it as hop
// will get it. m.prepared is the result.
func (s *Sender) prepare(ctx context.Context, hop *NextHop, m *outgoing, body io.Reader, limit int64) error {
	whole, err := s.messages().Read(body)
	switch {
	case errors.Is(err, content.ErrSpill):
		return &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
	case err != nil:
		return &smtpclient.BodyError{Err: err}
	case limit > 0 && whole.Size() > limit:
		_ = whole.Close() // it can't fail
		return errTooLarge
	}
	whole.Header().Filter(hop.out.Headers(hop.key.domain, nil).Keep)
	if m.mail.Body == envelope.EightBitMIME {
		switch converted, err := s.toSevenBit(whole); {
		case errors.Is(err, content.ErrSpill):
			_ = whole.Close() // it can't fail
			return &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
		case err == nil:
			_ = whole.Close() // it can't fail
			whole, m.mail.Body = converted, envelope.SevenBit
		}
	}
	if err := s.Prepare(ctx, hop.out, &m.mail.Envelope, whole); err != nil {
		_ = whole.Close() // it can't fail
		if known := new(relay.Error); errors.As(err, &known) {
			return known
		}
		return &relay.Error{Reply: replyFor(reply.TemporaryError), Err: err}
	}
	m.prepared, m.mail.Size = whole, whole.Size()
	return nil
}

// toSevenBit returns m as a message without 8-bit content. An error means that this is impossible, or that
// there is no room for another message.
func (s *Sender) toSevenBit(m *message.Message) (*message.Message, error) {
	r, w := io.Pipe()
	from := m.Open()
	var converting sync.WaitGroup
	converting.Go(func() { _ = w.CloseWithError(conversion.Convert(w, from, conversion.SevenBit)) })
	converted, err := s.messages().Read(r)
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
