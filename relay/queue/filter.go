package queue

import (
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/routing"
)

// Filter selects messages and recipients for an operator. Every condition that
// is set must hold, and those about a recipient must hold for one and the same.
// The zero Filter selects nothing, lest a forgotten condition drop a whole
// queue; All asks for everything. A Filter is only read, so it may be shared.
type Filter struct {
	All bool // also where no condition is set

	// Conditions on the message.
	IDs       []string  // one of these
	From      string    // the sender: an address or a domain, letter case aside, or "<>"
	Before    time.Time // arrived before
	After     time.Time // arrived at this time or later
	Suspended *bool     // held or not; nil: either

	// Conditions on a recipient.
	To       routing.AddressSpace // covers the domain: contoso.com, *.contoso.com
	Hop      string               // the name of the next hop, or the words that it begins with, letter case aside
	Statuses []Status             // one of these
}

// Match reports whether f selects m: the conditions on the message hold, and
// those on a recipient hold for at least one. A message without recipients is
// selected if no condition asks for one.
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

// MatchRecipient reports whether the conditions on a recipient hold for r. It
// is meant for the recipients of a message that Match selected, and true for
// each of them if there are no such conditions.
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

// matchSender compares without letter case, unlike Address: who looks for a
// message knows how the sender is called, not how a client spelled it.
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
