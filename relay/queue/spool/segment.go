package spool

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
)

// The directories of a Spool.
const (
	journalDir = "journal"
	bodiesDir  = "bodies"
	damagedDir = "damaged"
)

// segment is one file of the journal. Spool.mu guards live and size.
type segment struct {
	number uint64
	nonce  nonce
	file   file

	live int   // records of messages on the queue
	size int64 // of the file

	// readers counts the users of file, the Spool included; the last one closes
	// it.
	readers atomic.Int32
}

// segmentName returns the name of the file of a segment.
func segmentName(number uint64, n nonce) string {
	return fmt.Sprintf("%s/%016d-%s.log", journalDir, number, n[:])
}

// parseSegmentName reads the name of a file in journal.
func parseSegmentName(name string) (number uint64, n nonce, ok bool) {
	base, isLog := strings.CutSuffix(name, ".log")
	digits, rest, _ := strings.Cut(base, "-")
	number, err := strconv.ParseUint(digits, 10, 64)
	if !isLog || err != nil || len(rest) != nonceLen {
		return 0, nonce{}, false
	}
	copy(n[:], rest)
	return number, n, segmentName(number, n) == journalDir+"/"+name
}

// newSegment returns a segment with the Spool as its only user.
func newSegment(number uint64, n nonce, f file) *segment {
	seg := &segment{number: number, nonce: n, file: f}
	seg.readers.Store(1)
	return seg
}

func (seg *segment) name() string { return segmentName(seg.number, seg.nonce) }

// acquire adds a user. The caller ensures that there is one already.
func (seg *segment) acquire() { seg.readers.Add(1) }

// release ends what acquire began.
func (seg *segment) release() {
	if seg.readers.Add(-1) == 0 {
		_ = seg.file.Close() // everything written is synced or given up
	}
}

// errChanged is the error of data that differs from what was written.
var errChanged = errors.New("the content has changed on the disk")

// place is the position of a record.
type place struct {
	segment *segment
	offset  int64
	header  header
}

func (p place) metaOffset() int64 { return p.offset + int64(headerLen) }

func (p place) bodyOffset() int64 { return p.metaOffset() + int64(p.header.metaLen) }

// meta reads the JSON of the record.
func (p place) meta() ([]byte, error) {
	b := make([]byte, p.header.metaLen)
	if _, err := p.segment.file.ReadAt(b, p.metaOffset()); err != nil {
		return nil, err
	}
	if sum(b) != p.header.metaSum {
		return nil, fmt.Errorf("%s: the record at %d: %w", p.segment.name(), p.offset, errChanged)
	}
	return b, nil
}
