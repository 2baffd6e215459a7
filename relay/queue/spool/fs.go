package spool

import (
	"io"
	"os"
	"path/filepath"
)

// fileSystem is what a Spool needs of the directory it lives in. All names are
// relative to it. In tests it loses what was never synced.
type fileSystem interface {
	// Create makes a new file to read and write.
	Create(name string) (file, error)
	// Open opens a file to read, and to write if asked.
	Open(name string, write bool) (file, error)
	Remove(name string) error
	Rename(from, to string) error
	// List returns the names in a directory, in their order.
	List(dir string) ([]string, error)
	// SyncDir makes what was created, removed and renamed in a directory
	// durable.
	SyncDir(dir string) error
	// Space returns how much could be stored, and how much could if nothing
	// were; negative if that isn't known.
	Space() (free, capacity int64)
}

// file is an open file.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Sync makes the bytes durable, and the size.
	Sync() error
}

// osFS is a directory of the operating system.
type osFS string

func (fs osFS) path(name string) string { return filepath.Join(string(fs), name) }

func (fs osFS) Create(name string) (file, error) {
	f, err := os.OpenFile(fs.path(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (fs osFS) Open(name string, write bool) (file, error) {
	flag := os.O_RDONLY
	if write {
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(fs.path(name), flag, 0)
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
