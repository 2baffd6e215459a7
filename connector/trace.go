package connector

import (
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Trace records the steps of decisions in order. The zero Trace is empty and ready
// to use, by one goroutine at a time.
type Trace struct{ steps []Step }

// Step is one check that a decision made.
type Step struct {
	Check      Check
	Pass       bool               // the answer to Check
	Right      permission.Right   // the right that Check needs; 0: not a check of a right
	Grants     []permission.Grant // the grants that allow Right or deny it; not to be changed
	Overridden []permission.Grant // grants that allow Right and are overridden by Grants, which deny it; not to be changed

	about   about
	of      subject
	send    *routing.Candidate // of checkSendConnector
	receive *receiveCandidate  // of checkReceiveConnector
	hop     []Basis            // of the checks of a next hop
	places  source.Map         // of the Config
}

// subject is the connector whose parameters a decision used.
type subject struct {
	policy *Policy
	in     *Inbound
	out    *Outbound
}

// about is the text and the numbers of a step. Making one allocates nothing, so
// decisions without a trace stay cheap.
type about struct {
	subject     string
	have, limit int64
}

// All returns the steps in the order in which they were taken.
func (t Trace) All() iter.Seq[Step] { return slices.Values(t.steps) }

// Len returns the number of steps.
func (t Trace) Len() int { return len(t.steps) }

// String returns the steps, one to a line, each with "yes", "no" or "skip".
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

// Matching returns t without the connectors that don't match at all, and their
// number. A large policy has thousands of them.
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

// WithPlaces returns t with the positions of parameters in files: [Step.Basis] has
// them, and so has the JSON form. places are those of the policy's Config, such as
// Places of package load.
func (t Trace) WithPlaces(places source.Map) Trace {
	steps := slices.Clone(t.steps)
	for i := range steps {
		steps[i].places = places
	}
	return Trace{steps}
}

// add records a step.
func (t *Trace) add(s Step) { t.steps = append(t.steps, s) }

// Candidate returns the name of the connector that the step considers; "" for steps
// that don't choose a connector.
func (s Step) Candidate() string {
	switch {
	case s.receive != nil:
		return s.receive.in.name
	case s.send != nil:
		return s.send.Connector
	}
	return ""
}

// Fate returns why the step's candidate was chosen or passed over; "" for steps that
// don't choose a connector.
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

// candidateStep returns the step about a Send connector for a message of size bytes.
func candidateStep(p *Policy, c *routing.Candidate, size int64) Step {
	return Step{Check: checkSendConnector, Pass: c.Fate == routing.Chosen, send: c, about: about{have: size}, of: subject{policy: p}}
}

// rightStep returns the step about a right of the client or next hop who.
func rightStep(of subject, c Check, who string, why permission.Explanation) Step {
	return Step{Check: c, Pass: why.Held, Right: why.Right, Grants: why.Grants, Overridden: why.Overridden, about: about{subject: who}, of: of}
}

// String returns the step on one line.
func (s Step) String() string {
	return s.answer() + strings.Repeat(" ", 5-len(s.answer())) + s.Check.String() + ": " + s.Detail()
}

// answer returns "yes" or "no", or "skip" if the step passes over a connector.
func (s Step) answer() string {
	switch {
	case s.Pass:
		return "yes"
	case s.Candidate() != "":
		return "skip"
	}
	return "no"
}

// Detail returns the result in words. It is made on demand.
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

// grantText says what a grant does to r.
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
	return "granted to " + g.To.Name() + by
}
