package dispatch

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/relay/dispatch/internal/tally"
	"github.com/interchange-smtp/interchange/relay/event"
)

// saveCountsAfter is how long after an attempt the file of SmartHostCounts is written, together with what
// is counted until then. So much may be lost in a crash.
const saveCountsAfter = 5 * time.Second

// keepCounts prepares the file of SmartHostCounts to be written.
func (d *Dispatcher) keepCounts() {
	d.counts.Path, d.counts.After = d.SmartHostCounts, saveCountsAfter
	d.counts.Text = func() ([]byte, error) {
		now := time.Now()
		d.mu.Lock()
		tallies := d.sched.Tallies(now)
		d.mu.Unlock()
		return tally.Format(tallies, now), nil
	}
	d.counts.Failed = func(err error) { d.emitCounts(event.CountsNotStored, err) }
}

// emitCounts says that the file of SmartHostCounts can't be read or written.
func (d *Dispatcher) emitCounts(kind event.Kind, err error) {
	if d.emit != nil {
		d.emit(context.Background(), event.Event{Kind: kind, Time: time.Now(), Err: err})
	}
}

// readCounts returns the counts in the file of SmartHostCounts.
func (d *Dispatcher) readCounts() (tallies map[tally.Account]tally.Tally) {
	if d.SmartHostCounts == "" {
		return nil
	}
	text, err := readlimit.File(d.SmartHostCounts, tally.MaxText)
	if err == nil {
		tallies, err = tally.Parse(string(text))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.emitCounts(event.CountsUnreadable, source.FileError(d.SmartHostCounts, err))
	}
	return tallies
}

// closeCounts writes the file of SmartHostCounts if something was counted since it was written last.
func (d *Dispatcher) closeCounts() {
	if err := d.counts.Close(); err != nil {
		d.counts.Failed(err)
	}
}
