package journal

import (
	"fmt"
	"os"
	"syscall"
)

// Reads reports whether systemd's journal reads what is written to f: systemd names the
// stream of a service in JOURNAL_STREAM.
func Reads(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && os.Getenv("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}
