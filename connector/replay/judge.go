package replay

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// Kind says in which respect a session has another result.
type Kind string

// The kinds of differences.
const (
	KindConnector Kind = "connector" // another Receive connector serves the connection, or no connector
	KindVerdict   Kind = "verdict"   // one accepts and the other refuses
	KindReply     Kind = "reply"     // both refuse, with other codes
	KindRoute     Kind = "route"     // it leaves by another route, or can't leave
)

// difference is the common part of equal differences of several commands.
type difference struct {
	kind   Kind
	stage  connector.StageName
	in     *connector.Inbound
	was    string // a connector or a next hop of the old system
	now    string // the same by the policy
	old    answer
	reason reply.Reason // of the policy
}

// divergent is a difference with its count.
type divergent struct {
	difference
	reply           reply.Reply
	count, sessions int64
	examples        []Example
}

// maxDifferences bounds the number of different differences.
const maxDifferences = 1000

// judge compares a decision with the reply of the old system, and reports whether
// both accept the command.
func (s *session) judge(stage connector.StageName, d connector.Decision, a answer, subject string) bool {
	return s.judgeAs(KindVerdict, stage, d, a, subject)
}

// judgeAs is judge with the kind of difference that a refusal is.
func (s *session) judgeAs(kind Kind, stage connector.StageName, d connector.Decision, a answer, subject string) bool {
	s.replay.report.Commands++
	s.judged = true
	diff := difference{kind: kind, stage: stage, in: s.in, old: a, reason: d.Reason}
	switch passed := d.Allowed(); {
	case a.ok() && passed:
		return true
	case !a.ok() && !passed:
		switch reply := d.Reply(); {
		case a.same(reply):
		case a.grammar():
			s.replay.outside(a)
		default:
			diff.kind = KindReply
			s.differAs(diff, reply, subject)
		}
	case passed && !a.ours():
		s.replay.outside(a)
	default:
		s.differAs(diff, d.Reply(), subject)
	}
	return false
}

// differ records a difference other than one of replies.
func (s *session) differ(d difference, subject string) {
	var expected reply.Reply
	if d.reason != reply.Undecided {
		expected = s.in.Decide(d.reason).Reply()
	}
	s.differAs(d, expected, subject)
}

func (s *session) differAs(d difference, reply reply.Reply, subject string) {
	r := s.replay
	s.different = true
	found := r.differences[d]
	if found == nil {
		if len(r.differences) >= maxDifferences {
			r.report.MoreDifferences++
			return
		}
		found = &divergent{difference: d, reply: reply}
		r.differences[d] = found
	}
	found.count++
	if !s.countOnce(found) {
		found.sessions++
	}
	if len(found.examples) < r.opts.MaxExamples {
		found.examples = append(found.examples, s.example(subject))
	}
}

// countOnce reports whether the session was counted for d before, and remembers it. A
// session with very many differences is counted more than once.
func (s *session) countOnce(d *divergent) bool {
	for _, c := range s.counted {
		if c == d {
			return true
		}
	}
	if len(s.counted) < 16 {
		s.counted = append(s.counted, d)
	}
	return false
}

// example describes the session for people, printably: a log may hold any bytes.
func (s *session) example(subject string) Example {
	e := Example{
		File: s.replay.file(s.at), Line: s.at.line, Session: printable(s.id),
		Remote: s.remote(), Local: s.channel.Local,
		Helo: printable(s.helo), User: printable(s.user), TLS: s.channel.TLS,
		Subject: printable(subject),
	}
	if s.tx.open {
		if e.From = printable(s.tx.from.String()); s.tx.from.IsNull() {
			e.From = "<>"
		}
	}
	return e
}

// sameName reports whether a log's connector is the policy's: Exchange writes
// SERVER\Name, and letter case doesn't count.
func sameName(logged, ours string) bool {
	return strings.EqualFold(logged[strings.LastIndexByte(logged, '\\')+1:], ours)
}

// printable returns s without control characters, cut to a length.
func printable(s string) string {
	const longest = 200
	if len(s) > longest {
		s = s[:longest] + "..."
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c > '~' {
			return '?'
		}
		return c
	}, s)
}
