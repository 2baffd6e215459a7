package spool

import (
	"io"
	"os"
	"path/filepath"
)

// fileSystem is the directory of a Spool. All names are relative to it. In tests it
// can lose everything that was not synced.
type fileSystem interface {
	// Create creates a new file, open for reading and writing.
	Create(name string) (file, error)
	// Open opens a file for reading, with write for writing too.
	Open(name string, write bool) (file, error)
	Remove(name string) error
	Rename(from, to string) error
	// List returns the names in a directory, sorted.
	List(dir string) ([]string, error)
	// SyncDir makes the creation, removal and renaming of files in a directory
	// durable.
	SyncDir(dir string) error
	// Space returns how many bytes can be stored, and how many could be on the
	// empty disk; negative if that isn't known.
	Space() (free, capacity int64)
}

// file is an open file.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Sync makes the content and the size durable.
	Sync() error
}

// osFS is a directory of the operating system.
type osFS string

func (fs osFS) path(name string) string { return filepath.Join(string(fs), name) }

func (fs osFS) Create(name string) (file, error) { return fs.open(name, true, true) }

func (fs osFS) Open(name string, write bool) (file, error) { return fs.open(name, write, false) }

func (fs osFS) open(name string, write, create bool) (file, error) {
	f, err := openFile(fs.path(name), write, create)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (fs osFS) Remove(name string) error { return os.Remove(fs.path(name)) }

func (fs osFS) Rename(from, to string) error { return os.Rename(fs.path(from), fs.path(to)) }

func (fs osFS) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(fs.path(dir))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (fs osFS) SyncDir(dir string) error { return syncDir(fs.path(dir)) }

func (fs osFS) Space() (free, capacity int64) { return space(string(fs)) }

// osFile is a file of the operating system.
type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Sync() error { return syncFile(f.File) }
