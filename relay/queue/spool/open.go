package spool

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
)

// Defaults of Options.
const (
	DefaultSegmentSize = 32 << 20
	DefaultLargeBody   = 256 << 10
)

// Options are the options of a Spool. The zero value has the defaults.
type Options struct {
	// Logger gets a line for damage, with the names of files, and for failed
	// writes. Nil: slog.Default().
	Logger *slog.Logger

	// SegmentSize is how large a file of the journal becomes, in bytes, unless
	// one record is larger. 0: DefaultSegmentSize.
	SegmentSize int64

	// LargeBody is how many bytes of content are kept in the journal; the content
	// of larger messages has a file of its own. 0: DefaultLargeBody; at most 32 MiB.
	LargeBody int
}

// Open opens the spool in a directory. It creates the directory if it doesn't exist,
// and makes it accessible to its owner only. No other process can open the spool until
// it is closed. Open first recovers from a crash; it copies damaged records to the
// directory damaged and logs them, which is not an error.
func Open(dir string, options Options) (*Spool, error) {
	unlock, err := prepare(dir)
	if err != nil {
		return nil, fmt.Errorf("the queue in %s can't be opened: %w", dir, err)
	}
	s, err := open(osFS(dir), options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the queue in %s can't be opened: %w", dir, err), unlock())
	}
	s.unlockDir = unlock
	return s, nil
}

// open opens the spool in a prepared directory.
func open(fs fileSystem, options Options) (*Spool, error) {
	s := newSpool(fs, options)
	if err := s.recover(); err != nil {
		s.releaseAll()
		return nil, err
	}
	s.reclaim()
	return s, nil
}

// newSpool returns a spool that has read nothing yet.
func newSpool(fs fileSystem, options Options) *Spool {
	s := &Spool{
		fs: fs, log: cmp.Or(options.Logger, slog.Default()), unlockDir: func() error { return nil },
		segmentSize: cmp.Or(max(options.SegmentSize, 0), DefaultSegmentSize),
		largeBody:   min(cmp.Or(max(options.LargeBody, 0), DefaultLargeBody), maxMemory),
		index:       newIndex(),
		opened:      true,
	}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	s.changed.L = &s.mu
	s.next = newBatch(nil)
	return s
}
