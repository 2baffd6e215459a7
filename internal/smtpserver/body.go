package smtpserver

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// source is a message on the wire: a dataReader or a bdatReader.
type source interface {
	// next returns content, at least one byte of it, valid until the next
	// call; io.EOF is the end of the message.
	next() ([]byte, error)
	// discard reads on after a refusal, to the point where commands can be told
	// from content again, and shows check what it drops. It gives up with
	// errTooMuch after limit bytes.
	discard(limit int64, check *contentCheck) error
}

// body is the io.Reader of Handler.Data.
type body struct {
	mu     sync.Mutex // a Handler may have left a goroutine that still reads
	src    source
	check  contentCheck
	strict bool // forbid bare CR, bare LF and NUL; false for BINARYMIME
	mend   bool // put CR before every bare LF
	cr     bool // with mend: the last byte that Read returned was CR
	unread []byte
	err    error      // sticky: io.EOF or *Abort
	ended  *time.Time // gets the time at which the message was read to its end; nil: it is not measured
	cause  error      // behind an *Abort: the source's error; nil: forbidden content
	closed bool
}

var errBodyClosed = &Abort{"read after the end of Data"}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, errBodyClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(b.unread) == 0 && b.err == nil {
		b.unread = b.more()
	}
	if len(b.unread) == 0 {
		return 0, b.err
	}
	if b.mend {
		return b.mendLines(p), nil
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	return n, nil
}

// mendLines copies unread bytes to p, with CR in front of every bare LF, and
// returns how many bytes p has then. Neither p nor unread is empty.
func (b *body) mendLines(p []byte) (n int) {
	for n < len(p) && len(b.unread) > 0 {
		line, _, ends := bytes.Cut(b.unread, []byte{'\n'})
		switch {
		case len(line) > 0:
			k := copy(p[n:], line)
			b.cr = line[k-1] == '\r'
			b.unread, n = b.unread[k:], n+k
		case ends && !b.cr: // the LF stays unread, and is no longer bare
			p[n], b.cr, n = '\r', true, n+1
		default:
			p[n], b.cr, n = '\n', false, n+1
			b.unread = b.unread[1:]
		}
	}
	return n
}

// more returns the next content if nothing in it is forbidden, or sets err.
func (b *body) more() []byte {
	content, err := b.src.next()
	switch {
	case err == io.EOF && b.strict && !b.check.end():
		b.err = &Abort{"bare CR at the end"}
	case err == io.EOF:
		b.err = io.EOF
		if b.ended != nil {
			*b.ended = time.Now()
		}
	case err != nil:
		b.err, b.cause = &Abort{err.Error()}, err
	case b.strict && !b.check.add(content):
		b.err = &Abort{"bare CR, bare LF or NUL"}
	default:
		return content
	}
	return nil
}

// close makes every later Read fail.
func (b *body) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}
