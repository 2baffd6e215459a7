package connector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
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

// heading returns the command of the stage, or the stage's subject.
func (s Stage) heading() string {
	switch s.Name {
	case StageConnect, StageRoute:
		return string(s.Name) + " " + s.Command
	}
	return "> " + s.Command
}

// WithPlaces returns w with the positions of parameters in files, see
// [Trace.WithPlaces].
func (w Walkthrough) WithPlaces(places source.Map) Walkthrough {
	w.Stages = slices.Clone(w.Stages)
	for i := range w.Stages {
		w.Stages[i].Trace = w.Stages[i].Trace.WithPlaces(places)
	}
	return w
}

// MarshalJSON implements [json.Marshaler]. Stages, verdicts, reasons, checks,
// fates, origins, outcomes and rights have their stable names, and a basis its path;
// "reply", "detail", "grants", "overridden" and "value" are for people. A basis has
// "file" and "line" if the walkthrough has places.
func (w Walkthrough) MarshalJSON() ([]byte, error) {
	out := struct {
		Accepted  bool               `json:"accepted"`
		Connector string             `json:"connector,omitempty"`
		Identity  string             `json:"identity"`
		Rights    []permission.Right `json:"rights"`
		Stages    []stageJSON        `json:"stages"`
		Routes    []Route            `json:"routes"`
	}{
		Accepted:  w.Accepted(),
		Connector: w.Session.Inbound().Name(),
		Identity:  w.Session.Identity().String(),
		Rights:    slices.AppendSeq([]permission.Right{}, w.Session.Rights().All()),
		Stages:    []stageJSON{},
		Routes:    append([]Route{}, w.Routes...),
	}
	for _, s := range w.Stages {
		one := stageJSON{s.Name, s.Command, s.Decision.Verdict, s.Decision.Reason, s.Decision.Right, s.Reply, s.Trace}
		out.Stages = append(out.Stages, one)
	}
	return encode(out)
}

// encode is json.Marshal without escapes for < and >, which most commands have.
// json.Marshal of the whole adds them, an Encoder can leave them out.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

type stageJSON struct {
	Stage   StageName        `json:"stage"`
	Command string           `json:"command"`
	Verdict Verdict          `json:"verdict"`
	Reason  reply.Reason     `json:"reason"`
	Right   permission.Right `json:"right,omitzero"`
	Reply   reply.Reply      `json:"reply,omitzero"`
	Steps   Trace            `json:"steps,omitzero"`
}

type stepJSON struct {
	Check      Check            `json:"check"`
	Pass       bool             `json:"pass"`
	Detail     string           `json:"detail"`
	Right      permission.Right `json:"right,omitzero"`
	Grants     []string         `json:"grants,omitempty"`
	Overridden []string         `json:"overridden,omitempty"`

	Candidate string      `json:"candidate,omitempty"`
	Fate      Fate        `json:"fate,omitempty"`
	Basis     []basisJSON `json:"basis,omitempty"`
}

type basisJSON struct {
	Path   source.Path `json:"path"`
	Value  string      `json:"value,omitempty"`
	Origin Origin      `json:"origin"`
	Usage  string      `json:"usage,omitempty"`  // whose preset it is
	Limits string      `json:"limits,omitempty"` // in place of Usage
	source.Position
}

// MarshalJSON implements [json.Marshaler]: an array of the steps.
func (t Trace) MarshalJSON() ([]byte, error) {
	out := make([]stepJSON, len(t.steps))
	for i, s := range t.steps {
		out[i] = stepJSON{
			Check: s.Check, Pass: s.Pass, Detail: s.Detail(), Right: s.Right,
			Grants: grantTexts(s.Grants, s.Right), Overridden: grantTexts(s.Overridden, s.Right),
			Candidate: s.Candidate(), Fate: s.Fate(),
		}
		for _, b := range s.Basis() {
			one := basisJSON{Path: b.Path, Value: b.Value, Origin: b.Origin, Position: b.Position}
			switch {
			case b.Limits != param.SmartHostLimitsNone:
				one.Limits = b.Limits.String()
			case b.Origin == OriginPreset:
				one.Usage = b.Usage.String()
			}
			out[i].Basis = append(out[i].Basis, one)
		}
	}
	return encode(out)
}

func grantTexts(grants []permission.Grant, r permission.Right) []string {
	var texts []string
	for _, g := range grants {
		texts = append(texts, grantText(g, r))
	}
	return texts
}

// MarshalJSON implements [json.Marshaler].
func (r Route) MarshalJSON() ([]byte, error) {
	out := struct {
		Outcome      string            `json:"outcome"`
		Connector    string            `json:"connector,omitempty"`
		AddressSpace string            `json:"addressSpace,omitempty"`
		Via          string            `json:"via,omitempty"`
		SmartHosts   []param.SmartHost `json:"smartHosts,omitempty"`
	}{Outcome: r.Outcome.String(), Connector: r.Outbound.Name()}
	if r.Outbound != nil {
		out.AddressSpace = r.Space.String()
	}
	if r.Via != nil {
		out.Via = r.Via.Name // that server uses the smart hosts
	} else if r.Outbound != nil {
		out.SmartHosts = r.Outbound.Settings().SmartHosts
	}
	return encode(out)
}
