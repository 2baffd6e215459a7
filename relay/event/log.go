package event

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// maxKeys is how many keys the longest line has.
const maxKeys = 18

// Log returns a Reader that writes a line for each event, and passes it to the others in turn. Of refusals
// by a limit and of refused connections, it writes ten lines a minute for each connector and limit, and one
// for each key; a last line has in More how many others there were.
// The text of the line is that of the Kind. Everything that clients and hosts wrote is
// [Printable]. A nil logger writes nothing, and nil others are left out; without any of them Log
// returns nil, so that no Event need be made.
func Log(logger *slog.Logger, others ...Reader) Reader {
	var all []Reader
	if logger != nil {
		all = append(all, lines(logger))
	}
	for _, r := range others {
		if r != nil {
			all = append(all, r)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return func(ctx context.Context, e Event) {
		for _, r := range all {
			r(ctx, e)
		}
	}
}

// lines returns a Reader that writes a line for each event, unless it is one of a flood.
func lines(logger *slog.Logger) Reader {
	f := &floods{logger: logger}
	return func(ctx context.Context, e Event) {
		if logger.Enabled(ctx, e.Level()) {
			f.add(ctx, &e)
		}
	}
}

// writeLine writes the line of an event.
func writeLine(ctx context.Context, logger *slog.Logger, e *Event) {
	var room [maxKeys]slog.Attr
	attrs := append(room[:0], e.Attrs...)
	if e.Kind < kinds {
		for _, key := range table[e.Kind].keys {
			if v, ok := e.value(key); ok {
				attrs = append(attrs, slog.Attr{Key: key, Value: v})
			}
		}
	}
	logger.LogAttrs(ctx, e.Level(), e.Kind.String(), attrs...)
}

// value returns the value of a key in the log. ok is false if the event has none.
func (e *Event) value(key string) (v slog.Value, ok bool) {
	switch key {
	case "from":
		return printable(e.From.String()), e.Kind != CommandRefused || e.Command == "MAIL" || e.Command == "RCPT"
	case "to":
		return e.to()
	case "helo":
		return printable(e.Helo), e.Helo != "" && (e.Kind != CommandRefused || e.Command == "HELO")
	case "tls":
		if e.TLS == 0 {
			return v, false
		}
		return slog.StringValue(tls.VersionName(e.TLS)), true
	case "cipher":
		if e.Cipher == 0 {
			return v, false
		}
		return slog.StringValue(tls.CipherSuiteName(e.Cipher)), true
	case "reason":
		return slog.StringValue(e.Reason.String()), e.Reason != reply.Undecided
	case "error":
		if e.Err == nil {
			return v, false
		}
		return printable(e.Err.Error()), true
	case "steps":
		if e.Trace == nil {
			return v, false
		}
		return slog.AnyValue(steps{*e.Trace}), true
	case "local":
		return address(e.Local)
	case "remote":
		return address(e.Remote)
	case "proxy":
		return address(e.Proxy.Addr)
	case "tester":
		return address(e.Tester)
	case "delay":
		return slog.DurationValue(e.Delay.Round(time.Millisecond)), e.Kind != Refused || e.NextHop != ""
	case "duration":
		if e.Kind == CommandAnswered {
			return slog.DurationValue(e.Duration.Round(time.Microsecond)), true
		}
		return slog.DurationValue(e.Duration.Round(time.Millisecond)), true
	case "held":
		unit := time.Millisecond
		if e.Kind == CommandAnswered {
			unit = time.Microsecond
		}
		return slog.DurationValue(e.Held.Round(unit)), e.Held.Round(unit) > 0
	case "retry":
		return slog.DurationValue(e.Retry.Round(time.Second)), true
	case "until":
		return slog.StringValue(e.Until.UTC().Format(time.RFC3339)), !e.Until.IsZero()
	case "others":
		return slog.IntValue(e.Others), e.Others > 0
	}
	if n, ok := e.number(key); ok {
		return slog.Int64Value(n), true
	}
	text := e.text(key)
	return printable(text), text != ""
}

// to returns the value of the key "to": a recipient, or all.
func (e *Event) to() (slog.Value, bool) {
	if e.Kind != ChangedByOperator {
		return printable(e.To.String()), e.Kind != CommandRefused || e.Command == "RCPT"
	}
	all := make([]string, len(e.AllTo))
	for i, to := range e.AllTo {
		all[i] = Printable(to.String())
	}
	return slog.AnyValue(all), true
}

// number returns the value of a key that is a number.
func (e *Event) number(key string) (n int64, ok bool) {
	switch key {
	case "recipients":
		return int64(e.Recipients), true
	case "size":
		return e.Size, e.Kind != CommandAnswered || e.ID != ""
	case "code":
		return int64(e.Code), e.Code != 0
	case "messages":
		return int64(e.Messages), true
	case "refused":
		return int64(e.Refused), true
	case "failures", "errors":
		return int64(e.Failures), true
	case "waiting":
		return int64(e.Waiting), true
	case "value":
		return e.Value, true
	case "lost":
		return e.Value, e.Value > 0
	case "bound":
		return e.Bound, true
	case "more":
		return int64(e.More), e.More > 0
	}
	return 0, false
}

// text returns the value of a key that is a text.
func (e *Event) text(key string) string {
	switch key {
	case "session":
		return e.Session
	case "id":
		return e.ID
	case "connector":
		return e.Connector
	case "proxy-id":
		return e.Proxy.ID
	case "proxy-name":
		return e.Proxy.Name
	case "proxy-tls":
		return e.Proxy.TLS
	case "user":
		return e.User
	case "command":
		return e.Command
	case "reply":
		return e.Reply
	case "mechanism":
		return e.Mechanism
	case "mail-from":
		return e.MailFrom.String()
	case "tried":
		return e.Tried
	case "result":
		return e.Result
	case "message-id":
		return e.MessageID
	case "hop":
		return e.NextHop
	case "domain":
		return e.Domain
	case "host", "milter", "keys":
		return e.Host
	case "addr":
		return e.Addr
	case "hop-session":
		return e.HopSession
	case "report":
		return e.Report
	case "advice":
		return e.Advice
	case "limit":
		return e.Limit
	case "by":
		return e.By
	case "key":
		return e.Key
	case "policy":
		return cmp.Or(e.Policy, e.Detail)
	case "kind", "then", "cause", "mode", "short", "log":
		return e.Detail
	case "decision":
		return e.Decision
	}
	return ""
}

// printable returns the value for a text that somebody else may have written.
func printable(text string) slog.Value { return slog.StringValue(Printable(text)) }

// address returns the value for an address; none if it isn't valid.
func address(a netip.AddrPort) (slog.Value, bool) {
	if !a.IsValid() {
		return slog.Value{}, false
	}
	return slog.StringValue(a.String()), true
}
