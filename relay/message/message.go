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

// Message is a whole message. Its methods must not be called at the same time. Of a Message
// that was closed, and of the zero Message, nothing can be read.
type Message struct {
	pool    *Pool
	header  *Header
	buffer  *content.Buffer // as it was read, with the header; the body alone after SetBody
	skip    int64           // where in buffer the body begins
	readers []*content.Reader

	eightBit bool // the new body has bytes that aren't ASCII
}

// Read reads a message to its end. A source that can be read again, because it has Seek, ReadAt
// and Size as a *bytes.Reader has, is not copied, and must stay as it is until the Message is
// closed. The error is r's, or says that the file for a large message failed. Close the Message.
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
	return &Message{pool: p, header: &Header{parsed: h, now: h}, buffer: b, skip: h.Size()}, nil
}

// buffer returns r's message, without a copy if it can be read again.
func (p *Pool) buffer(r io.Reader) (*content.Buffer, error) {
	if source := content.SourceOf(r); source != nil {
		return content.Around(source, source.Size()), nil
	}
	return p.read(r)
}

// read reads r into a buffer of p.
func (p *Pool) read(r io.Reader) (*content.Buffer, error) {
	p.once.Do(func() { p.buffers.Dir, p.buffers.Memory = p.Dir, p.Memory })
	b, _, err := p.buffers.Read(r, false)
	return b, err
}

// Header returns the header, which may be changed.
func (m *Message) Header() *Header {
	if m.header == nil {
		m.header = new(Header)
	}
	return m.header
}

// Size returns the length of the message, as Open returns it, in bytes.
func (m *Message) Size() int64 {
	if m.buffer == nil {
		return 0
	}
	return m.buffer.Size() - m.skip + int64(len(m.header.bytes()))
}

// Body returns a reader of what follows the header.
func (m *Message) Body() io.ReadSeeker {
	return m.reader(m.Header().text)
}

// SetBody makes what it reads from r, to its end, the body. Lines may end in LF, and become CRLF;
// a bare CR and NUL are errors. r may read the present body. The message is still held once: all
// readers from before are at their end afterwards. After an error the message is as it was.
func (m *Message) SetBody(r io.Reader) error {
	if m.buffer == nil {
		return content.ErrClosed
	}
	lines := content.NewLineReader(r)
	b, err := m.pool.read(lines)
	if err == nil {
		err = m.header.end()
	}
	if err != nil {
		b.Release()
		return err
	}
	m.release()
	m.buffer, m.skip, m.header.text = b, 0, nil
	m.eightBit = lines.EightBit()
	return nil
}

// EightBit reports whether SetBody has set a body with bytes that aren't ASCII: the message then
// must be declared as 8BITMIME.
func (m *Message) EightBit() bool { return m.eightBit }

// Open returns a reader of the message from its start, with the header as it is now. Several
// can be used one beside the other, until the Message is closed.
func (m *Message) Open() io.ReadSeeker {
	return m.reader(m.Header().bytes())
}

// reader returns a reader of head and then the body, or a closed one if the Message is closed.
func (m *Message) reader(head []byte) io.ReadSeeker {
	if m.buffer == nil {
		return content.NewReader(nil)
	}
	b := m.buffer.With(head, m.skip)
	defer b.Release()
	r := content.NewReader(b)
	m.readers = append(m.readers, r)
	return r
}

// Close gives the memory of the body back and ends all readers.
func (m *Message) Close() error {
	m.release()
	m.buffer = nil
	return nil
}

// release gives the body back and ends its readers.
func (m *Message) release() {
	for _, r := range m.readers {
		_ = r.Close() // it can't fail
	}
	m.buffer.Release()
	m.readers = nil
}
