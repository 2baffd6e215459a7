package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
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
		fmt.Fprintln(w, routeText(r))
	}
	fmt.Fprintln(w, verdict(walk)+by(walk))
}

// printAnswers prints the outcome of a session at each place: the whole way for places
// at the first port, and for places that accept it if none at that port does; for other
// places the end only.
func (l *loaded) printAnswers(w io.Writer, all []answer, usersUnknown bool, m material) {
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
		a.serverCertificate(m).print(w)
		printTokenSettings(w, tokenSettingsOf(m.oauth, a.walk.Routes...))
		printSignatures(w, m.signaturesOf(a.authors(), a.walk.Routes...))
		if m.limits {
			limitsOf(a, m.counters).print(w)
		}
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
	for step := range t.WithPlaces(l.Places).All() {
		if stranger(step) {
			if strangers++; strangers > strangersShown {
				continue
			}
		}
		fmt.Fprintf(w, "%s%s\n", indent, step)
		for _, b := range step.Basis() {
			fmt.Fprintf(w, "%s       %s%s\n", indent, b, l.unplaced(b))
		}
	}
	if n := strangers - strangersShown; n > 0 {
		fmt.Fprintf(w, "%sskip connectors without a match: %d more\n", indent, n)
	}
}

// unplaced says where a parameter comes from that is given, but by no file.
func (l *loaded) unplaced(b connector.Basis) string {
	switch {
	case b.Origin != connector.OriginGiven || b.Position.File != "":
		return ""
	case !strings.ContainsAny(string(b.Path), ".["):
		return "" // a list without a matching element
	case len(l.Files) == 0:
		return " (the demonstration)"
	}
	return " (setup)"
}

// stranger reports whether a step is about a connector that is for others.
func stranger(s connector.Step) bool {
	switch s.Fate() {
	case connector.FateOtherBinding, connector.FateOtherRange, connector.FateOtherSpace:
		return true
	}
	return false
}

// answerJSON is a session at some places, for programs.
type answerJSON struct {
	Local             []string              `json:"local,omitempty"` // the places with this outcome; none: the one of -local
	Explanation       connector.Walkthrough `json:"explanation"`
	ServerCertificate *serverCertificate    `json:"serverCertificate,omitempty"`
	Tokens            []tokenSettings       `json:"tokens,omitempty"`
	Signatures        []signature           `json:"signatures,omitempty"`
	*clientLimits                           // with -limits and -data
	curesJSON                               // of the first refusal

	Others []answerJSON `json:"others,omitempty"` // places with another outcome
}

// answersJSON returns the first answer, with the other answers in it.
func (l *loaded) answersJSON(all []answer, usersUnknown bool, m material) answerJSON {
	var out []answerJSON
	for _, a := range all {
		one := answerJSON{
			Explanation: a.walk.WithPlaces(l.Places), ServerCertificate: a.serverCertificate(m),
			Tokens: tokenSettingsOf(m.oauth, a.walk.Routes...), Signatures: m.signaturesOf(a.authors(), a.walk.Routes...),
		}
		if m.limits {
			one.clientLimits = limitsOf(a, m.counters)
		}
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

// routeText returns a route in one line.
func routeText(r connector.Route) string {
	switch r.Outcome {
	case routing.Routed:
	case routing.TooLarge:
		return "no route: the message is larger than MaxMessageSize of every matching Send connector"
	default:
		return "no route: no Send connector has a matching address space"
	}
	how := "by MX" + publishedText(r.Outbound.Settings())
	for i, host := range r.Outbound.Settings().SmartHosts {
		if how += " or " + host.String(); i == 0 {
			how = "to smart host " + host.String()
		}
	}
	if r.Via != nil {
		how = "on server " + r.Via.Name
	}
	return fmt.Sprintf("%v by Send connector %q (%v), %s", r.Outcome, r.Outbound.Name(), r.Space, how)
}
