package delivery

import (
	"context"
	"errors"
	"io"

	"github.com/interchange-smtp/interchange/internal/mailheader"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
)

const (
	// headSize is how many bytes of a message are read before the next hop is called.
	// A shorter message can be sent in one write.
	headSize = 32 << 10
	// maxHeader is the limit for headers in bytes, far above any MaxHeaderSize; only
	// callers other than relay.Server can reach it.
	maxHeader = 16 << 20
)

// outgoing is a message whose beginning has been read.
type outgoing struct {
	smtpclient.Message
	mail    smtpclient.Mail // its envelope; the size is exact if Rest is nil
	header  *mailheader.Header
	buf     *[]byte
	limited limited

	prepared *message.Message // nil: neither Prepare nor Sign is called
}

// errTooLarge is the error of a message that is larger than its route permits.
var errTooLarge = errors.New("larger than MaxMessageSize of the Send connector, or MaxSendSize")

// limited reads a message and fails after left bytes. The client may have declared no
// size or a wrong one, so that the route may not fit.
type limited struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// read reads the header through the firewall of hop, and the beginning of the body.
func (s *Sender) read(ctx context.Context, hop *NextHop, env *envelope.Envelope, body io.Reader) (*outgoing, error) {
	m := &outgoing{mail: smtpclient.Mail{Envelope: *env}}
	steps, err := s.steps(hop)
	if err != nil {
		return nil, err
	}
	if len(steps) > 0 {
		if m.prepared, err = hop.prepare(ctx, &m.mail.Envelope, body, s.messages(), steps); err != nil {
			return nil, err
		}
		body = m.prepared.Open()
	} else if limit := hop.sizeLimit(env); limit > 0 && !hop.prepared {
		m.limited = limited{body, limit}
		body = &m.limited
	}
	h, err := hop.readHeader(body, m.prepared == nil && !hop.prepared)
	if err != nil {
		return nil, err
	}
	m.header, m.buf, m.Body = h, s.buffer(), m.mail.Body
	head := h.Bytes((*m.buf)[:0])
	m.mail.HeaderUTF8 = env.UTF8 && !isASCII(head)
	m.Head = head
	if n := len(head); n < headSize {
		m.Head = head[:headSize]
		var k int
		k, err = io.ReadFull(h.Body(), m.Head[n:])
		m.Head = m.Head[:n+k]
	}
	switch err {
	case nil:
		m.Rest = h.Body()
	case io.EOF, io.ErrUnexpectedEOF: // all of it, so that its size is known
		m.mail.Size = int64(len(m.Head))
	default:
		s.free(m)
		return nil, &smtpclient.BodyError{Err: err}
	}
	return m, nil
}

// readHeader reads the header of a message, through the firewall of hop if filter is set.
func (hop *NextHop) readHeader(body io.Reader, filter bool) (*mailheader.Header, error) {
	h, err := mailheader.Read(body, maxHeader)
	if err == mailheader.ErrTooLarge {
		return nil, err
	}
	if err != nil {
		return nil, &smtpclient.BodyError{Err: err}
	}
	if filter && hop.key.via == "" { // otherwise that server applies its firewall
		firewall := hop.out.Headers(hop.key.domain, nil)
		h.Filter(firewall.Keep)
	}
	return h, nil
}

// buffer returns a buffer of headSize bytes.
func (s *Sender) buffer() *[]byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, headSize)
	return &b
}

// free returns the memory of m.
func (s *Sender) free(m *outgoing) {
	m.header.Release()
	s.buffers.Put(m.buf)
	m.header, m.buf, m.Head, m.Rest = nil, nil, nil, nil
	if m.prepared != nil {
		_ = m.prepared.Close() // it can't fail
	}
}

func isASCII(s []byte) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
