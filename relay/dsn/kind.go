package dsn

import (
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Kind is the outcome that a report is about: the Action of RFC 3464, section 2.3.3.
// The zero Kind is invalid.
type Kind uint8

// The kinds of reports.
const (
	Failed    Kind = iota + 1 // will not be tried again
	Delayed                   // not delivered yet, still tried
	Relayed                   // passed on to a host that will not report on it
	Delivered                 // in the recipient's mailbox
)

// kinds has for each kind the value of the field Action, the subject of a report, and what it says to people.
var kinds = [...]struct{ action, subject, text string }{
	0: {action: "invalid"},
	Failed: {"failed", "Undeliverable: your message was not delivered",
		"Your message could not be delivered to the recipients listed here. It will not be tried again."},
	Delayed: {"delayed", "Delayed: your message has not been delivered yet",
		"Your message has not been delivered yet to the recipients listed here. Delivery is still being tried{until}. " +
			"You need not send it again."},
	Relayed: {"relayed", "Relayed: your message was passed on",
		"Your message was passed on for the recipients listed here. The host that accepted it doesn't report on delivery, " +
			"so you will receive no further reports."},
	Delivered: {"delivered", "Delivered: your message has arrived", "Your message was delivered to the recipients listed here."},
}

// String returns the value of the field Action, "invalid" for the zero Kind.
func (k Kind) String() string {
	if k > Delivered {
		k = 0
	}
	return kinds[k].action
}

// class returns the first digit of the status codes of the kind.
func (k Kind) class() byte {
	switch k {
	case Failed:
		return '5'
	case Delayed:
		return '4'
	}
	return '2'
}

// Wants reports whether a recipient's NOTIFY asks for a report of the kind (RFC
// 3461, section 4.1). If NOTIFY was not given, failures and delays are reported.
func Wants(n envelope.Notify, k Kind) bool {
	if n == 0 {
		return k == Failed || k == Delayed
	}
	if n.Has(envelope.NotifyNever) {
		return false
	}
	switch k {
	case Failed:
		return n.Has(envelope.NotifyFailure)
	case Delayed:
		return n.Has(envelope.NotifyDelay)
	case Relayed, Delivered: // 5.2.3: a sender who asked for SUCCESS learns that no further report will come
		return n.Has(envelope.NotifySuccess)
	}
	return false
}
