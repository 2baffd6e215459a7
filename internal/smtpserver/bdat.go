package smtpserver

import (
	"errors"
	"io"
	"strconv"
	"strings"
)

// chunk is the argument of BDAT (RFC 3030, section 2).
type chunk struct {
	size int64
	last bool
}

// parseChunk parses the argument of BDAT.
func parseChunk(arg string) (c chunk, ok bool) {
	size, last := cutWord(arg)
	if last != "" && !strings.EqualFold(last, "LAST") {
		return chunk{}, false
	}
	if size == "" || len(size) > 18 || strings.Trim(size, digits) != "" {
		return chunk{}, false
	}
	n, err := strconv.ParseInt(size, 10, 64)
	return chunk{size: n, last: last != ""}, err == nil
}

// errTinyChunks is the error of a message in too many chunks that are nearly
// empty.
var errTinyChunks = errors.New("too many small chunks")

// bdatReader reads a message that comes in chunks.
type bdatReader struct {
	w *wire
	chunk
	following func() (chunk, error) // returns the chunk behind one that was read
	used      int                   // unread bytes of the wire that next has returned

	count, total int64 // chunks, and their bytes
}

// next implements source.
func (b *bdatReader) next() ([]byte, error) {
	b.w.skip(b.used)
	b.used = 0
	for b.size == 0 {
		if b.last {
			return nil, io.EOF
		}
		c, err := b.following()
		if err != nil {
			return nil, err
		}
		b.chunk = c
		if !b.countChunk() {
			return nil, errTinyChunks
		}
	}
	if len(b.w.unread()) == 0 {
		if err := b.w.fill(false); err != nil {
			return nil, err
		}
	}
	p := b.w.unread()
	p = p[:min(int64(len(p)), b.size)]
	b.used = len(p)
	b.size -= int64(len(p))
	return p, nil
}

// countChunk counts a chunk and reports whether the chunks so far are large enough.
// A message of thousands of nearly empty chunks only keeps the server busy.
func (b *bdatReader) countChunk() bool {
	b.count++
	b.total += b.size
	return b.count <= manyChunks || b.total >= b.count*smallChunk
}

// discard implements source: it drops the rest of the chunk, whose reply is the
// refusal. Chunks that follow find no transaction. Content without line
// discipline needs no check.
func (b *bdatReader) discard(limit int64, _ *contentCheck) error {
	b.w.skip(b.used)
	b.used = 0
	return b.w.discard(b.size, limit)
}
