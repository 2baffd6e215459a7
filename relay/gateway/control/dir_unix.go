//go:build !windows

package control

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// MakeDir makes a data directory, and those above it, that only its owner may use. One that
// exists stays as it is.
func MakeDir(dir string) error { return os.MkdirAll(dir, 0o700) }

// checkAccess returns an error unless only its owner may use a directory.
func checkAccess(dir string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return fmt.Errorf("it must be accessible to its owner only, and its mode is %04o: run chmod 700 %s", info.Mode().Perm(), dir)
}

// checkIsOwner returns an error unless this user owns path: files that another user, such as root, makes there are
// not the gateway's to read.
func checkIsOwner(path string, info fs.FileInfo) error {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() {
		return nil
	}
	return fmt.Errorf("%s belongs to %s: run the command as that user", path, userName(strconv.FormatUint(uint64(s.Uid), 10)))
}

// mayUse returns which users can use the gateway of a directory.
func mayUse(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "its owner and root"
	}
	name := userName(strconv.FormatUint(uint64(s.Uid), 10))
	if name == "root" {
		return name
	}
	return name + ", who owns the directory, and root"
}
