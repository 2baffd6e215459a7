package queue

import (
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/routing"
)

// Filter selects messages and recipients for an operator. Every condition that
// is set must hold, and all conditions about recipients must hold for the same
// recipient. The zero Filter selects nothing, so that a forgotten condition doesn't
// drop a whole queue; All selects everything. A Filter is only read and can be
// shared.
type Filter struct {
	All bool // also where no condition is set

	// Conditions on the message.
	IDs       []string  // one of these
	From      string    // the sender: an address or a domain, in any letter case, or "<>"
	Before    time.Time // the message arrived before this time
	After     time.Time // it arrived at this time or later
	Suspended *bool     // suspended or not; nil: either

	// Conditions on a recipient.
	To       routing.AddressSpace // covers the domain: contoso.com, *.contoso.com
	Hop      string               // the name of the next hop, or its first words, in any letter case
	Statuses []Status             // one of these
}

// Match reports whether f selects m: the conditions on the message hold, and the
// conditions on recipients hold for at least one recipient. A message without
// recipients is selected if f has no condition on recipients.
func (f *Filter) Match(m *Message) bool {
	aboutMessage := len(f.IDs) > 0 || f.From != "" || !f.Before.IsZero() || !f.After.IsZero() || f.Suspended != nil
	switch {
	case !f.All && !aboutMessage && !f.aboutRecipient():
		return false
	case len(f.IDs) > 0 && !slices.Contains(f.IDs, m.ID):
		return false
	case f.From != "" && !f.matchSender(m.From):
		return false
	case !f.Before.IsZero() && !m.Arrived.Before(f.Before):
		return false
	case !f.After.IsZero() && m.Arrived.Before(f.After):
		return false
	case f.Suspended != nil && m.Suspended != *f.Suspended:
		return false
	}
	return !f.aboutRecipient() || slices.ContainsFunc(m.Recipients, func(r Recipient) bool { return f.MatchRecipient(&r) })
}

// MatchRecipient reports whether the conditions on recipients hold for r, a
// recipient of a message that Match selected. Without such conditions it returns
// true.
func (f *Filter) MatchRecipient(r *Recipient) bool {
	switch {
	case f.To.IsValid() && !f.To.Matches(r.To.Domain()):
		return false
	case f.Hop != "" && !beginsWithWords(r.Hop, f.Hop):
		return false
	}
	return len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)
}

func (f *Filter) aboutRecipient() bool {
	return f.To.IsValid() || f.Hop != "" || len(f.Statuses) > 0
}

// matchSender compares without letter case, unlike Address: operators know the
// address of the sender, not how a client spelled it.
func (f *Filter) matchSender(from routing.Address) bool {
	if from.IsNull() {
		return f.From == "<>"
	}
	if strings.EqualFold(f.From, from.String()) {
		return true
	}
	domain, err := routing.ParseDomain(f.From)
	return err == nil && domain == from.Domain()
}

// beginsWithWords reports whether name is words, or words and more after a
// space.
func beginsWithWords(name, words string) bool {
	if len(name) < len(words) || !strings.EqualFold(name[:len(words)], words) {
		return false
	}
	return len(name) == len(words) || name[len(words)] == ' '
}
