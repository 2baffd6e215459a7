//go:build !windows

package main

import (
	"io"
	"os"

	"github.com/interchange-smtp/interchange/examples/gateway/internal/journal"
)

// runAsService returns false: other systems start a service like any other process.
func runAsService([]string) (code int, done bool) { return 0, false }

// takesPriority reports whether each line of a log that goes to w should begin with its
// priority: systemd's journal reads it.
func takesPriority(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && journal.Reads(f)
}
