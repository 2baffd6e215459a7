package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
	"github.com/interchange-smtp/interchange/relay/gateway/trace"
	"github.com/interchange-smtp/interchange/relay/tracking"
)

// trackingDir is where the message tracking log is below the base directory of logs, by default.
const trackingDir = "MessageTracking"

// traceFlags are the flags of trace.
type traceFlags struct {
	data, logs string
	most       int
	json       bool
	files      []string
	tracking.Query
}

func (f *traceFlags) register(fs *flag.FlagSet, now time.Time) {
	fs.StringVar(&f.data, "data", "", "the `DIR` that the gateway was started with: its logs are read, and its queue")
	fs.StringVar(&f.logs, "logs", "", "the `DIR` of serve -logs (default: logs in the directory of -data)")
	fs.StringVar(&f.From, "from", "", "messages from an `ADDRESS`, or a part of one; <> is the null sender")
	fs.StringVar(&f.To, "to", "", "messages to an `ADDRESS`, or a part of one")
	fs.StringVar(&f.Subject, "subject", "", "messages with this `TEXT` in their subject")
	fs.StringVar(&f.ID, "id", "", "messages with this Message-ID or a part of it, `ID` of the queue, network ID or session")
	fs.Func("since", "messages to which something happened since a `TIME`, as in 9:14, 2h (ago), 2026-11-30, \"2026-11-30 9:14\" or RFC 3339", moment(&f.Since, now, false))
	fs.Func("until", "likewise, until a `TIME`", moment(&f.Until, now, true))
	fs.IntVar(&f.most, "most", 100, "print `N` messages at most")
	fs.BoolVar(&f.json, "json", false, "print for machines")
}

// moment returns the parser of a flag with a time. A date is its begin; with end, its end.
func moment(t *time.Time, now time.Time, end bool) func(string) error {
	return func(s string) error {
		s = strings.TrimSpace(s)
		var d time.Duration
		if err := age(&d)(s); err == nil && d >= 0 {
			*t = now.Add(-d)
			return nil
		}
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
			if at, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
				*t = at
				return nil
			}
		}
		if at, err := time.ParseInLocation(time.DateOnly, s, now.Location()); err == nil {
			if *t = at; end {
				*t = at.AddDate(0, 0, 1).Add(-time.Nanosecond)
			}
			return nil
		}
		for _, layout := range []string{"15:04:05", "15:04"} {
			if at, err := time.Parse(layout, s); err == nil {
				*t = latest(at, now)
				return nil
			}
		}
		return errors.New("give a time as in 9:14, 2h, 2026-11-30, \"2026-11-30 9:14\" or RFC 3339")
	}
}

// latest returns the last time until now at which the clock showed the time of day of at.
func latest(at, now time.Time) time.Time {
	t := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
	if t.After(now) {
		return t.AddDate(0, 0, -1)
	}
	return t
}

// runTrace registers the flags of gateway trace and returns its runner.
func runTrace(c *cli, fs *flag.FlagSet) runner {
	var f traceFlags
	f.register(fs, c.now().Local())
	return func(words []string) int {
		f.files = append(f.files, words...)
		return c.trace(&f)
	}
}

// trace tells what became of the messages that f finds.
func (c *cli) trace(f *traceFlags) int {
	files, err := f.open()
	if err != nil {
		return c.invalid(err)
	}
	unread := 0
	found, err := tracking.Find(context.Background(), files, f.Query, tracking.Options{Most: f.most, Unread: func(err error) {
		if unread++; unread <= mostUnread {
			fmt.Fprintln(c.stderr, visibleLine(err.Error()))
		}
	}})
	if err != nil {
		return c.invalid(err)
	}
	if unread > mostUnread {
		fmt.Fprintf(c.stderr, "%s can't be read\n", count(unread, "line"))
	}
	messages := trace.Messages(found.Stories)
	if f.data != "" {
		ask := func(r control.Request) iter.Seq2[control.Event, error] {
			return c.ask(context.Background(), f.data, r, nil)
		}
		if err := trace.AddWaiting(messages, ask); err != nil {
			fmt.Fprintf(c.stderr, "the queue isn't shown: %v\n", err)
		}
	}
	if f.json {
		c.printJSON(messages)
	} else {
		printTrace(c.stdout, messages, c.now().Local())
	}
	if found.More {
		fmt.Fprintf(c.stderr, "there are more messages; these are the first %d\n", len(messages))
	}
	if len(messages) == 0 {
		fmt.Fprintln(c.stderr, "no such message in these logs")
		return exitNo
	}
	return exitOK
}

// mostUnread is how many lines that can't be read are named.
const mostUnread = 5

// open returns the files of the log that are meant.
func (f *traceFlags) open() (tracking.Files, error) {
	given := len(f.files) > 0
	switch {
	case f.most < 1:
		return nil, errors.New("-most: give 1 or more")
	case !f.Until.IsZero() && f.Until.Before(f.Since):
		return nil, errors.New("-until is before -since")
	case given:
	case f.data == "" && f.logs == "":
		return nil, errors.New("give the logs to read: -data DIR, -logs DIR or LOG")
	default:
		f.files = []string{trackingPath(f.data, f.logs)}
	}
	files, err := tracking.Open(f.files...)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: there are no message tracking logs (%s*.LOG)", strings.Join(f.files, ", "), tracking.Prefix)
	}
	if err != nil && !given {
		err = fmt.Errorf("%w; if MessageTrackingLogPath names another directory, give it as LOG", err)
	}
	return files, err
}

// trackingPath returns the directory of the message tracking log: the one that the gateway on the data directory
// says it writes to, or by default the one in the base directory logs or in that of the data directory; if that
// directory is absent, the base directory itself.
func trackingPath(data, logs string) string {
	if logs == "" {
		if s, err := statusOf(data); err == nil && s.TrackingLog != "" {
			return s.TrackingLog
		}
		logs = filepath.Join(data, "logs")
	}
	dir := filepath.Join(logs, trackingDir)
	if _, err := os.Stat(dir); err != nil {
		return logs
	}
	return dir
}
