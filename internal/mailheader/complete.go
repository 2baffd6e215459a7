package mailheader

import (
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/routing"
)

// settled are the fields of a header that must not be completed: it is signed, or the
// message was resent (RFC 5322, section 3.6.6).
var settled = []string{
	"DKIM-Signature", "DomainKey-Signature", "ARC-Seal", "ARC-Message-Signature",
	"Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Date", "Resent-Message-ID",
}

// Settled reports whether h must not be completed: it is signed, or the message was resent.
func (h *Header) Settled() bool { return slices.ContainsFunc(settled, h.Has) }

// Complete adds the fields that the first relay of a message may add, or replaces them if
// they aren't well-formed (RFC 6409, sections 8.2 and 8.3), and returns the Message-ID: a new
// one is id@host. From becomes the sender of the envelope; a null sender adds none. lacking
// is empty memory for the fields.
func (h *Header) Complete(id, host string, from routing.Address, lacking []byte) (messageID string) {
	add := func(name, value string) {
		h.Filter(func(n string) bool { return len(n) != len(name) || !strings.EqualFold(n, name) })
		lacking = append(append(append(append(lacking, name...), ": "...), value...), "\r\n"...)
	}
	messageID, wellFormed := h.MessageID()
	if messageID == "" {
		messageID = "<" + id + "@" + host + ">"
	}
	if !wellFormed {
		add("Message-ID", messageID)
	}
	if !h.HasDate() {
		add("Date", time.Now().Format(DateFormat))
	}
	if !h.author && !h.Has("From") && !from.IsNull() {
		add("From", "<"+from.String()+">")
	}
	if len(lacking) > 0 {
		h.Prepend(lacking)
	}
	return messageID
}
