package connector

import (
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Trace is the ordered record of what decisions looked at. The zero Trace is empty
// and ready to be recorded into, by one goroutine at a time.
type Trace struct{ steps []Step }

// Step is one thing that was looked at.
type Step struct {
	Check      Check
	Pass       bool               // whether what Check asks is so
	Right      permission.Right   // the right that Check asked for; 0: none
	Grants     []permission.Grant // what gave Right, or denied it; not to be changed
	Overridden []permission.Grant // grants that allow Right and are overridden by Grants, which deny it; not to be changed

	about   about
	of      subject
	send    *routing.Candidate // of checkSendConnector
	receive *receiveCandidate  // of checkReceiveConnector
}

// subject is what a decision was about: the connector whose parameters it looked
// at.
type subject struct {
	policy *Policy
	in     *Inbound
	out    *Outbound
}

// about is what a step was about: only values at hand, so that the fast door
// pays nothing for them.
type about struct {
	subject     string
	have, limit int64
}

// All returns the steps in the order in which they were taken.
func (t Trace) All() iter.Seq[Step] { return slices.Values(t.steps) }

// Len returns the number of steps.
func (t Trace) Len() int { return len(t.steps) }

// String returns the steps, one to a line, each with "yes" or "no".
func (t Trace) String() string {
	var b strings.Builder
	for _, s := range t.steps {
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// LogValue implements [slog.LogValuer]: a group with one attribute per step.
func (t Trace) LogValue() slog.Value {
	attrs := make([]slog.Attr, len(t.steps))
	for i, s := range t.steps {
		attrs[i] = slog.String(s.Check.String(), s.answer()+" "+s.Detail())
	}
	return slog.GroupValue(attrs...)
}

// Matching returns t without the connectors that match not at all, of which a large
// policy has thousands, and how many those were.
func (t Trace) Matching() (matching Trace, others int) {
	for _, s := range t.steps {
		switch s.Fate() {
		case FateOtherBinding, FateOtherRange, FateOtherSpace:
			others++
		default:
			matching.steps = append(matching.steps, s)
		}
	}
	return matching, others
}

// add records a step.
func (t *Trace) add(s Step) { t.steps = append(t.steps, s) }

// Candidate returns the name of the connector that the step is about; "" for
// steps that choose none.
func (s Step) Candidate() string {
	switch {
	case s.receive != nil:
		return s.receive.in.name
	case s.send != nil:
		return s.send.Connector
	}
	return ""
}

// Fate returns how the candidate of the step fared; "" for steps that choose
// none.
func (s Step) Fate() Fate {
	switch {
	case s.receive != nil:
		return s.receive.fate
	case s.send == nil:
		return ""
	case int(s.send.Fate) < len(routeFates):
		return routeFates[s.send.Fate]
	}
	return ""
}

// candidateStep is the step about a Send connector for a message of that size.
func candidateStep(p *Policy, c *routing.Candidate, size int64) Step {
	return Step{Check: checkSendConnector, Pass: c.Fate == routing.Chosen, send: c, about: about{have: size}, of: subject{policy: p}}
}

// rightStep is the step about a right of who.
func rightStep(of subject, c Check, who string, why permission.Explanation) Step {
	return Step{Check: c, Pass: why.Held, Right: why.Right, Grants: why.Grants, Overridden: why.Overridden, about: about{subject: who}, of: of}
}

// String returns the step on one line.
func (s Step) String() string {
	return s.answer() + strings.Repeat(" ", 5-len(s.answer())) + s.Check.String() + ": " + s.Detail()
}

func (s Step) answer() string {
	if s.Pass {
		return "yes"
	}
	return "no"
}

// Detail returns what was found, in words. It is made on demand.
func (s Step) Detail() string {
	text := s.Check.text(s.Pass)
	detail := strings.NewReplacer(
		"{s}", s.about.subject,
		"{n}", strconv.FormatInt(s.about.have, 10),
		"{max}", strconv.FormatInt(s.about.limit, 10),
		"{right}", s.Right.String(),
	).Replace(text)
	switch {
	case s.send != nil && s.send.Fate == 0:
		return strconv.Quote(s.send.Connector) + " " + FateOtherSpace.Doc()
	case s.send != nil:
		return s.send.String()
	case s.receive != nil && s.receive.fate != FateChosen:
		return detail + receiveFateTexts[s.receive.fate]
	case s.receive != nil:
		return detail + "by its range " + s.receive.rng.String()
	}
	for _, g := range s.Grants {
		detail += "; " + grantText(g, s.Right)
	}
	for _, g := range s.Overridden {
		detail += "; overridden: " + grantText(g, s.Right)
	}
	return detail
}

// grantText says which grant it was, as far as r is concerned.
func grantText(g permission.Grant, r permission.Right) string {
	by := " by Add-ADPermission"
	if g.Group != 0 {
		by = " by " + g.Group.String()
	}
	switch {
	case g.Removed.Has(r):
		return "removed from " + g.To.Name() + " by Remove-ADPermission"
	case g.Deny.Has(r):
		return "denied to " + g.To.Name() + by
	}
	return "allowed to " + g.To.Name() + by
}
