package envelope

import "strings"

// Return is the RET parameter of MAIL: how much of a message that could not be
// delivered a report returns (RFC 3461, section 4.3). The zero value means that
// it was not given.
type Return uint8

// The values of RET.
const (
	ReturnFull   Return = iota + 1 // FULL: the whole message
	ReturnHeader                   // HDRS: the header
)

// ParseReturn parses the value of RET, in upper or lower case.
func ParseReturn(s string) (r Return, ok bool) {
	switch strings.ToUpper(s) {
	case "FULL":
		return ReturnFull, true
	case "HDRS":
		return ReturnHeader, true
	}
	return 0, false
}

// String returns the value of RET, "" if it was not given.
func (r Return) String() string {
	switch r {
	case ReturnFull:
		return "FULL"
	case ReturnHeader:
		return "HDRS"
	}
	return ""
}

// Notify is the NOTIFY parameter of RCPT: on which outcomes the sender asks for a
// report (RFC 3461, section 4.1). The zero value means that it was not given;
// failures and delays are reported then. NotifyNever stands alone, the others
// can be combined with |.
type Notify uint8

// The values of NOTIFY.
const (
	NotifyNever Notify = 1 << iota
	NotifySuccess
	NotifyFailure
	NotifyDelay
)

// notifyNames holds the names of the values of NOTIFY, from the lowest bit up.
var notifyNames = [...]string{"NEVER", "SUCCESS", "FAILURE", "DELAY"}

// ParseNotify parses the value of NOTIFY, a list separated by commas, in upper or
// lower case: NEVER, or others.
func ParseNotify(s string) (n Notify, ok bool) {
	for word := range strings.SplitSeq(s, ",") {
		bit := Notify(0)
		for i, name := range notifyNames {
			if strings.EqualFold(word, name) {
				bit = 1 << i
			}
		}
		if bit == 0 || n != 0 && (n|bit)&NotifyNever != 0 {
			return 0, false
		}
		n |= bit
	}
	return n, true
}

// Has reports whether n has one of the values in v.
func (n Notify) Has(v Notify) bool { return n&v != 0 }

// String returns the value of NOTIFY, "" if it was not given.
func (n Notify) String() string {
	var words []string
	for i, name := range notifyNames {
		if n.Has(1 << i) {
			words = append(words, name)
		}
	}
	return strings.Join(words, ",")
}
