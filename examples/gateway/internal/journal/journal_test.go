package journal_test

import (
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/examples/gateway/internal/journal"
)

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func text(w io.Writer) slog.Handler {
	return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime})
}

func Example() {
	log := slog.New(journal.New(os.Stdout, text))
	log.Debug("looked up")
	log.Info("delivered")
	log.With("hop", "out").Warn("next hop failed")
	log.WithGroup("queue").Error("can't be written", "id", 1)
	// Output:
	// <7>level=DEBUG msg="looked up"
	// <6>level=INFO msg=delivered
	// <4>level=WARN msg="next hop failed" hop=out
	// <3>level=ERROR msg="can't be written" queue.id=1
}

// TestTogether: lines of several goroutines keep their priorities.
func TestTogether(t *testing.T) {
	var b strings.Builder
	log := slog.New(journal.New(&b, text))
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { log.Info("fine") })
		group.Go(func() { log.Error("broken") })
	}
	group.Wait()
	for line := range strings.Lines(b.String()) {
		if line != "<6>level=INFO msg=fine\n" && line != "<3>level=ERROR msg=broken\n" {
			t.Errorf("%q", line)
		}
	}
}
