// Package journal writes a log for systemd's journal, which reads the standard error of a
// service: each line begins with its priority, as sd-daemon(3) describes, so that
// "journalctl -p warning" finds warnings. Begin at [New].
package journal

import (
	"context"
	"io"
	"log/slog"
	"sync"
)

// Handler puts the priority of each record before its line. It is safe for concurrent use.
type Handler struct {
	lines slog.Handler // writes to out
	out   *output
}

// output is where the lines go. A Handler writes one at a time.
type output struct {
	mu   sync.Mutex
	w    io.Writer
	line []byte // reused
	at   slog.Level
}

// New returns a Handler that formats records with the handler that lines returns, and
// writes each to w with one call, its priority first.
func New(w io.Writer, lines func(io.Writer) slog.Handler) *Handler {
	out := &output{w: w}
	return &Handler{lines: lines(out), out: out}
}

// Write implements [io.Writer] for the handler of lines.
func (o *output) Write(line []byte) (int, error) {
	o.line = append(append(o.line[:0], '<', priority(o.at), '>'), line...)
	n, err := o.w.Write(o.line)
	return max(0, n-len("<6>")), err
}

// priority returns the digit of syslog's level: debug, info, warning or error.
func priority(l slog.Level) byte {
	switch {
	case l < slog.LevelInfo:
		return '7'
	case l < slog.LevelWarn:
		return '6'
	case l < slog.LevelError:
		return '4'
	}
	return '3'
}

// Enabled implements [slog.Handler].
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.lines.Enabled(ctx, l) }

// Handle implements [slog.Handler].
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.at = r.Level
	return h.lines.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.lines.WithAttrs(attrs), h.out}
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.lines.WithGroup(name), h.out}
}
