package dispatch

import (
	"context"
	"crypto/tls"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// logOutcomes writes a line for each recipient of an attempt, so that none is hidden
// behind another.
func (d *Dispatcher) logOutcomes(tr *transfer, outcomes []delivery.Outcome, now time.Time) {
	m := tr.m
	for k := range outcomes {
		o := &outcomes[k]
		event, level := "delivered", slog.LevelInfo
		if m.Report {
			event = "report sent" // only now the sender is told
		}
		if o.Err != nil {
			event, level = "deferred", slog.LevelWarn
			if asError(o.Err).Reply.Code >= 500 {
				event = "refused"
			}
		}
		if !d.Logger.Enabled(context.Background(), level) {
			continue
		}
		attrs := append(make([]slog.Attr, 0, 11),
			slog.String("id", m.ID),
			slog.String("from", printable(m.From.String())),
			slog.String("to", printable(m.Recipients[tr.to[k]].To.String())),
			slog.String("hop", tr.hop.name),
			slog.String("host", printable(o.Host)),
			slog.Duration("delay", now.Sub(m.Arrived).Round(time.Millisecond)))
		if o.Addr != "" {
			attrs = append(attrs, slog.String("addr", o.Addr))
		}
		if o.TLS != 0 {
			attrs = append(attrs, slog.String("tls", tls.VersionName(o.TLS)))
		}
		if o.Reply != "" { // what the host said, and nothing of ours
			attrs = append(attrs, slog.String("reply", printable(o.Reply)))
		}
		if o.Err != nil {
			attrs = append(attrs, slog.String("error", printable(o.Err.Error())))
		}
		d.Logger.LogAttrs(context.Background(), level, event, attrs...)
	}
}

// logDropped writes the line of a recipient that an operator has given up.
func (d *Dispatcher) logDropped(m *message, r *queue.Recipient) {
	words := "reply" // of the host
	if r.Host == "" {
		words = "error" // no host has said it
	}
	d.Logger.Info("dropped", "id", m.ID, "from", printable(m.From.String()), "to", printable(r.To.String()),
		"hop", r.Hop, "host", printable(r.Host), words, printable(r.Reply))
}

// logOperator writes the line of a message that an operator has changed.
func (d *Dispatcher) logOperator(ctx context.Context, m *message) {
	said, ok := ctx.Value(operatorKey{}).([]slog.Attr)
	if !ok || !d.Logger.Enabled(ctx, slog.LevelInfo) {
		return
	}
	to := make([]string, len(m.Recipients))
	for i := range m.Recipients {
		to[i] = printable(m.Recipients[i].To.String())
	}
	attrs := append(slices.Clone(said), slog.String("id", m.ID), slog.String("from", printable(m.From.String())), slog.Any("to", to))
	d.Logger.LogAttrs(ctx, slog.LevelInfo, "operator", attrs...)
}

type operatorKey struct{}

// WithOperator returns a context in which Retry, Suspend, Resume and Drop log each
// message that they change, with its sender, all its recipients, and attrs: who wants
// what, and by which filter.
func WithOperator(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, operatorKey{}, attrs)
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
