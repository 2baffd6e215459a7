package message

import (
	"io"
	"sync"

	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// maxHeader is the limit for headers in bytes, far above any MaxHeaderSize.
const maxHeader = 16 << 20

// Pool reads messages. The zero Pool is ready to use; its fields must not change once it is
// used. It is safe for concurrent use.
type Pool struct {
	// Dir is the directory for messages that are too large for memory. No file in it
	// outlives the process. "": os.TempDir.
	Dir string

	// Memory bounds the memory for the bodies of messages, in bytes. Further bodies go to
	// Dir. 0: 16 MiB.
	Memory int64

	once    sync.Once
	buffers content.Pool
}

// Message is a whole message. Its methods must not be called at the same time.
type Message struct {
	header  *Header
	buffer  *content.Buffer // as it was read, with the header
	readers []*content.Reader
}

// Read reads a message to its end. A source that can be read again, because it has Seek, ReadAt
// and Size as a *bytes.Reader has, is not copied, and must stay as it is until the Message is
// closed. The error is r's, or says that
// the file for a large message failed. Close the Message.
func (p *Pool) Read(r io.Reader) (*Message, error) {
	b, err := p.buffer(r)
	if err != nil {
		return nil, err
	}
	h, err := mailheader.Read(io.NewSectionReader(b, 0, b.Size()), maxHeader)
	if err != nil {
		b.Release()
		return nil, err
	}
	return &Message{header: &Header{parsed: h}, buffer: b}, nil
}

// buffer returns r's message, without a copy if it can be read again.
func (p *Pool) buffer(r io.Reader) (*content.Buffer, error) {
	if source := content.SourceOf(r); source != nil {
		return content.Around(source, source.Size()), nil
	}
	p.once.Do(func() { p.buffers.Dir, p.buffers.Memory = p.Dir, p.Memory })
	b, _, err := p.buffers.Read(r, false)
	return b, err
}

// Header returns the header, which may be changed.
func (m *Message) Header() *Header { return m.header }

// Size returns the length of the message, as Open returns it, in bytes.
func (m *Message) Size() int64 {
	return m.buffer.Size() - m.header.parsed.Size() + int64(len(m.header.bytes()))
}

// Body returns a reader of what follows the header.
func (m *Message) Body() io.ReadSeeker {
	return m.reader(m.buffer.With(nil, m.header.parsed.Size()))
}

// Open returns a reader of the message from its start, with the header as it is now. Several
// can be used one beside the other, until the Message is closed.
func (m *Message) Open() io.ReadSeeker {
	return m.reader(m.buffer.With(m.header.bytes(), m.header.parsed.Size()))
}

// reader returns a reader of b, which it takes over.
func (m *Message) reader(b *content.Buffer) io.ReadSeeker {
	defer b.Release()
	r := content.NewReader(b)
	m.readers = append(m.readers, r)
	return r
}

// Close gives the memory of the body back and ends all readers.
func (m *Message) Close() error {
	for _, r := range m.readers {
		_ = r.Close() // it can't fail
	}
	m.buffer.Release()
	m.readers, m.buffer = nil, nil
	return nil
}
