package relay

import (
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// settled are the fields of a header that isn't the client's own: somebody has
// signed it, or sent the message once more (RFC 5322 section 3.6.6).
var settled = []string{
	"DKIM-Signature", "DomainKey-Signature", "ARC-Seal", "ARC-Message-Signature",
	"Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Date", "Resent-Message-ID",
}

// completes reports whether h is to be mended and completed: we are the first relay
// of its message, and the header is the client's own.
func (s *session) completes(h *mailheader.Header) bool {
	relays := h.Relays()
	if s.recorder != nil {
		s.recorder.relays = relays
	}
	return s.rules.CompletesHeader(relays) && !slices.ContainsFunc(settled, h.Has)
}

// repair mends the beginning of a message, and reports whether the header is to be
// completed.
func (s *session) repair(h *mailheader.Header) (completes bool, err error) {
	if !s.completes(h) {
		return false, nil
	}
	err = h.Repair(int64(max(s.endpoint.settings.MaxHeaderSize, 0)))
	// A header behind empty lines shows only now what it is.
	return s.completes(h), err
}

// complete gives a header what the first relay of a message may add, or put in place
// of what isn't well-formed (RFC 6409 sections 8.2 and 8.3), and returns the
// Message-ID that it has then. From is the sender of the envelope: the policy has
// allowed the client to use it.
func (s *session) complete(tx *transaction, h *mailheader.Header) (messageID string) {
	lacking := tx.field[:0]
	add := func(name, value string) {
		h.Filter(func(n string) bool { return !equalFold(n, name) })
		lacking = append(append(append(append(lacking, name...), ": "...), value...), "\r\n"...)
	}
	messageID, wellFormed := h.MessageID()
	if messageID == "" {
		messageID = "<" + tx.env.ID + "@" + s.endpoint.in.Fqdn() + ">"
	}
	if !wellFormed {
		add("Message-ID", messageID)
	}
	if !h.HasDate() {
		add("Date", time.Now().Format(mailheader.DateFormat))
	}
	if !h.Has("From") && !tx.env.From.IsNull() {
		add("From", "<"+tx.env.From.String()+">")
	}
	if len(lacking) > 0 {
		h.Prepend(lacking)
	}
	return visibleID(messageID)
}
