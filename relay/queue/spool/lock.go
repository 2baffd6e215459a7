package spool

import (
	"fmt"
	"os"
	"path/filepath"

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
	// A directory that is lost takes along what is durable in it.
	err = syncDir(dir)
	if parent := syncDir(filepath.Dir(filepath.Clean(dir))); err == nil && !os.IsPermission(parent) {
		err = parent // a parent that we may not read was made by somebody else
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock.Close, nil
}

// private makes a directory, or closes one that is open to others.
func private(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no directory", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(path, 0o700)
	}
	return nil
}
