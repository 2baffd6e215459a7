package connector

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// String returns the walkthrough as text for people: each stage with its steps and
// the reply.
func (w Walkthrough) String() string {
	var b strings.Builder
	for _, s := range w.Stages {
		fmt.Fprintf(&b, "%s\n", s.heading())
		for step := range s.Trace.All() {
			fmt.Fprintf(&b, "    %s\n", step)
		}
		switch {
		case s.Reply != (reply.Reply{}):
			fmt.Fprintf(&b, "  < %s\n", s.Reply)
		case s.Decision.Verdict == Close:
			b.WriteString("  closed\n")
		}
	}
	outcome := "refused"
	if w.Accepted() {
		outcome = "accepted"
	}
	fmt.Fprintf(&b, "%s\n", outcome)
	return b.String()
}

// heading returns the command of the stage, or what it decides on.
func (s Stage) heading() string {
	switch s.Name {
	case StageConnect, StageRoute:
		return string(s.Name) + " " + s.Command
	}
	return "> " + s.Command
}

// MarshalJSON implements [json.Marshaler]. Stages, verdicts, reasons, checks,
// fates, sources and rights have their stable names, and a basis its path; "reply",
// "detail", "grants", "overridden" and "value" are for people.
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
	Reason  reply.Reason      `json:"reason"`
	Right   *permission.Right `json:"right,omitempty"`
	Reply   *reply.Reply      `json:"reply,omitempty"`
	Steps   Trace             `json:"steps"`
}

type stepJSON struct {
	Check      Check             `json:"check"`
	Pass       bool              `json:"pass"`
	Detail     string            `json:"detail"`
	Right      *permission.Right `json:"right,omitempty"`
	Grants     []string          `json:"grants,omitempty"`
	Overridden []string          `json:"overridden,omitempty"`

	Candidate string      `json:"candidate,omitempty"`
	Fate      Fate        `json:"fate,omitempty"`
	Basis     []basisJSON `json:"basis,omitempty"`
}

type basisJSON struct {
	Path   source.Path `json:"path"`
	Value  string      `json:"value,omitempty"`
	Source Origin      `json:"source"`
	Usage  string      `json:"usage,omitempty"`
}

type routeJSON struct {
	Outcome   string `json:"outcome"`
	Connector string `json:"connector,omitempty"`
	Space     string `json:"space,omitempty"`
	Via       string `json:"via,omitempty"`
}

func (s Stage) json() stageJSON {
	out := stageJSON{
		Stage: s.Name, Command: s.Command,
		Verdict: s.Decision.Verdict, Reason: s.Decision.Reason, Right: rightOrNil(s.Decision.Right),
		Steps: s.Trace,
	}
	if s.Reply != (reply.Reply{}) {
		out.Reply = &s.Reply
	}
	return out
}

// MarshalJSON implements [json.Marshaler]: an array of the steps.
func (t Trace) MarshalJSON() ([]byte, error) {
	out := make([]stepJSON, len(t.steps))
	for i, s := range t.steps {
		out[i] = stepJSON{
			Check: s.Check, Pass: s.Pass, Detail: s.Detail(), Right: rightOrNil(s.Right),
			Grants: grantTexts(s.Grants, s.Right), Overridden: grantTexts(s.Overridden, s.Right),
			Candidate: s.Candidate(), Fate: s.Fate(),
		}
		for _, b := range s.Basis() {
			out[i].Basis = append(out[i].Basis, b.json())
		}
	}
	return json.Marshal(out)
}

func grantTexts(grants []permission.Grant, r permission.Right) []string {
	var texts []string
	for _, g := range grants {
		texts = append(texts, grantText(g, r))
	}
	return texts
}

func (b Basis) json() basisJSON {
	out := basisJSON{Path: b.Path, Value: b.Value, Source: b.Origin}
	if b.Origin == OriginPreset {
		out.Usage = b.Usage.String()
	}
	return out
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

// rightOrNil returns nil if r is 0, so that JSON leaves it out.
func rightOrNil(r permission.Right) *permission.Right {
	if !r.IsValid() {
		return nil
	}
	return &r
}
