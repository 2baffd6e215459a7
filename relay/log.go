package relay

import (
	"log/slog"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// refuse logs and returns the refusal of a command.
func (s *session) refuse(command string, d connector.Decision, more ...any) reply.Reply {
	s.refused++
	r := d.Reply()
	s.logRefusal(slog.LevelInfo, command, r, append(more, "reason", d.Reason)...)
	return r
}

// unverified logs an error of the Verifier and returns the client's part of it.
// The level is Error, because nobody can log in until somebody mends it.
func (s *session) unverified(err error, more ...any) reply.Reply {
	s.refused++
	d := s.service.in.Decide(reply.VerifierUnavailable)
	r := d.Reply()
	s.logRefusal(slog.LevelError, "AUTH", r, append(more, "reason", d.Reason, "error", clean(err.Error()))...)
	return r
}

// failed logs an error of the Router and returns the client's part of it.
func (s *session) failed(command string, err error, more ...any) reply.Reply {
	s.refused++
	r := replyFor(s.service.in, err)
	s.logRefusal(slog.LevelInfo, command, r, append(more, "error", clean(err.Error()))...)
	return r
}

// maxRefusals is how many refused commands of a connection are logged one by
// one. All are counted in the line about its end: a client that is refused a
// thousand times a second must not fill the disk.
const maxRefusals = 100

func (s *session) logRefusal(level slog.Level, command string, r reply.Reply, more ...any) {
	if s.refused > maxRefusals || !s.server.Logger.Enabled(s.server.hard, level) {
		return
	}
	s.server.Logger.Log(s.server.hard, level, "command refused", append([]any{
		"session", s.id, "connector", s.service.in.Name(), "remote", s.channel.Remote,
		"user", clean(s.rules.Identity().String()), "command", command, "reply", clean(r.String()),
	}, more...)...)
}

// outcome is what became of a message.
type outcome struct {
	event     string
	reply     reply.Reply
	reason    reply.Reason // of a refusal by the policy
	err       error        // of a failure
	messageID string
}

// refuseMessage logs and returns the refusal of a message.
func (s *session) refuseMessage(tx *transaction, in *limitReader, d connector.Decision) reply.Reply {
	s.refused++
	r := d.Reply()
	s.logMessage(tx, in, outcome{event: "message refused", reply: r, reason: d.Reason})
	return r
}

// failedMessage logs an error of the Handler and returns the client's part.
func (s *session) failedMessage(tx *transaction, in *limitReader, err error) reply.Reply {
	s.refused++
	r := replyFor(s.service.in, err)
	s.logMessage(tx, in, outcome{event: "message failed", reply: r, err: err})
	return r
}

// took logs and returns the acceptance of a message.
func (s *session) took(tx *transaction, in *limitReader, messageID string) reply.Reply {
	s.messages++
	r := s.accepted(tx, messageID)
	s.logMessage(tx, in, outcome{event: "message accepted", reply: r, messageID: messageID})
	return r
}

// logMessage writes a line for each recipient of a message, so that none is hidden
// behind another.
func (s *session) logMessage(tx *transaction, in *limitReader, o outcome) {
	ctx, logger := s.server.hard, s.server.Logger
	if !logger.Enabled(ctx, slog.LevelInfo) {
		return
	}
	const toAt = 6
	var room [256]byte
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("session", s.id),
		slog.String("id", tx.env.ID),
		slog.String("connector", s.service.in.Name()),
		slog.String("remote", s.remote),
		slog.String("user", clean(s.rules.Identity().String())),
		slog.String("from", clean(tx.env.From.String())),
		slog.Attr{}, // whom to
		slog.Int("recipients", len(tx.env.To)),
		slog.Int64("size", in.n),
		slog.String("reply", clean(string(o.reply.Append(room[:0])))),
	)
	if o.reason != reply.Undecided {
		attrs = append(attrs, slog.String("reason", o.reason.String()))
	}
	if o.err != nil {
		attrs = append(attrs, slog.String("error", clean(o.err.Error())))
	}
	if tx.env.Delivered != "" {
		attrs = append(attrs, slog.String("delivered", clean(tx.env.Delivered)))
	}
	if o.messageID != "" {
		attrs = append(attrs, slog.String("message-id", o.messageID))
	}
	for i := range tx.env.To {
		attrs[toAt] = slog.String("to", clean(tx.env.To[i].To.String()))
		logger.LogAttrs(ctx, slog.LevelInfo, o.event, attrs...)
	}
}

// ended writes the one line that every connection gets.
func (s *session) ended(err error) {
	if s.protocol != nil {
		s.protocol.disconnect()
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	if !s.server.Logger.Enabled(s.server.hard, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("session", s.id),
		slog.String("connector", s.service.in.Name()),
		slog.String("local", s.channel.Local.String()),
		slog.String("remote", s.remote),
		slog.String("helo", clean(s.helo)),
		slog.Bool("tls", s.channel.TLS),
		slog.String("user", clean(s.rules.Identity().String())),
		slog.Int("messages", s.messages),
		slog.Int("refused", s.refused),
		slog.Duration("duration", time.Since(s.start).Round(time.Millisecond)),
	)
	if err != nil {
		attrs = append(attrs, slog.String("error", clean(err.Error())))
	}
	s.server.Logger.LogAttrs(s.server.hard, level, "connection ended", attrs...)
}

// maxClean bounds what of a client's text goes into one attribute.
const maxClean = 1024

// clean returns s as printable ASCII, with <NN> for every other octet. slog's
// own handlers escape those too, but others may not. Backslash and quote are
// left to them, or they would be escaped twice.
func clean(s string) string {
	const hex = "0123456789ABCDEF"
	if len(s) <= maxClean && !strings.ContainsFunc(s, unclean) {
		return s
	}
	var b strings.Builder
	b.Grow(min(len(s), maxClean) + len(`\xNN...`))
	for i := range len(s) {
		if b.Len() >= maxClean {
			b.WriteString("...")
			break
		}
		if c := s[i]; unclean(rune(c)) {
			b.Write([]byte{'<', hex[c>>4], hex[c&15], '>'})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unclean(c rune) bool { return c < ' ' || c > '~' }

// equalFold compares ASCII text without case.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// visibleID returns a Message-ID that is fit for a reply, or "".
func visibleID(value string) string {
	id := strings.Trim(value, " \t\r\n")
	if len(id) < 3 || len(id) > maxMessageID || id[0] != '<' || id[len(id)-1] != '>' {
		return ""
	}
	if strings.ContainsFunc(id[1:len(id)-1], func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`<>\"`, c)
	}) {
		return ""
	}
	return id
}
