package delivery

import (
	"context"
	"errors"
	"io"

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
		if converted := s.toSevenBit(whole); converted != nil {
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

// toSevenBit returns a message without 8-bit content, nil if that is impossible.
func (s *Sender) toSevenBit(m *message.Message) *message.Message {
	r, w := io.Pipe()
	from := m.Open()
	go func() { _ = w.CloseWithError(conversion.Convert(w, from, conversion.SevenBit)) }()
	converted, err := s.messages().Read(r)
	_ = r.Close() // it can't fail
	if err != nil {
		return nil
	}
	return converted
}

// messages returns the Pool for Prepare.
func (s *Sender) messages() *message.Pool {
	if s.Messages != nil {
		return s.Messages
	}
	return &s.ownMessages
}
