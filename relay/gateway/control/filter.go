package control

import (
	"fmt"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue"
	"github.com/interchange-smtp/interchange/routing"
)

// Filter selects messages that match all of its fields; a field about recipients
// matches if one recipient does. The zero Filter selects all messages.
type Filter struct {
	IDs             []string      `json:"ids,omitempty"`
	RecipientDomain string        `json:"recipientDomain,omitempty"` // or an address space: *.contoso.com
	Sender          string        `json:"sender,omitempty"`          // an address, a domain, or <>
	NextHop         string        `json:"nextHop,omitempty"`         // its name, or the first words of it
	Older           time.Duration `json:"older,omitempty"`           // on the queue for at least this long; nanoseconds
	Younger         time.Duration `json:"younger,omitempty"`         // on the queue for less than this; nanoseconds
	Status          string        `json:"status,omitempty"`          // of a recipient; or "suspended", of the message
}

// suspended is the status of messages that an operator has suspended.
const suspended = "suspended"

// Statuses returns the possible values of Filter.Status: "suspended" first, and then
// the statuses of recipients.
func Statuses() []string {
	all := []string{suspended}
	for s := queue.Waiting; s <= queue.Dropped; s++ {
		all = append(all, s.String())
	}
	return all
}

// IsZero reports whether f selects everything.
func (f Filter) IsZero() bool {
	return len(f.IDs) == 0 && f.RecipientDomain == "" && f.Sender == "" && f.NextHop == "" &&
		f.Older == 0 && f.Younger == 0 && f.Status == ""
}

// String returns f as the flags of gateway queue, for people. More than three IDs are
// given as their number.
func (f Filter) String() string {
	var b strings.Builder
	add := func(flag, value string) {
		if value != "" {
			fmt.Fprintf(&b, " -%s %s", flag, value)
		}
	}
	age := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	add("recipient-domain", f.RecipientDomain)
	add("sender", f.Sender)
	add("next-hop", f.NextHop)
	add("older", age(f.Older))
	add("younger", age(f.Younger))
	add("status", f.Status)
	if len(f.IDs) > 3 {
		fmt.Fprintf(&b, " %d IDs", len(f.IDs))
	} else {
		b.WriteString(" " + strings.Join(f.IDs, " "))
	}
	return strings.TrimSpace(b.String())
}

// filter returns f as a filter of the queue at the time now.
func (f Filter) filter(now time.Time) (queue.Filter, error) {
	q := queue.Filter{All: f.IsZero(), IDs: f.IDs, From: f.Sender, Hop: f.NextHop}
	if f.RecipientDomain != "" {
		space, err := routing.ParseAddressSpace(f.RecipientDomain)
		if err != nil {
			return q, fmt.Errorf("recipient domain: %w", err)
		}
		q.To = space
	}
	if err := checkSender(f.Sender); err != nil {
		return q, fmt.Errorf("sender: %w", err)
	}
	switch {
	case f.Older < 0 || f.Younger < 0:
		return q, fmt.Errorf("the age %v is negative", min(f.Older, f.Younger))
	case f.Older > 0:
		q.Before = now.Add(-f.Older)
	}
	if f.Younger > 0 {
		q.After = now.Add(-f.Younger)
	}
	return q, f.status(&q)
}

// checkSender returns an error unless s is "", "<>", an address or a domain.
func checkSender(s string) error {
	if s == "" || s == "<>" {
		return nil
	}
	var err error
	if strings.Contains(s, "@") {
		_, err = routing.ParseAddress(s)
	} else {
		_, err = routing.ParseDomain(s)
	}
	return err
}

func (f Filter) status(q *queue.Filter) error {
	switch f.Status {
	case "":
		return nil
	case suspended:
		yes := true
		q.Suspended = &yes
		return nil
	}
	var s queue.Status
	if err := s.UnmarshalText([]byte(f.Status)); err != nil {
		return fmt.Errorf("%w: give one of %s", err, strings.Join(Statuses(), ", "))
	}
	q.Statuses = []queue.Status{s}
	return nil
}
