package replay

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
)

// Kind says in what a session would fare differently.
type Kind string

// The kinds of differences.
const (
	KindConnector Kind = "connector" // another Receive connector takes the connection, or none does
	KindVerdict   Kind = "verdict"   // what passed is refused, or the reverse
	KindReply     Kind = "reply"     // it is refused by both, in other words
	KindRoute     Kind = "route"     // it leaves another way, or can't leave
)

// difference is what several commands that fared alike have in common.
type difference struct {
	kind   Kind
	stage  connector.StageName
	in     *connector.Inbound
	was    string // a connector or a next hop of the old system
	now    string // the same of ours
	old    answer
	reason reply.Reason // ours
}

// divergent is a difference with how often it was seen.
type divergent struct {
	difference
	reply           reply.Reply
	count, sessions int64
	examples        []Example
}

// maxDifferences bounds how many differences are told apart.
const maxDifferences = 1000

// judge holds a decision against what the old system answered, and reports
// whether both let the command pass.
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

// differ records a difference that is no reply.
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
	if !s.tell(found) {
		found.sessions++
	}
	if len(found.examples) < r.opts.MaxExamples {
		found.examples = append(found.examples, s.example(subject))
	}
}

// tell reports whether the session was told of d before, and remembers it. A
// session that differs in very many ways is counted more than once.
func (s *session) tell(d *divergent) bool {
	for _, told := range s.told {
		if told == d {
			return true
		}
	}
	if len(s.told) < 16 {
		s.told = append(s.told, d)
	}
	return false
}

// example is the session as it is now, for people. A log may hold anything.
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

// sameName reports whether a log's connector is ours: Exchange writes
// SERVER\Name, and letter case doesn't distinguish.
func sameName(logged, ours string) bool {
	return strings.EqualFold(logged[strings.LastIndexByte(logged, '\\')+1:], ours)
}

// printable is s without what could steer a terminal, and cut to a length.
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
