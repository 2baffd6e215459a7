//go:build !linux

package journal

import "os"

// Reads reports whether systemd's journal reads what is written to f. This system has no
// systemd.
func Reads(*os.File) bool { return false }
