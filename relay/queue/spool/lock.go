package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
)

// prepare creates the directories of a spool, makes them accessible to their owner
// only, and locks the spool. The operating system releases the lock when the process
// ends, however it ends.
func prepare(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	if !locked {
		return nil, errInUse(dir)
	}
	for _, name := range []string{journalDir, bodiesDir, damagedDir} {
		if err := private(filepath.Join(dir, name)); err != nil {
			_ = lock.Close()
			return nil, err
		}
	}
	if err := errors.Join(syncDir(dir), syncAbove(dir)); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock.Close, nil
}

// syncAbove makes the directories above dir durable, which may be new: a directory
// that is lost takes its content along.
func syncAbove(dir string) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	for above := filepath.Dir(dir); err == nil && above != dir; above = filepath.Dir(dir) {
		err = syncDir(above)
		dir = above
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EROFS) {
		return nil // a directory that can't be read or written was there before
	}
	return err
}

// private creates a directory, or takes the access of others from an existing one.
func private(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s must be a directory, not a link to one", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(path, 0o700)
	}
	return nil
}
