package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/interchange-smtp/interchange/relay/queue"
)

// Reader reads a spool that no process has open, and changes nothing in it. Read returns one. It is safe for
// concurrent use.
type Reader struct{ spool *Spool }

// Read opens the spool in a directory for reading. It is an error if a process has the spool open. One that opens
// it later isn't kept from that: then some messages may look damaged to the Reader, and are not. Read keeps about
// 300 bytes in memory for each message.
func Read(dir string, logger *slog.Logger) (*Reader, error) {
	if err := checkUnused(dir); err != nil {
		return nil, fmt.Errorf("the queue in %s can't be read: %w", dir, err)
	}
	s := newSpool(osFS(dir), Options{Logger: cmp.Or(logger, slog.New(slog.DiscardHandler))})
	s.readOnly = true
	if err := s.recover(); err != nil {
		s.releaseAll()
		return nil, fmt.Errorf("the queue in %s can't be read: %w", dir, err)
	}
	return &Reader{s}, nil
}

// checkUnused returns an error if there is no spool in dir, or if a process has it open.
func checkUnused(dir string) error {
	path := filepath.Join(dir, "lock")
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no queue: %w", fs.ErrNotExist)
		}
		return err
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	unused, err := lock.TryRLock()
	if err == nil && !unused {
		err = errInUse(dir)
	}
	return errors.Join(err, lock.Close())
}

// errInUse is the error of a spool that another process has open.
func errInUse(dir string) error { return fmt.Errorf("%s is in use by another process", dir) }

// All yields the messages as queue.Store.All does.
func (r *Reader) All(ctx context.Context) iter.Seq2[*queue.Message, error] { return r.spool.All(ctx) }

// Open returns the content of a message as queue.Store.Open does.
func (r *Reader) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	return r.spool.Open(ctx, id)
}

// Damages returns at how many places the journal is damaged. The end of what was being written in a crash
// counts.
func (r *Reader) Damages() int { return r.spool.damages }

// Close closes the files.
func (r *Reader) Close() error {
	r.spool.mu.Lock()
	defer r.spool.mu.Unlock()
	if r.spool.opened {
		r.spool.opened = false
		r.spool.releaseAll()
	}
	return nil
}
