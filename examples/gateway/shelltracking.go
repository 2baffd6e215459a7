package main

import (
	"context"
	"iter"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// trackingFiles are the logs that Get-MessageTrackingLog searches.
type trackingFiles struct{ data, logs string }

// Search implements operations.TrackingLog.
func (f trackingFiles) Search(_ context.Context, since, until time.Time) iter.Seq2[operations.TrackingRow, error] {
	return func(yield func(operations.TrackingRow, error) bool) {
		files, err := tracking.Open(trackingPath(f.data, f.logs))
		if err != nil {
			yield(operations.TrackingRow{}, err)
			return
		}
		for r, err := range files.Rows(since, until) {
			if err != nil {
				if !yield(operations.TrackingRow{}, err) {
					return
				}
				continue
			}
			if within(r.Timestamp, since, until) && !yield(operations.TrackingRow(*r), nil) {
				return
			}
		}
	}
}

// within reports whether t is neither before since nor after until; zero times are no bounds.
func within(t, since, until time.Time) bool {
	return (since.IsZero() || !t.Before(since)) && (until.IsZero() || !t.After(until))
}
