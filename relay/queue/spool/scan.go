package spool

import (
	"bytes"
	"cmp"
	"io"
)

// scanWindow is how much of a segment is read at a time.
const scanWindow = 32 << 10

// scanner finds the records of a segment, and damage between them.
type scanner struct {
	segment *segment
	size    int64

	// sealed means that the segment has the record of its end, so that no record of
	// it can be torn. Then the content of messages, which takes longest to read, is
	// checked only when it is opened.
	sealed bool

	// record is called for each record with its JSON, which belongs to the scanner,
	// and damage for bytes that aren't part of a record. id is the ID of the damaged
	// record's message, "" if it can't be read.
	record func(p place, meta []byte)
	damage func(from, to int64, id string)

	window []byte
	start  int64 // of window
	err    error // the first error of the segment's file: then nothing more is reported
}

// scan scans the whole segment. It fails only if the segment can't be read.
func (sc *scanner) scan() error {
	sc.sealed = sc.endsWell()
	for offset := int64(0); offset < sc.size && sc.err == nil; {
		offset = sc.one(offset)
	}
	return sc.err
}

// endsWell reports whether the last record is the one that ends a segment.
func (sc *scanner) endsWell() bool {
	if sc.size < int64(headerLen) {
		return false
	}
	h, ok := sc.header(sc.size - int64(headerLen))
	return ok && h.kind == kindEnd && h.size() == int64(headerLen)
}

// one handles the record at offset, or the damage, and returns the next offset.
func (sc *scanner) one(offset int64) (next int64) {
	h, ok := sc.header(offset)
	if !ok {
		next = sc.resync(offset + 1)
		sc.report(offset, next, "")
		return next
	}
	p, end := place{sc.segment, offset, h}, offset+h.size()
	if end > sc.size || sum(sc.read(p.metaOffset(), int(h.metaLen))) != h.metaSum {
		return sc.broken(p)
	}
	// Content is left unchecked only if the next record follows it.
	whole := sc.sealed && h.bodyLen > 0 && end < sc.size
	if whole {
		_, whole = sc.header(end)
	}
	if !whole && h.bodyLen > 0 && sc.err == nil {
		got := &summer{w: io.Discard}
		_, sc.err = io.Copy(got, io.NewSectionReader(sc.segment.file, p.bodyOffset(), int64(h.bodyLen)))
		if got.sum != h.bodySum {
			return sc.broken(p)
		}
	}
	if meta := sc.read(p.metaOffset(), int(h.metaLen)); sc.err == nil {
		sc.record(p, meta)
	}
	return end
}

// broken reports a record with a good header that is incomplete or damaged.
func (sc *scanner) broken(p place) (next int64) {
	next = sc.resync(p.offset + int64(headerLen))
	id := ""
	if p.bodyOffset() <= sc.size {
		if meta := sc.read(p.metaOffset(), int(p.header.metaLen)); sum(meta) == p.header.metaSum {
			id = metaID(meta)
		}
	}
	sc.report(p.offset, next, id)
	return next
}

// report reports damage, unless it may be an error in reading.
func (sc *scanner) report(from, to int64, id string) {
	if sc.err == nil {
		sc.damage(from, to, id)
	}
}

// resync searches for the next header from offset on. It returns the end of the
// segment if there is no header.
func (sc *scanner) resync(offset int64) int64 {
	start := append([]byte(headerStart), sc.segment.nonce[:]...)
	for offset < sc.size && sc.err == nil {
		b := sc.read(offset, int(min(scanWindow, sc.size-offset)))
		i := bytes.Index(b, start)
		switch {
		case i < 0 && offset+int64(len(b)) == sc.size:
			return sc.size
		case i < 0:
			offset += int64(len(b) - len(start) + 1)
			continue
		}
		if _, ok := sc.header(offset + int64(i)); ok {
			return offset + int64(i)
		}
		offset += int64(i) + 1
	}
	return sc.size
}

// header reads the header at offset; ok is false if there is no header.
func (sc *scanner) header(offset int64) (h header, ok bool) {
	if sc.size-offset < int64(headerLen) {
		return header{}, false
	}
	return parseHeader(sc.read(offset, headerLen), sc.segment.nonce)
}

// read returns n bytes at offset, which must be within the segment; nil after an error. They are valid
// until the next call.
func (sc *scanner) read(offset int64, n int) []byte {
	from := offset - sc.start
	if from < 0 || from+int64(n) > int64(len(sc.window)) {
		want := int(min(int64(max(n, scanWindow)), sc.size-offset))
		if cap(sc.window) < want {
			sc.window = make([]byte, want)
		}
		sc.window = sc.window[:want]
		sc.start, from = offset, 0
		if _, err := sc.segment.file.ReadAt(sc.window, offset); err != nil && err != io.EOF {
			sc.window, sc.err = sc.window[:0], cmp.Or(sc.err, err)
			return nil
		}
	}
	return sc.window[from : from+int64(n)]
}
