package connector

import (
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
)

// Decision is the decision on one command. Decisions are comparable. The zero
// Decision refuses.
type Decision struct {
	Verdict Verdict
	Reason  reply.Reason
	Right   permission.Right // the right that decided; 0: no right did
	style   replyStyle
}

// Verdict says whether a command is accepted.
type Verdict uint8

// The verdicts. Close refuses the command and ends the connection.
const (
	Refuse Verdict = iota
	Accept
	Close
)

// String returns "refuse", "accept" or "close".
func (v Verdict) String() string {
	switch v {
	case Accept:
		return "accept"
	case Close:
		return "close"
	}
	return "refuse"
}

// MarshalText implements [encoding.TextMarshaler].
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Allowed reports whether d lets the command pass.
func (d Decision) Allowed() bool { return d.Verdict == Accept }

// Reply returns the reply on the wire, in the profile of the connector that decided.
// It has no enhanced code if the connector's EnhancedStatusCodesEnabled is off.
func (d Decision) Reply() reply.Reply {
	r := d.Reason.Reply(d.style.profile)
	if d.style.noEnhanced {
		r.Enhanced = [3]int{}
	}
	return r
}

// String returns the verdict and the reason, such as "refuse relay-denied".
func (d Decision) String() string { return d.Verdict.String() + " " + d.Reason.String() }

// replyStyle has the parameters of a connector that change its replies.
type replyStyle struct {
	profile    Profile
	noEnhanced bool // without enhanced codes
}

// decide returns the decision for a reason.
func (s replyStyle) decide(reason reply.Reason, right permission.Right) Decision {
	verdict := Refuse
	switch {
	case reason.Accepts():
		verdict = Accept
	case reason.Closes():
		verdict = Close
	}
	return Decision{Verdict: verdict, Reason: reason, Right: right, style: s}
}
