// Package hopreply knows the replies of mail services that mean something else than their
// code says, or that an administrator can do something about: Microsoft 365, Gmail and
// hosts that refuse a logon. [Find] looks a reply up. The table is in table.go, a row for each
// kind of reply.
package hopreply

import (
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/internal/ascii"
)

// Meaning classifies a reply beyond its code.
type Meaning uint8

const (
	AsCoded        Meaning = iota // what its code says
	WantsSecurity                 // the host expects TLS or a logon; its other addresses may not
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

// OfHost reports whether a reply concerns all mail of this server to the host. Such a reply is
// temporary, whatever its code.
func (m Meaning) OfHost() bool { return m >= WantsSecurity && m <= Busy }

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

// Caller is this server, as the host knows it that replies. The zero Caller is a stranger, as any server
// is to the mail exchangers of other domains.
type Caller struct {
	SmartHost bool   // the administrator has named the host: a smart host, an LMTP server, another server of the organisation
	User      string // with which the connector logs on to the smart host; "": it doesn't log on
	Token     bool   // it logs on with a token, not a password
}

// audience has the callers that a kind of reply is for. To others such a reply means what its code says.
type audience uint8

const (
	accounts  audience = iota // a Caller that logs on
	passwords                 // one that logs on with a password
	known                     // one that logs on, or to which the host is a smart host
	anyone
)

// Row is a kind of reply.
type Row struct {
	Meaning Meaning
	Advice  string // to the administrator, in sentences; "": none

	to       audience
	code     int    // 0: any
	min, max [3]int // the enhanced codes; max is zero: min only; both are: any
	words    string // in lower case: the text has all of them, separated by "|"; "": any text
}

// Find returns the row of a reply to c; a zero Row if the reply means what its code says. enhanced is
// zero if the reply has no enhanced code.
func Find(c Caller, code int, enhanced [3]int, text string) Row {
	text = strings.ToLower(text)
	for i := range table {
		if r := table[i]; r.concerns(c) && r.matches(code, enhanced, text) {
			r.Advice = strings.ReplaceAll(r.Advice, mailbox, argument(c.User))
			return r
		}
	}
	return Row{}
}

// concerns reports whether replies of the kind r are for c.
func (r *Row) concerns(c Caller) bool {
	switch r.to {
	case accounts:
		return c.User != ""
	case passwords:
		return c.User != "" && !c.Token
	case known:
		return c.User != "" || c.SmartHost
	}
	return true
}

// matches reports whether a reply is of the kind r. text is in lower case.
func (r *Row) matches(code int, enhanced [3]int, text string) bool {
	last := r.max
	if last == [3]int{} {
		last = r.min
	}
	switch {
	case r.code != 0 && r.code != code:
		return false
	case r.min != [3]int{} && (slices.Compare(enhanced[:], r.min[:]) < 0 || slices.Compare(enhanced[:], last[:]) > 0):
		return false
	}
	for word := range strings.SplitSeq(r.words, "|") {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// mailbox stands for the user name of the account in an Advice.
const mailbox = "MAILBOX"

// argument returns a user name as an argument of a command in PowerShell, in printable ASCII.
func argument(user string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	user = ascii.Printable(user)
	if strings.Trim(user, plain+`.@_+-\`) == "" && strings.IndexAny(user, plain) == 0 {
		return user
	}
	return "'" + strings.ReplaceAll(user, "'", "''") + "'"
}
