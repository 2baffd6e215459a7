package main

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// stepJSON is a step of an explanation for machines.
type stepJSON struct {
	Check     string      `json:"check"`
	Pass      bool        `json:"pass"`
	Detail    string      `json:"detail"`
	Right     string      `json:"right,omitempty"`
	Candidate string      `json:"candidate,omitempty"`
	Fate      string      `json:"fate,omitempty"`
	Basis     []basisJSON `json:"basis,omitempty"`
}

func (l *loaded) stepsJSON(t connector.Trace) []stepJSON {
	steps := make([]stepJSON, 0, t.Len())
	for s := range t.All() {
		step := stepJSON{
			Check: s.Check.String(), Pass: s.Pass, Detail: s.Detail(),
			Candidate: s.Candidate(), Fate: string(s.Fate()), Basis: l.bases(s),
		}
		if s.Right.IsValid() {
			step.Right = s.Right.String()
		}
		steps = append(steps, step)
	}
	return steps
}

// wayJSON is a route for people and machines.
type wayJSON struct {
	Outcome      string   `json:"outcome"`
	Connector    string   `json:"connector,omitempty"`
	AddressSpace string   `json:"addressSpace,omitempty"`
	Via          string   `json:"via,omitempty"`
	SmartHosts   []string `json:"smartHosts,omitempty"`
}

func newWay(r connector.Route) wayJSON {
	way := wayJSON{Outcome: fmt.Sprint(r.Outcome)}
	if r.Outcome != routing.Routed {
		return way
	}
	way.Connector = r.Outbound.Name()
	way.AddressSpace = r.Space.String()
	if r.Via != nil {
		way.Via = r.Via.Name
		return way
	}
	for _, host := range r.Outbound.Settings().SmartHosts {
		way.SmartHosts = append(way.SmartHosts, host.String())
	}
	return way
}

// String returns the way in one line.
func (w wayJSON) String() string {
	switch w.Outcome {
	case routing.Routed.String():
	case routing.TooLarge.String():
		return w.Outcome + ": every Send connector for it takes smaller messages only"
	default:
		return w.Outcome + ": no Send connector is for it"
	}
	how := "by MX"
	switch {
	case w.Via != "":
		how = "on server " + w.Via
	case len(w.SmartHosts) > 0:
		how = "to smart host " + strings.Join(w.SmartHosts, " or ")
	}
	return fmt.Sprintf("%s by Send connector %q (%s), %s", w.Outcome, w.Connector, w.AddressSpace, how)
}
