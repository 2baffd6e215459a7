package dispatch

import (
	"context"
	"crypto/tls"
	"log/slog"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/relay/dispatch/internal/schedule"
)

// logAttempt writes a line for each recipient of an attempt.
func (d *Dispatcher) logAttempt(r *schedule.Result) {
	t, m := r.Transfer, r.Transfer.Message
	for k := range r.Outcomes {
		o := &r.Outcomes[k]
		event, level := "delivered", slog.LevelInfo
		if m.Report {
			event = "delivery report sent"
		}
		if o.Err != nil {
			event, level = "deferred", slog.LevelWarn
			if schedule.IsPermanent(o.Err) {
				event = "refused"
			}
		}
		if !d.Logger.Enabled(context.Background(), level) {
			continue
		}
		attrs := append(make([]slog.Attr, 0, 11),
			slog.String("id", m.ID),
			slog.String("from", schedule.Printable(m.From.String())),
			slog.String("to", schedule.Printable(m.Recipients[t.To[k]].To.String())),
			slog.String("hop", t.HopName()),
			slog.String("host", schedule.Printable(o.Host)),
			slog.Duration("delay", r.At.Sub(m.Arrived).Round(time.Millisecond)))
		if o.Addr != "" {
			attrs = append(attrs, slog.String("addr", o.Addr))
		}
		if o.TLS != 0 {
			attrs = append(attrs, slog.String("tls", tls.VersionName(o.TLS)))
		}
		if o.Reply != "" { // of the host
			attrs = append(attrs, slog.String("reply", schedule.Printable(o.Reply)))
		}
		if o.Err != nil {
			attrs = append(attrs, slog.String("error", schedule.Printable(o.Err.Error())))
		}
		d.Logger.LogAttrs(context.Background(), level, event, attrs...)
	}
}

// logOperator writes the line of a message that an operator has changed.
func (d *Dispatcher) logOperator(ctx context.Context, m *schedule.Message) {
	said, ok := ctx.Value(operatorKey{}).([]slog.Attr)
	if !ok || !d.Logger.Enabled(ctx, slog.LevelInfo) {
		return
	}
	to := make([]string, len(m.Recipients))
	for i := range m.Recipients {
		to[i] = schedule.Printable(m.Recipients[i].To.String())
	}
	attrs := append(slices.Clone(said), slog.String("id", m.ID), slog.String("from", schedule.Printable(m.From.String())), slog.Any("to", to))
	d.Logger.LogAttrs(ctx, slog.LevelInfo, "changed by operator", attrs...)
}

type operatorKey struct{}

// WithOperator returns a context in which Retry, Suspend, Resume and Drop log each message that they
// change, with its sender, all its recipients, and attrs: which operator did what, by which filter.
func WithOperator(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, operatorKey{}, attrs)
}
