package schedule

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/queue"
)

// Refusal returns the error that gives a client the reply for a reason. These replies are the same in
// every edition.
func Refusal(reason reply.Reason, cause error) *relay.Error {
	return &relay.Error{Reply: reason.Reply(permission.Current), Err: cause}
}

// asRefusal returns err as an error with a reply for a client.
func asRefusal(err error) *relay.Error {
	var e *relay.Error
	if errors.As(err, &e) && e.Reply.Code >= 400 && e.Reply.Code <= 599 {
		return e
	}
	return Refusal(reply.TemporaryError, err)
}

// IsPermanent reports whether err, of an Outcome, is a refusal for good.
func IsPermanent(err error) bool { return asRefusal(err).Reply.Code >= 500 }

// record writes the outcome of an attempt for the recipient i into m.
func (s *Scheduler) record(m *Message, i int, o delivery.Outcome, hop string, now time.Time) {
	r := &m.Recipients[i]
	r.Hop, r.Host, r.Addr, r.TLS, r.Cipher, r.Reply, r.Advice, r.Tried = hop, o.Host, o.Addr, o.TLS, o.Cipher, o.Reply, o.Advice, now
	if o.Host != "" || o.Err == nil {
		r.Attempts++
	}
	if o.Reply == "" {
		r.Host = "" // the host didn't say what is recorded
	}
	m.refusals[i] = nil
	if o.Err == nil {
		r.Status = queue.Delivered
		r.Reported = o.DSN // then the next hop reports
		return
	}
	e := asRefusal(o.Err)
	m.refusals[i] = e
	r.Reply = replyText(&o, e)
	if e.Reply.Code >= 500 {
		r.Status = queue.Failed
		return
	}
	r.Next = now.Add(s.limits.message)
}

// replyText returns the next hop's reply to a recipient, or else this server's, with the cause.
func replyText(o *delivery.Outcome, e *relay.Error) string {
	switch {
	case o.Reply != "":
		return o.Reply
	case o.Cause != "":
		return e.Reply.String() + ": " + o.Cause
	}
	return e.Reply.String()
}

// hasAnswered reports whether the next hop gave any reply to the message, or took it without one, as
// other transports than SMTP do.
func hasAnswered(outcomes []delivery.Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o delivery.Outcome) bool { return o.Err == nil || o.Reply != "" && o.Host != "" })
}

// isHeard reports whether a host was reached.
func isHeard(outcomes []delivery.Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o delivery.Outcome) bool { return o.Host != "" || o.Addr != "" || o.Reply != "" })
}

// isTooMuch reports whether a report was refused because of the original in it: it is too large, in a
// form that the next hop can't take, or has content that the next hop takes from no sender, such as a
// virus.
func isTooMuch(o *delivery.Outcome) bool {
	if o.Err == nil {
		return false
	}
	reply := asRefusal(o.Err).Reply
	code, status := reply.Code, reply.Enhanced
	if o.Reply != "" { // the host's own reply, which Err may have changed for a client
		status = [3]int{}
		_, _ = fmt.Sscanf(o.Reply, "%d %d.%d.%d", &code, &status[0], &status[1], &status[2]) // the status may be absent
	}
	switch [2]int(status[1:]) {
	case [2]int{2, 3}, [2]int{3, 4}: // RFC 3463: message too large, for the mailbox or the system
		return true
	}
	return code == 552 || code == 523 || code >= 500 && (status[1] == 6 || o.Content)
}
