package main

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/examples/gateway/internal/journal"
)

// newLogger returns the log of serve: text, or a JSON object for each line.
func newLogger(w io.Writer, asJSON bool) *slog.Logger {
	forJournal := takesPriority(w)
	lines := func(w io.Writer) slog.Handler {
		switch {
		case asJSON:
			return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: forPrograms})
		case forJournal:
			return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: withoutTime})
		}
		return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: inUTC})
	}
	out := &lineWriter{w: w}
	handler := lines(out)
	if forJournal {
		handler = journal.New(out, lines)
	}
	return slog.New(&countingHandler{handler, handler, new(atomic.Int64)})
}

// inUTC converts the time of a line to UTC, as in the protocol log.
func inUTC(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}

// withoutTime leaves the time out, because the journal adds it.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// forPrograms makes a duration a number of seconds, with the unit in its name. Times are
// in UTC.
func forPrograms(groups []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindDuration {
		return inUTC(groups, a)
	}
	return slog.Float64(a.Key+"-seconds", a.Value.Duration().Seconds())
}

// countingHandler counts the lines that can't be written, when the disk is full for one,
// and logs their number as soon as a line can be written again.
type countingHandler struct {
	slog.Handler
	plain slog.Handler // without attributes
	lost  *atomic.Int64
}

func (h *countingHandler) Handle(ctx context.Context, r slog.Record) error {
	if err := h.Handler.Handle(ctx, r); err != nil {
		h.lost.Add(1)
		return err
	}
	n := h.lost.Swap(0)
	if n == 0 {
		return nil
	}
	said := slog.NewRecord(time.Now(), slog.LevelError, "lines of this log were lost", 0)
	said.AddAttrs(slog.Int64("lines", n))
	err := h.plain.Handle(ctx, said)
	if err != nil {
		h.lost.Add(n)
	}
	return err
}

func (h *countingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &countingHandler{h.Handler.WithAttrs(attrs), h.plain, h.lost}
}

func (h *countingHandler) WithGroup(name string) slog.Handler {
	return &countingHandler{h.Handler.WithGroup(name), h.plain, h.lost}
}

// lineWriter writes one line per call. If only a part of a line could be written, the
// next one begins on a new line. slog's handlers don't call it concurrently.
type lineWriter struct {
	w    io.Writer
	torn bool
}

func (l *lineWriter) Write(line []byte) (int, error) {
	if l.torn {
		if _, err := l.w.Write([]byte("\n")); err != nil {
			return 0, err
		}
		l.torn = false
	}
	n, err := l.w.Write(line)
	l.torn = n > 0 && n < len(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	return n, err
}
