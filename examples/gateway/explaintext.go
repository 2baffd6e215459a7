package main

import (
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/connector"
)

// strangersShown is how many candidates that don't match at all are printed: a
// policy may have a thousand connectors. For machines all are listed.
const strangersShown = 5

// printWalk prints a dialog with its answers and their reasons.
func (l *loaded) printWalk(w io.Writer, walk connector.Walkthrough) {
	for _, stage := range walk.Stages {
		head := stage.Command
		if stage.Name == connector.StageRoute {
			head = "route " + head
		}
		fmt.Fprintf(w, "%s\n", head)
		l.printTrace(w, stage.Trace, "    ")
		switch {
		case stage.Reply != (connector.Reply{}):
			fmt.Fprintf(w, "  %s\n", stage.Reply)
		case stage.Decision.Verdict == connector.Close:
			fmt.Fprintln(w, "  the connection is closed")
		}
	}
	for _, r := range walk.Routes {
		fmt.Fprintf(w, "%s\n", newWay(r))
	}
	fmt.Fprintf(w, "%s as %s", verdict(walk), walk.Session.Identity())
	if in := walk.Session.Inbound(); in != nil {
		fmt.Fprintf(w, " by Receive connector %q", in.Name())
	}
	fmt.Fprintln(w)
}

func verdict(walk connector.Walkthrough) string {
	if walk.Accepted() {
		return "accepted"
	}
	return "refused"
}

// printTrace prints the steps of a decision, each with what it rests on.
func (l *loaded) printTrace(w io.Writer, t connector.Trace, indent string) {
	strangers := 0
	for step := range t.All() {
		if stranger(step) {
			if strangers++; strangers > strangersShown {
				continue
			}
		}
		fmt.Fprintf(w, "%s%s\n", indent, step)
		for _, b := range l.bases(step) {
			fmt.Fprintf(w, "%s       %s\n", indent, b)
		}
	}
	if n := strangers - strangersShown; n > 0 {
		fmt.Fprintf(w, "%sno   connectors without a match: %d more\n", indent, n)
	}
}

// stranger reports whether a step is about a connector that is for others.
func stranger(s connector.Step) bool {
	switch s.Fate() {
	case connector.FateOtherBinding, connector.FateOtherRange, connector.FateOtherSpace:
		return true
	}
	return false
}

// walkJSON is a dialog for machines.
type walkJSON struct {
	Accepted  bool        `json:"accepted"`
	Connector string      `json:"connector,omitempty"`
	Identity  string      `json:"identity"`
	Rights    []string    `json:"rights"`
	Stages    []stageJSON `json:"stages"`
	Routes    []wayJSON   `json:"routes,omitempty"`
	Edits     []editJSON  `json:"edits,omitempty"`   // what would turn the first refusal
	Untried   int         `json:"untried,omitempty"` // changes that might turn it as well
}

type stageJSON struct {
	Stage   string     `json:"stage"`
	Command string     `json:"command"`
	Verdict string     `json:"verdict"`
	Reason  string     `json:"reason"`
	Right   string     `json:"right,omitempty"`
	Reply   string     `json:"reply,omitempty"`
	Steps   []stepJSON `json:"steps,omitempty"`
}

func (l *loaded) walkJSON(walk connector.Walkthrough) walkJSON {
	out := walkJSON{
		Accepted:  walk.Accepted(),
		Connector: walk.Session.Inbound().Name(),
		Identity:  walk.Session.Identity().String(),
		Rights:    []string{},
	}
	for r := range walk.Session.Rights().All() {
		out.Rights = append(out.Rights, r.String())
	}
	for _, s := range walk.Stages {
		stage := stageJSON{
			Stage: string(s.Name), Command: s.Command, Verdict: s.Decision.Verdict.String(), Reason: s.Decision.Reason.String(),
			Steps: l.stepsJSON(s.Trace),
		}
		if s.Reply != (connector.Reply{}) {
			stage.Reply = s.Reply.String()
		}
		if s.Decision.Right.IsValid() {
			stage.Right = s.Decision.Right.String()
		}
		out.Stages = append(out.Stages, stage)
	}
	for _, r := range walk.Routes {
		out.Routes = append(out.Routes, newWay(r))
	}
	return out
}
