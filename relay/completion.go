package relay

import (
	"time"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// repair mends the beginning of a message whose first relay we are, and reports
// whether the header is to be completed. A header that somebody has signed is
// neither mended nor completed.
func (s *session) repair(h *mailheader.Header) (completes bool, err error) {
	if !s.rules.CompletesHeader(h.Hops()) || h.Has("DKIM-Signature") {
		return false, nil
	}
	err = h.Repair(int64(max(s.service.settings.MaxHeaderSize, 0)))
	// A header behind empty lines shows only now who had it before.
	return s.rules.CompletesHeader(h.Hops()) && !h.Has("DKIM-Signature"), err
}

// complete puts in front of a header what the first relay of a message may add
// (RFC 6409 sections 8.2 and 8.3), and returns the Message-ID that it has then.
// From is the sender of the envelope: the policy has allowed the client to use it.
func (s *session) complete(tx *transaction, h *mailheader.Header) (messageID string) {
	lacking := tx.field[:0]
	add := func(name, value string) {
		h.Filter(func(n string) bool { return !equalFold(n, name) }) // fields without a value
		lacking = append(append(append(append(lacking, name...), ": "...), value...), "\r\n"...)
	}
	messageID = messageIDOf(h)
	if !h.Has("Message-ID") {
		messageID = "<" + tx.env.ID + "@" + s.service.in.Fqdn() + ">"
		add("Message-ID", messageID)
	}
	if !h.Has("Date") {
		add("Date", time.Now().Format(mailheader.DateFormat))
	}
	if !h.Has("From") && !tx.env.From.IsNull() {
		add("From", "<"+tx.env.From.String()+">")
	}
	if len(lacking) > 0 {
		h.Prepend(lacking)
	}
	return messageID
}
