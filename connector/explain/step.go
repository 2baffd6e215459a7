package explain

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
)

// othersShown is how many connectors that don't match at all are listed in the steps of a decision: a policy may have a
// thousand connectors.
const othersShown = 5

// Source says where the settings of a policy are from.
type Source struct {
	Places source.Map // where files set what
	Other  string     // what made the settings that no file gives: "setup"; "": that isn't said
}

// Stage is a command of a session, or the route of a recipient, with the decision on it.
type Stage struct {
	Command string // as the client sends it, or the recipient after "route"
	Allowed bool
	Steps   []Step
	Others  int    // further connectors that don't match
	Reply   string // as on the wire; "": another stage has the reply
}

// Step is a step of a decision.
type Step struct {
	Text   string   // in one line, which begins with Answer
	Answer string   // "yes", "no" or, of a connector that is passed over, "skip"
	Detail string   // the rest of Text
	Basis  []string // the parameters that decided it, with their places or origins
}

// Stages returns the stages of a session.
func (s Source) Stages(w connector.Walkthrough) []Stage {
	var all []Stage
	for _, stage := range w.Stages {
		one := Stage{Command: stage.Command, Allowed: stage.Decision.Allowed()}
		if stage.Name == connector.StageRoute {
			one.Command = "route " + one.Command
		}
		one.Steps, one.Others = s.Steps(stage.Trace)
		switch {
		case stage.Reply != (reply.Reply{}):
			one.Reply = stage.Reply.String()
		case stage.Decision.Verdict == connector.Close:
			one.Reply = "the connection is closed"
		}
		all = append(all, one)
	}
	return all
}

// Steps returns the steps of a decision. others is how many connectors that don't match are left out.
func (s Source) Steps(t connector.Trace) (steps []Step, others int) {
	for step := range t.WithPlaces(s.Places).All() {
		if other(step) {
			if others++; others > othersShown {
				continue
			}
		}
		one := Step{Text: step.String()}
		one.Answer, one.Detail, _ = strings.Cut(one.Text, " ")
		one.Detail = strings.TrimSpace(one.Detail)
		for _, b := range step.Basis() {
			one.Basis = append(one.Basis, b.String()+s.otherwise(b))
		}
		steps = append(steps, one)
	}
	return steps, max(0, others-othersShown)
}

// otherwise says where a parameter is from that is given, but by no file.
func (s Source) otherwise(b connector.Basis) string {
	switch {
	case s.Other == "", b.Origin != connector.OriginGiven, b.Position.File != "":
		return ""
	case !strings.ContainsAny(string(b.Path), ".["):
		return "" // a list without a matching element
	}
	return " (" + s.Other + ")"
}

// other reports whether a step is about a connector that is for others.
func other(s connector.Step) bool {
	switch s.Fate() {
	case connector.FateOtherBinding, connector.FateOtherRange, connector.FateOtherSpace:
		return true
	}
	return false
}
