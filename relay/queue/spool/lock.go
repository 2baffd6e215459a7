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

// prepare makes the directories of a spool, sees to it that only their owner
// can look into them, and locks the spool. The lock is the operating system's,
// so it ends with the process, however that ends.
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
		return nil, fmt.Errorf("%s is in use by another process", dir)
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

// syncAbove makes the directories above dir durable, which may have been made
// for it: one that is lost takes along what is durable in it.
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
		return nil // what we may not read, or nobody can write, was there before
	}
	return err
}

// private makes a directory, or closes one that is open to others.
func private(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s must be a directory, and no link to one", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(path, 0o700)
	}
	return nil
}
