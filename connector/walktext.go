package connector

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/permission"
)

// String returns the walkthrough as text for people: each stage with what was
// looked at and the reply.
func (w Walkthrough) String() string {
	var b strings.Builder
	for _, s := range w.Stages {
		fmt.Fprintf(&b, "%s\n", s.heading())
		for step := range s.Trace.All() {
			fmt.Fprintf(&b, "    %s\n", step)
		}
		if s.Name != StageRoute || !s.Decision.Allowed() {
			fmt.Fprintf(&b, "  < %s\n", s.Reply)
		}
	}
	outcome := "refused"
	if w.Accepted() {
		outcome = "accepted"
	}
	fmt.Fprintf(&b, "%s\n", outcome)
	return b.String()
}

// heading is what the client did, or what is looked at.
func (s Stage) heading() string {
	switch s.Name {
	case StageConnect, StageRoute:
		return string(s.Name) + " " + s.Command
	}
	return "> " + s.Command
}

// MarshalJSON implements [json.Marshaler]. Stages, verdicts, reasons, checks
// and rights have their stable names; "reply", "detail" and "grants" are for
// people.
func (w Walkthrough) MarshalJSON() ([]byte, error) {
	out := walkJSON{
		Accepted:  w.Accepted(),
		Connector: w.Session.Inbound().Name(),
		Identity:  w.Session.Identity().String(),
		Rights:    []permission.Right{},
		Stages:    []stageJSON{},
		Routes:    []routeJSON{},
	}
	for r := range w.Session.Rights().All() {
		out.Rights = append(out.Rights, r)
	}
	for _, s := range w.Stages {
		out.Stages = append(out.Stages, s.json())
	}
	for _, r := range w.Routes {
		out.Routes = append(out.Routes, r.json())
	}
	return json.Marshal(out)
}

type walkJSON struct {
	Accepted  bool               `json:"accepted"`
	Connector string             `json:"connector,omitempty"`
	Identity  string             `json:"identity"`
	Rights    []permission.Right `json:"rights"`
	Stages    []stageJSON        `json:"stages"`
	Routes    []routeJSON        `json:"routes"`
}

type stageJSON struct {
	Stage   StageName         `json:"stage"`
	Command string            `json:"command"`
	Verdict Verdict           `json:"verdict"`
	Reason  ReasonCode        `json:"reason"`
	Right   *permission.Right `json:"right,omitempty"`
	Reply   Reply             `json:"reply"`
	Steps   Trace             `json:"steps"`
}

type stepJSON struct {
	Check  Check             `json:"check"`
	Pass   bool              `json:"pass"`
	Detail string            `json:"detail"`
	Right  *permission.Right `json:"right,omitempty"`
	Grants []string          `json:"grants,omitempty"`
}

type routeJSON struct {
	Outcome   string `json:"outcome"`
	Connector string `json:"connector,omitempty"`
	Space     string `json:"space,omitempty"`
	Via       string `json:"via,omitempty"`
}

func (s Stage) json() stageJSON {
	return stageJSON{
		Stage: s.Name, Command: s.Command,
		Verdict: s.Decision.Verdict, Reason: s.Decision.Reason, Right: rightOrNil(s.Decision.Right),
		Reply: s.Reply, Steps: s.Trace,
	}
}

// MarshalJSON implements [json.Marshaler]: an array of the steps.
func (t Trace) MarshalJSON() ([]byte, error) {
	out := make([]stepJSON, len(t.steps))
	for i, s := range t.steps {
		out[i] = stepJSON{Check: s.Check, Pass: s.Pass, Detail: s.Detail(), Right: rightOrNil(s.Right)}
		for _, g := range s.Grants {
			out[i].Grants = append(out[i].Grants, grantText(g, s.Right))
		}
	}
	return json.Marshal(out)
}

func (r Route) json() routeJSON {
	out := routeJSON{Outcome: r.Outcome.String(), Connector: r.Outbound.Name()}
	if r.Outbound != nil {
		out.Space = r.Space.String()
	}
	if r.Via != nil {
		out.Via = r.Via.Name
	}
	return out
}

// rightOrNil returns nil for no right, which JSON then leaves out.
func rightOrNil(r permission.Right) *permission.Right {
	if !r.IsValid() {
		return nil
	}
	return &r
}
