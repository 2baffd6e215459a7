// Package hopreply knows the replies of mail services that mean something else than their
// code says, or that an administrator can do something about: Microsoft 365, Gmail and
// hosts that refuse a logon. [Find] looks a reply up, [Parse] one that was written down. The
// table is in table.go, a row for each kind of reply.
package hopreply

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// Meaning classifies a reply beyond its code.
type Meaning uint8

const (
	AsCoded        Meaning = iota // what its code says
	BadCredentials                // the password or token isn't accepted, or may not be used here
	SwitchedOff                   // the service accepts no such logon until an administrator changes something
	NotLoggedOn                   // the service expects a logon
	Throttled                     // the account caused too many errors or tries, and must wait
	Quota                         // the account has sent as much as it may for now
	Crowded                       // too many connections at once
	Busy                          // the service has too much to do
	NoSendAs                      // the account may not send as this sender
	Refused                       // for good, and there is a cure
)

// OfHost reports whether a reply concerns this server's account at the host, and with it all mail
// to the host. Such a reply is temporary, whatever its code.
func (m Meaning) OfHost() bool { return m >= BadCredentials && m <= Busy }

// OfLogon reports whether the host refuses the account until an administrator changes something.
func (m Meaning) OfLogon() bool { return m >= BadCredentials && m <= NotLoggedOn }

// Pause returns how long to leave a host alone after the nth refusal in a row of this server's
// account there, n from 1: twice as long each time, up to a limit. Zero: the reply asks for no
// pause.
func (m Meaning) Pause(n int) time.Duration {
	first, most := time.Duration(0), time.Duration(0)
	switch m {
	case BadCredentials, NotLoggedOn, Busy:
		first, most = 5*time.Minute, time.Hour
	case SwitchedOff:
		first, most = 15*time.Minute, time.Hour
	case Throttled:
		first, most = 15*time.Minute, 2*time.Hour
	case Quota:
		first, most = time.Hour, 2*time.Hour
	}
	return min(first<<min(max(n-1, 0), 10), most)
}

// Row is a kind of reply.
type Row struct {
	Meaning Meaning
	Advice  string // to the administrator, in sentences; "": none

	code     int    // 0: any
	from, to [3]int // the enhanced codes; to is zero: from only; both are: any
	words    string // in lower case: the text has all of them, separated by "|"; "": any text
}

// Find returns the row of a reply; a zero Row if the reply means what its code says. enhanced is
// zero if the reply has no enhanced code.
func Find(code int, enhanced [3]int, text string) Row {
	text = strings.ToLower(text)
	for i := range table {
		if table[i].matches(code, enhanced, text) {
			return table[i]
		}
	}
	return Row{}
}

// Parse is Find for a reply in one line, such as "535 5.7.3 Authentication unsuccessful".
func Parse(line string) Row {
	code, err := strconv.Atoi(line[:min(len(line), 3)])
	if err != nil || code < 400 || code > 599 {
		return Row{}
	}
	enhanced, text := reply.CutEnhanced(line[min(len(line), 4):], code/100)
	return Find(code, enhanced, text)
}

// matches reports whether a reply is of the kind r. text is in lower case.
func (r *Row) matches(code int, enhanced [3]int, text string) bool {
	last := r.to
	if last == [3]int{} {
		last = r.from
	}
	switch {
	case r.code != 0 && r.code != code:
		return false
	case r.from != [3]int{} && (slices.Compare(enhanced[:], r.from[:]) < 0 || slices.Compare(enhanced[:], last[:]) > 0):
		return false
	}
	for word := range strings.SplitSeq(r.words, "|") {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
