package replay

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

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
		Position: s.at, Session: printable(s.id),
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

// routeDifference returns the difference for a route: was is the connector or
// next hop that the old system chose.
func (s *session) routeDifference(was string, route connector.Route) difference {
	d := difference{kind: KindRoute, stage: connector.StageRoute, in: s.in, was: was}
	if route.Outcome == routing.Routed {
		d.now = route.Outbound.Name()
	} else {
		d.reason = route.Reason()
	}
	return d
}
