package relay

import (
	"log/slog"
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

// verifierFailed logs an error of the Verifier and returns the reply for the client.
// The level is Error, because no client can log on until the Verifier is repaired.
func (s *session) verifierFailed(err error, more ...any) reply.Reply {
	s.refused++
	d := s.endpoint.in.Decide(reply.VerifierUnavailable)
	r := d.Reply()
	s.logRefusal(slog.LevelError, "AUTH", r, append(more, "reason", d.Reason, "error", clean(err.Error()))...)
	return r
}

// handlerRefused logs an error of the Handler at a command and returns the reply for the
// client.
func (s *session) handlerRefused(command string, err error, more ...any) reply.Reply {
	s.refused++
	r := replyFor(s.endpoint.in, err)
	s.logRefusal(slog.LevelInfo, command, r, append(more, "error", clean(err.Error()))...)
	return r
}

// maxRefusals is how many refused commands of a connection have a log line of their
// own. The line about its end counts them all. A client that is refused a thousand
// times a second must not fill the disk.
const maxRefusals = 100

// logRefusal writes the line about a refused command.
func (s *session) logRefusal(level slog.Level, command string, r reply.Reply, more ...any) {
	if s.refused > maxRefusals || !s.server.Logger.Enabled(s.ctx, level) {
		return
	}
	s.server.Logger.Log(s.ctx, level, "command refused", append([]any{
		"session", s.conn.ID, "connector", s.endpoint.in.Name(), "remote", s.conn.Channel.Remote,
		"user", clean(s.rules.Identity().String()), "command", command, "reply", clean(r.String()),
	}, more...)...)
}

// messageAborted is the event of a message that the client broke off. It doesn't see the
// reply.
const messageAborted = "message aborted"

// outcome is the result of a message.
type outcome struct {
	event     string
	reply     reply.Reply
	reason    reply.Reason // of a refusal by the policy
	err       error        // of a failure
	messageID string
}

// refuseMessage logs and returns the refusal of a message.
func (s *session) refuseMessage(tx *transaction, d connector.Decision) reply.Reply {
	s.refused++
	r := d.Reply()
	s.logMessage(tx, outcome{event: "message refused", reply: r, reason: d.Reason})
	return r
}

// messageFailed logs an error of the Handler and returns the reply for the client.
func (s *session) messageFailed(tx *transaction, err error) reply.Reply {
	s.refused++
	r := replyFor(s.endpoint.in, err)
	s.logMessage(tx, outcome{event: "message failed", reply: r, err: err})
	return r
}

// acceptMessage logs and returns the acceptance of a message.
func (s *session) acceptMessage(tx *transaction) reply.Reply {
	s.messages++
	messageID := tx.message.MessageID()
	r := s.acceptedReply(tx, messageID, tx.result.Receipt.Text)
	s.logMessage(tx, outcome{event: "message accepted", reply: r, messageID: messageID})
	return r
}

// acceptedReply returns the reply to an accepted message: the Handler's text or, without
// one, the client's own Message-ID, if that can be shown, and the id that this server
// gave it.
func (s *session) acceptedReply(tx *transaction, messageID, text string) reply.Reply {
	r := reply.Queued(tx.env.ID, s.endpoint.in.Fqdn())
	switch {
	case text != "":
		r.Text = text
	case messageID != "":
		r.Text = messageID + " " + r.Text
	}
	return r
}

// logMessage writes a line for each recipient of a message, and keeps its outcome for the
// Hooks.
func (s *session) logMessage(tx *transaction, o outcome) {
	tx.result.Size, tx.result.Err = tx.message.Size(), o.err
	if o.event != messageAborted {
		tx.result.Reply = o.reply
	}
	ctx, logger := s.ctx, s.server.Logger
	if !logger.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := s.messageAttrs(tx, o)
	for i := range tx.env.To {
		attrs[toAt] = slog.String("to", clean(tx.env.To[i].To.String()))
		logger.LogAttrs(ctx, slog.LevelInfo, o.event, attrs...)
	}
}

// toAt is the place of the recipient in messageAttrs.
const toAt = 6

// messageAttrs returns the attributes of a message, with room for one recipient.
func (s *session) messageAttrs(tx *transaction, o outcome) []slog.Attr {
	attrs := append(tx.attrs[:0], slog.String("session", s.conn.ID), slog.String("id", tx.env.ID), slog.String("connector", s.endpoint.in.Name()))
	attrs = append(attrs, slog.String("remote", s.remote), slog.String("user", clean(s.rules.Identity().String())))
	attrs = append(attrs, slog.String("from", clean(tx.env.From.String())), slog.Attr{}) // to
	attrs = append(attrs, slog.Int("recipients", len(tx.env.To)), slog.Int64("size", tx.message.Size()), slog.String("reply", clean(o.reply.String())))
	if o.reason != reply.Undecided {
		attrs = append(attrs, slog.String("reason", o.reason.String()))
	}
	if o.err != nil {
		attrs = append(attrs, slog.String("error", clean(o.err.Error())))
	}
	if result := tx.result.Receipt.Result; result != "" {
		attrs = append(attrs, slog.String("result", clean(result)))
	}
	if o.messageID != "" {
		attrs = append(attrs, slog.String("message-id", o.messageID))
	}
	return attrs
}

// logEnd writes the line about the end of a connection.
func (s *session) logEnd(err error) {
	if s.protocol != nil {
		s.protocol.disconnect()
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	if !s.server.Logger.Enabled(s.ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("session", s.conn.ID),
		slog.String("connector", s.endpoint.in.Name()),
		slog.String("local", s.conn.Channel.Local.String()),
		slog.String("remote", s.remote),
		slog.String("helo", clean(s.conn.Helo)),
		slog.Bool("tls", s.conn.Channel.TLS),
		slog.String("user", clean(s.rules.Identity().String())),
		slog.Int("messages", s.messages),
		slog.Int("refused", s.refused),
		slog.Duration("duration", time.Since(s.start).Round(time.Millisecond)),
	)
	if err != nil {
		attrs = append(attrs, slog.String("error", clean(err.Error())))
	}
	s.server.Logger.LogAttrs(s.ctx, level, "connection ended", attrs...)
}
