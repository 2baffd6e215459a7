//go:build unix

package control

import (
	"io/fs"
	"strconv"
	"syscall"
)

// owner returns the name of the user that owns a file.
func owner(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return userName(strconv.FormatUint(uint64(s.Uid), 10))
	}
	return "the user"
}
