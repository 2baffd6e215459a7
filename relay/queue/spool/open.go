package spool

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
)

// Defaults of Options.
const (
	DefaultSegmentSize = 32 << 20
	DefaultLargeBody   = 256 << 10
)

// Options are what can be chosen of a Spool. The zero Options are the defaults.
type Options struct {
	// Logger is told of damage, by name, and of what can't be written. Nil:
	// slog.Default().
	Logger *slog.Logger

	// SegmentSize is how large a file of the journal becomes, in bytes, but
	// for a record that is larger. 0: DefaultSegmentSize.
	SegmentSize int64

	// LargeBody is from how many bytes on a body has a file of its own.
	// 0: DefaultLargeBody; at most 32 MiB.
	LargeBody int
}

// Open opens the spool in a directory, which it makes if there is none, and
// which nobody but its owner can look into. While it is open no other process
// can open it. What a crash left is put in order first, and what of it is
// damaged is set aside and logged; that is no error.
func Open(dir string, options Options) (*Spool, error) {
	unlock, err := prepare(dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s, err := open(osFS(dir), options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("spool: opening %s: %w", dir, err), unlock())
	}
	s.unlockDir = unlock
	return s, nil
}

// open opens the spool in a directory that is prepared.
func open(fs fileSystem, options Options) (*Spool, error) {
	s := &Spool{
		fs: fs, log: options.Logger, unlockDir: func() error { return nil },
		segmentSize: options.SegmentSize, largeBody: options.LargeBody,
		index: newIndex(),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.segmentSize <= 0 {
		s.segmentSize = DefaultSegmentSize
	}
	if s.largeBody <= 0 {
		s.largeBody = DefaultLargeBody
	}
	s.largeBody = min(s.largeBody, maxMemory)
	s.buffers.New = func() any { return new(bytes.Buffer) }
	s.changed.L = &s.mu
	s.next = newBatch(nil)
	if err := s.recover(); err != nil {
		s.releaseAll()
		return nil, err
	}
	s.reclaim()
	return s, nil
}
