package dispatch

import (
	"context"
	"log/slog"
	"strings"

	"github.com/interchange-smtp/interchange/relay/delivery"
)

// logOutcomes writes a line for each thing that was said in an attempt.
func (d *Dispatcher) logOutcomes(tr *transfer, outcomes []delivery.Outcome) {
	m := tr.m
	for k := 0; k < len(outcomes); {
		o, first := &outcomes[k], tr.to[k]
		n := 1
		for k+n < len(outcomes) && same(o, &outcomes[k+n]) {
			n++
		}
		k += n
		event, level := "delivered", slog.LevelInfo
		if o.Err != nil {
			event, level = "deferred", slog.LevelWarn
			if asError(o.Err).Reply.Code >= 500 {
				event = "refused"
			}
		}
		if !d.Logger.Enabled(context.Background(), level) {
			continue
		}
		attrs := append(make([]slog.Attr, 0, 8),
			slog.String("id", m.ID),
			slog.String("from", printable(m.From.String())),
			slog.String("to", printable(m.Recipients[first].To.String())),
			slog.Int("recipients", n),
			slog.String("hop", tr.hop.name),
			slog.String("host", printable(o.Host)),
			slog.String("reply", printable(m.Recipients[first].Reply)))
		if o.Err != nil {
			attrs = append(attrs, slog.String("error", printable(o.Err.Error())))
		}
		d.Logger.LogAttrs(context.Background(), level, event, attrs...)
	}
}

// same reports whether the same was said of two recipients.
func same(a, b *delivery.Outcome) bool {
	return (a.Err == nil) == (b.Err == nil) && a.Host == b.Host && a.Reply == b.Reply && a.Reply != ""
}

// maxPrintable bounds what of others' text goes into one attribute.
const maxPrintable = 1024

// printable returns s with '?' for whatever isn't printable ASCII.
func printable(s string) string {
	if len(s) > maxPrintable {
		s = s[:maxPrintable] + "..."
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, s)
}
