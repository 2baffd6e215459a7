package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Target returns the file that Write replaces: the one that a symbolic link leads to, or path itself if it isn't
// a link, or there is no file.
func Target(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// Write writes text to a new file beside path, syncs it and renames it to path. The new
// file keeps the owner, the group and the mode of the old one; if the caller isn't allowed to
// set them, Write fails. Where there was no file, the new one has mode 0600 and the owner of
// the file or directory like, or that of the caller if like is "". A symbolic link stays and
// its target is replaced.
func Write(path string, text io.WriterTo, like string) (err error) {
	path = Target(path)
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	temp, err := os.CreateTemp(dir, "."+base+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("no file can be made in the directory %w", source.FileError(filepath.Clean(dir), err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	if _, err = text.WriteTo(temp); err == nil {
		err = keepAccess(temp, path, like)
	}
	if err == nil {
		err = temp.Sync()
	}
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return source.FileError(path, err)
	}
	syncDir(dir)
	return nil
}

// keepAccess gives a new file the owner and mode of the one that it replaces, or else the
// owner of like.
func keepAccess(file *os.File, path, like string) error {
	old, err := os.Stat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	switch {
	case fresh && like == "":
		return nil
	case fresh:
		old, err = os.Stat(like)
	}
	if err == nil {
		err = keepOwner(file, old)
	}
	if err == nil && !fresh {
		err = file.Chmod(old.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("can't keep %w; run this as its owner or as root", source.FileError("its owner and mode", err))
	}
	return nil
}

// syncDir makes a rename in dir durable. It ignores the error of systems that
// can't sync a directory: the rename itself succeeded.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
