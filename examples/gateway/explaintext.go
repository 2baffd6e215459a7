package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
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
		case stage.Reply != (reply.Reply{}):
			fmt.Fprintf(w, "  %s\n", stage.Reply)
		case stage.Decision.Verdict == connector.Close:
			fmt.Fprintln(w, "  the connection is closed")
		}
	}
	for _, r := range walk.Routes {
		fmt.Fprintf(w, "%s\n", newWay(r))
	}
	fmt.Fprintln(w, verdict(walk)+by(walk))
}

// printAnswers prints the outcome of a session at each place: the whole way for places
// at the first port, and for places that accept it if none at that port does; for other
// places the end only.
func (l *loaded) printAnswers(w io.Writer, all []answer, usersUnknown bool) {
	full := func(a answer) bool { return len(a.places) == 0 || a.places[0].Port() == all[0].places[0].Port() }
	accepted := slices.ContainsFunc(all, func(a answer) bool { return full(a) && a.walk.Accepted() })
	for i, a := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if !full(a) && (accepted || !a.walk.Accepted()) {
			fmt.Fprintf(w, "at %s: %s\n", a.where(), a.short())
			fmt.Fprintf(w, "    -local %v shows why\n", a.dialog.Local)
			continue
		}
		if len(all) > 1 || len(a.places) > 1 || len(a.places) == 1 && a.places[0].other {
			fmt.Fprintf(w, "at %s:\n", a.where())
		}
		l.printWalk(w, a.walk)
		if !a.walk.Accepted() {
			printCures(w, l.whyNot(a, usersUnknown))
		}
	}
}

// by names the principal of a session, and the connector that served it.
func by(walk connector.Walkthrough) string {
	in := walk.Session.Inbound()
	if in == nil {
		return " before a session began"
	}
	return fmt.Sprintf(" as %s by Receive connector %q", walk.Session.Identity(), in.Name())
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
	Local     []string    `json:"local,omitempty"` // the places with this outcome; none: the one of -local
	Accepted  bool        `json:"accepted"`
	Connector string      `json:"connector,omitempty"`
	Identity  string      `json:"identity"`
	Rights    []string    `json:"rights"`
	Stages    []stageJSON `json:"stages"`
	Routes    []wayJSON   `json:"routes,omitempty"`
	curesJSON             // of the first refusal

	Others []walkJSON `json:"others,omitempty"` // places with another outcome
}

// answersJSON is the first answer, with those of other places in it.
func (l *loaded) answersJSON(all []answer, usersUnknown bool) walkJSON {
	var out []walkJSON
	for _, a := range all {
		one := l.walkJSON(a.walk)
		for _, p := range a.places {
			one.Local = append(one.Local, p.AddrPort.String())
		}
		if !a.walk.Accepted() {
			one.curesJSON = l.whyNot(a, usersUnknown)
		}
		out = append(out, one)
	}
	out[0].Others = out[1:]
	return out[0]
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
		if s.Reply != (reply.Reply{}) {
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
