//go:build !windows

package spool

import "os"

// openFile opens a file for reading, with write for writing too, or creates a new one.
func openFile(path string, write, create bool) (*os.File, error) {
	flag := os.O_RDONLY
	if write {
		flag = os.O_RDWR
	}
	if create {
		flag |= os.O_CREATE | os.O_EXCL
	}
	return os.OpenFile(path, flag, 0o600)
}
