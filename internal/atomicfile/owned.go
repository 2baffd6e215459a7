package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/interchange-smtp/interchange/connector/source"
)

// MakeDir makes a directory, and those above it, with mode 0700. The new directory has the
// owner of the one above it, so that root can make it for a program that runs as another
// user. One that exists stays as it is.
func MakeDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return source.FileError(dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return source.FileError(dir, err)
	}
	return ownAs(dir, filepath.Dir(filepath.Clean(dir)))
}

// MakeEmpty makes an empty file with mode 0600 and the owner of its directory. One that exists
// stays as it is.
func MakeEmpty(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return source.FileError(path, err)
	}
	if err := f.Close(); err != nil {
		return source.FileError(path, err)
	}
	return ownAs(path, filepath.Dir(path))
}

// ownAs gives path the owner of like.
func ownAs(path, like string) error {
	if os.Getuid() > 0 { // only root gives files away; on Windows it is -1
		return nil
	}
	model, err := os.Stat(like)
	if err != nil {
		return source.FileError(like, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return source.FileError(path, err)
	}
	defer f.Close()
	return source.FileError(path, keepOwner(f, model))
}
