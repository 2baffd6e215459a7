//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives file the owner and the group of the old file if they differ.
func keepOwner(file *os.File, old fs.FileInfo) error {
	now, err := file.Stat()
	if err != nil {
		return err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, okNow := now.Sys().(*syscall.Stat_t)
	if !ok || !okNow || was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	return file.Chown(int(was.Uid), int(was.Gid))
}
