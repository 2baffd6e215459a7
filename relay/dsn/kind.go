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

// String returns the value of the field Action, "invalid" for the zero Kind.
func (k Kind) String() string {
	if k > Delivered {
		k = 0
	}
	return [...]string{"invalid", "failed", "delayed", "relayed", "delivered"}[k]
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
