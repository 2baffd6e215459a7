package intake

import (
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// settled are the fields of a header that must not be completed: it is signed, or the
// message was resent (RFC 5322, section 3.6.6).
var settled = []string{
	"DKIM-Signature", "DomainKey-Signature", "ARC-Seal", "ARC-Message-Signature",
	"Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Date", "Resent-Message-ID",
}

// completes reports whether this server completes h: by the rules it is the first
// relay of the message, and the header isn't settled.
func completes(rules connector.Session, h *mailheader.Header) bool {
	return rules.CompletesHeader(h.Relays()) && !slices.ContainsFunc(settled, h.Has)
}

// complete adds the fields that the first relay of a message may add, or replaces them
// if they aren't well-formed (RFC 6409, sections 8.2 and 8.3), and returns the
// Message-ID. From becomes the sender of the envelope, which the policy has allowed
// the client to use. lacking is empty memory for the fields.
func complete(h *mailheader.Header, f *Facts, lacking []byte) (messageID string) {
	add := func(name, value string) {
		h.Filter(func(n string) bool { return !equalFold(n, name) })
		lacking = append(append(append(append(lacking, name...), ": "...), value...), "\r\n"...)
	}
	messageID, wellFormed := h.MessageID()
	if messageID == "" {
		messageID = "<" + f.ID + "@" + f.Session.Inbound().Fqdn() + ">"
	}
	if !wellFormed {
		add("Message-ID", messageID)
	}
	if !h.HasDate() {
		add("Date", time.Now().Format(mailheader.DateFormat))
	}
	if !h.Has("From") && !f.From.IsNull() {
		add("From", "<"+f.From.String()+">")
	}
	if len(lacking) > 0 {
		h.Prepend(lacking)
	}
	return visibleID(messageID)
}
