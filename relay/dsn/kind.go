package dsn

import "slices"

// Kind is what became of the recipients that a report is about: the Action of
// RFC 3464, section 2.3.3. The zero Kind is none.
type Kind uint8

// The kinds of reports.
const (
	Failed    Kind = iota + 1 // given up for good
	Delayed                   // not delivered yet, still tried
	Relayed                   // handed to a host that will not report on it
	Delivered                 // in the recipient's mailbox
)

// String returns the kind as the field Action has it, "invalid" for none.
func (k Kind) String() string {
	switch k {
	case Failed:
		return "failed"
	case Delayed:
		return "delayed"
	case Relayed:
		return "relayed"
	case Delivered:
		return "delivered"
	}
	return "invalid"
}

// class is the first digit of the kind's statuses.
func (k Kind) class() byte {
	switch k {
	case Failed:
		return '5'
	case Delayed:
		return '4'
	}
	return '2'
}

// Wants reports whether a recipient's NOTIFY asks for a report of the kind. The
// words are those of RFC 3461, section 4.1, in upper case. Without any, failures
// and delays are reported.
func Wants(notify []string, k Kind) bool {
	if len(notify) == 0 {
		return k == Failed || k == Delayed
	}
	word := ""
	switch k {
	case Failed:
		word = "FAILURE"
	case Delayed:
		word = "DELAY"
	case Relayed, Delivered: // 5.2.3: whoever asked for SUCCESS learns that no more will be heard
		word = "SUCCESS"
	}
	return word != "" && slices.Contains(notify, word) && !slices.Contains(notify, "NEVER")
}
