package smtpclient

import (
	"bytes"
	"errors"
	"io"

	"github.com/interchange-smtp/interchange/internal/conversion"
)

// conversion returns what a message must be made for the hop; needed is false if the
// hop takes what its sender declared, a body type as in Mail.
func (c *Conn) conversion(declared string) (to conversion.Content, needed bool) {
	switch {
	case declared != "8BITMIME" && declared != "BINARYMIME":
		return 0, false
	case declared == "BINARYMIME" && c.Has("BINARYMIME") && c.Has("CHUNKING"):
		return 0, false
	case c.Has("8BITMIME") || c.Has("SMTPUTF8"): // which isn't offered alone (RFC 6531 section 3.1)
		return conversion.EightBit, declared == "BINARYMIME"
	}
	return conversion.SevenBit, true
}

// body returns the body type to declare to the hop.
func (c *Conn) body(declared string) string {
	to, converted := c.conversion(declared)
	switch {
	case converted && to == conversion.SevenBit:
		return ""
	case converted:
		declared = to.Body()
	}
	if declared != "BINARYMIME" && !c.Has("8BITMIME") {
		return ""
	}
	return declared
}

// declared returns the body type of m.
func (m Message) declared() string {
	switch {
	case m.Binary:
		return "BINARYMIME"
	case m.EightBit:
		return "8BITMIME"
	}
	return ""
}

// convertShort returns m, all of which is there, made fit for to.
func convertShort(m Message, to conversion.Content) (Message, error) {
	m.Binary, m.EightBit = false, false
	if conversion.Fits(m.Head, to) {
		return m, nil
	}
	var b bytes.Buffer
	if err := conversion.Convert(&b, bytes.NewReader(m.Head), to); err != nil {
		return m, &Error{Stage: StageData, Err: err}
	}
	m.Head = b.Bytes()
	return m, nil
}

// stuffConverted sends the body made fit for to, as it comes.
func (c *Conn) stuffConverted(w *stuffer, m Message, to conversion.Content) error {
	source := &bodyReader{io.MultiReader(bytes.NewReader(m.Head), m.Rest)}
	err := conversion.Convert(&stuffWriter{c, w}, source, to)
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &Error{Stage: StageBody, Err: err}
}

// bodyReader reads a message and fails with a BodyError.
type bodyReader struct{ r io.Reader }

// Read implements io.Reader.
func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = &BodyError{err}
	}
	return n, err
}

// stuffWriter sends what is written to it as part of a body.
type stuffWriter struct {
	c *Conn
	w *stuffer
}

// Write implements io.Writer.
func (s *stuffWriter) Write(p []byte) (int, error) {
	if err := s.c.stuff(s.w, p); err != nil {
		return 0, err
	}
	return len(p), nil
}
