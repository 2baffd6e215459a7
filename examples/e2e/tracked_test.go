//go:build linux

package e2e

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/interchange-smtp/interchange/relay/tracking"
)

// tracked returns the rows of an event in the message tracking log of a gateway's -data, or all rows without an event. Rows are in
// the log a second after their event at the latest.
func tracked(t *testing.T, data, event string) (rows []*tracking.Row) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "logs", "MessageTracking", tracking.Prefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed by its age
		} else if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for row, err := range tracking.Read(f) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if event == "" || row.EventId == event {
				rows = append(rows, row)
			}
		}
	}
	return rows
}
