package smtpclient

import (
	"bytes"
	"io"

	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// conversion returns the content to which a message must be converted for the next hop.
// needed is false if the next hop takes the declared body type.
func (c *Conn) conversion(declared envelope.BodyType) (to conversion.Content, needed bool) {
	switch {
	case declared == envelope.SevenBit:
		return 0, false
	case declared == envelope.BinaryMIME && c.Has("BINARYMIME") && c.Has("CHUNKING"):
		return 0, false
	case c.Has("8BITMIME") || c.Has("SMTPUTF8"): // which isn't offered alone (RFC 6531 section 3.1)
		return conversion.EightBit, declared == envelope.BinaryMIME
	}
	return conversion.SevenBit, true
}

// body returns the body type to declare to the next hop.
func (c *Conn) body(declared envelope.BodyType) envelope.BodyType {
	to, converted := c.conversion(declared)
	switch {
	case converted && to == conversion.SevenBit:
		return envelope.SevenBit
	case converted:
		declared = envelope.EightBitMIME
	}
	if declared == envelope.EightBitMIME && !c.Has("8BITMIME") {
		return envelope.SevenBit
	}
	return declared
}

// convertShort returns a whole message converted to the content to.
func convertShort(message []byte, to conversion.Content) ([]byte, error) {
	if conversion.Fits(message, to) {
		return message, nil
	}
	var b bytes.Buffer
	if err := conversion.Convert(&b, bytes.NewReader(message), to); err != nil {
		return nil, &Error{Stage: StageData, Err: err}
	}
	return b.Bytes(), nil
}

// bodyReader reads a message and fails with a BodyError.
type bodyReader struct{ r io.Reader }

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = &BodyError{err}
	}
	return n, err
}

// stuffWriter sends what is written to it as part of a body.
type stuffWriter struct{ c *Conn }

func (s stuffWriter) Write(p []byte) (int, error) {
	if err := s.c.stuff(p); err != nil {
		return 0, err
	}
	return len(p), nil
}
