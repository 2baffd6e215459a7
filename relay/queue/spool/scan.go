package spool

import (
	"bytes"
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
}

// scan scans the whole segment. It fails only if the segment can't be read.
func (sc *scanner) scan() error {
	sealed, err := sc.endsWell()
	if err != nil {
		return err
	}
	sc.sealed = sealed
	offset := int64(0)
	for offset < sc.size {
		next, err := sc.one(offset)
		if err != nil {
			return err
		}
		offset = next
	}
	return nil
}

// endsWell reports whether the last record is the one that ends a segment.
func (sc *scanner) endsWell() (bool, error) {
	if sc.size < int64(headerLen) {
		return false, nil
	}
	h, ok, err := sc.header(sc.size - int64(headerLen))
	return ok && h.kind == kindEnd && h.size() == int64(headerLen), err
}

// one handles the record at offset, or the damage, and returns the next offset.
func (sc *scanner) one(offset int64) (next int64, err error) {
	h, ok, err := sc.header(offset)
	if err != nil {
		return 0, err
	}
	if !ok {
		next, err = sc.resync(offset + 1)
		if err == nil {
			sc.damage(offset, next, "")
		}
		return next, err
	}
	p := place{sc.segment, offset, h}
	if offset+h.size() > sc.size {
		return sc.broken(p)
	}
	meta, err := sc.read(p.metaOffset(), int(h.metaLen))
	if err != nil {
		return 0, err
	}
	if sum(meta) != h.metaSum {
		return sc.broken(p)
	}
	// Content is left unchecked only if the next record follows it.
	end := offset + h.size()
	whole := sc.sealed && h.bodyLen > 0 && end < sc.size
	if whole {
		if _, whole, err = sc.header(end); err != nil {
			return 0, err
		}
	}
	if !whole && h.bodyLen > 0 {
		got := &summer{w: io.Discard}
		if _, err := io.Copy(got, io.NewSectionReader(sc.segment.file, p.bodyOffset(), int64(h.bodyLen))); err != nil {
			return 0, err
		}
		if got.sum != h.bodySum {
			return sc.broken(p)
		}
	}
	if meta, err = sc.read(p.metaOffset(), int(h.metaLen)); err != nil {
		return 0, err
	}
	sc.record(p, meta)
	return end, nil
}

// broken reports a record with a good header that is incomplete or damaged.
func (sc *scanner) broken(p place) (next int64, err error) {
	next, err = sc.resync(p.offset + int64(headerLen))
	if err != nil {
		return 0, err
	}
	id := ""
	if end := p.bodyOffset(); end <= sc.size {
		meta, err := sc.read(p.metaOffset(), int(p.header.metaLen))
		if err != nil {
			return 0, err
		}
		if sum(meta) == p.header.metaSum {
			id = metaID(meta)
		}
	}
	sc.damage(p.offset, next, id)
	return next, nil
}

// resync searches for the next header from offset on. It returns the end of the
// segment if there is no header.
func (sc *scanner) resync(offset int64) (int64, error) {
	start := append([]byte(headerStart), sc.segment.nonce[:]...)
	for offset < sc.size {
		b, err := sc.read(offset, int(min(scanWindow, sc.size-offset)))
		if err != nil {
			return 0, err
		}
		i := bytes.Index(b, start)
		switch {
		case i < 0 && offset+int64(len(b)) == sc.size:
			return sc.size, nil
		case i < 0:
			offset += int64(len(b) - len(start) + 1)
			continue
		}
		_, ok, err := sc.header(offset + int64(i))
		if ok || err != nil {
			return offset + int64(i), err
		}
		offset += int64(i) + 1
	}
	return sc.size, nil
}

// header reads the header at offset; ok is false if there is no header.
func (sc *scanner) header(offset int64) (header, bool, error) {
	if sc.size-offset < int64(headerLen) {
		return header{}, false, nil
	}
	b, err := sc.read(offset, headerLen)
	if err != nil {
		return header{}, false, err
	}
	h, ok := parseHeader(b, sc.segment.nonce)
	return h, ok, nil
}

// read returns n bytes at offset, which must be within the segment. They are valid
// until the next call.
func (sc *scanner) read(offset int64, n int) ([]byte, error) {
	from := offset - sc.start
	if from < 0 || from+int64(n) > int64(len(sc.window)) {
		want := int(min(int64(max(n, scanWindow)), sc.size-offset))
		if cap(sc.window) < want {
			sc.window = make([]byte, want)
		}
		sc.window = sc.window[:want]
		sc.start, from = offset, 0
		if _, err := sc.segment.file.ReadAt(sc.window, offset); err != nil && err != io.EOF {
			sc.window = sc.window[:0]
			return nil, err
		}
	}
	return sc.window[from : from+int64(n)], nil
}
