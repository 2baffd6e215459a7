package replay

import (
	"github.com/interchange-smtp/interchange/connector/reply"
)

// answer is the old system's reply in the log. The zero answer means that the log
// has no reply.
type answer struct {
	code     int
	enhanced [3]int // zero: without
}

// The answers that a log implies without writing them.
var (
	answerReady  = answer{code: 220}
	answerOK     = answer{code: 250}
	answerLogin  = answer{code: 235}
	answerNoAuth = answer{535, [3]int{5, 7, 8}}
)

// ok reports whether the command was accepted.
func (a answer) ok() bool { return a.code >= 200 && a.code < 400 }

// parseAnswer reads one line of a reply. more is true if other lines follow.
func parseAnswer(line []byte) (a answer, more, ok bool) {
	if len(line) < 3 {
		return a, false, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return a, false, false
		}
		a.code = a.code*10 + int(c-'0')
	}
	if a.code < 200 || a.code > 599 {
		return a, false, false
	}
	if len(line) > 3 {
		if line[3] != ' ' && line[3] != '-' {
			return a, false, false
		}
		a.enhanced = parseEnhanced(line[4:])
	}
	return a, len(line) > 3 && line[3] == '-', true
}

// parseEnhanced reads the enhanced code at the start of a text (RFC 3463), or
// returns zero.
func parseEnhanced(text []byte) [3]int {
	var e [3]int
	part, digits := 0, 0
	for i := 0; ; i++ {
		end := i == len(text) || text[i] == ' '
		switch {
		case end || text[i] == '.':
			if digits == 0 || end != (part == 2) {
				return [3]int{}
			}
			if end {
				if e[0] != 2 && e[0] != 4 && e[0] != 5 {
					return [3]int{}
				}
				return e
			}
			part, digits = part+1, 0
		case text[i] >= '0' && text[i] <= '9' && digits < 3:
			e[part] = e[part]*10 + int(text[i]-'0')
			digits++
		default:
			return [3]int{}
		}
	}
}

// same reports whether r and a are the same reply to a program: texts don't count, nor
// do enhanced codes if the log doesn't have them.
func (a answer) same(r reply.Reply) bool {
	return a.code == r.Code && (a.enhanced == [3]int{} || a.enhanced == r.Enhanced)
}

// String returns the codes, such as "550 5.7.54".
func (a answer) String() string {
	return reply.Reply{Code: a.code, Enhanced: a.enhanced}.String()
}

// grammar reports whether a command was refused for its syntax or order. The policy
// isn't asked about such commands.
func (a answer) grammar() bool {
	return a.code >= 500 && a.code <= 504 && (a.enhanced == [3]int{} || a.enhanced[1] == 5) || a.code == 555 || a.code == 421
}

// ours reports whether a refusal is for a reason that a policy knows: the right to
// submit, to use a sender, to relay, or a limit. A policy doesn't know whether a
// mailbox exists, a filter or a block list refuses, the disk is full or a command
// is malformed.
func (a answer) ours() bool {
	if a.code < 500 {
		// With defer_unauth_destination Postfix refuses to relay with 454 4.7.1.
		return a.code == 452 && (a.enhanced == [3]int{} || a.enhanced == [3]int{4, 5, 3}) ||
			a == answer{454, [3]int{4, 7, 1}}
	}
	switch e := a.enhanced; {
	case e == [3]int{}:
		return a.code == 530 || a.code >= 550 && a.code <= 554
	case e == [3]int{5, 5, 3}, e == [3]int{5, 3, 4}:
		return true // too many recipients, too large
	case e[1] == 7:
		return true
	case e[1] == 1: // reserved and single-label domains, malformed addresses
		return e[2] >= 4 && e[2] <= 7
	}
	return false
}
