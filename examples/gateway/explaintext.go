package main

import (
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
)

// source says where the settings of the policy are from.
func (l *loaded) source() explain.Source {
	s := explain.Source{Places: l.Places, Other: "setup"}
	if len(l.Files) == 0 {
		s.Other = "the demonstration"
	}
	return s
}

// printWalk prints a dialog with its answers and their reasons.
func (l *loaded) printWalk(w io.Writer, walk connector.Walkthrough) {
	for _, stage := range l.source().Stages(walk) {
		fmt.Fprintln(w, stage.Command)
		printList(w, stage.Steps, stage.Others, "    ")
		if stage.Reply != "" {
			fmt.Fprintf(w, "  %s\n", stage.Reply)
		}
	}
	for _, r := range walk.Routes {
		fmt.Fprintln(w, explain.Route(r))
	}
	fmt.Fprintln(w, explain.Verdict(walk))
}

// printAnswers prints the outcome of a session at each place: the whole way for places
// at the first port, and for places that accept it if none at that port does; for other
// places the end only.
func (l *loaded) printAnswers(w io.Writer, all []explain.Answer, usersUnknown bool, m material) {
	for i, a := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if a.Aside {
			fmt.Fprintf(w, "at %s: %s\n", a.Where(), a.Short())
			fmt.Fprintf(w, "    -local %v shows why\n", a.Dialog.Local)
			continue
		}
		if len(all) > 1 || len(a.Places) > 1 || len(a.Places) == 1 && a.Places[0].Example {
			fmt.Fprintf(w, "at %s:\n", a.Where())
		}
		l.printWalk(w, a.Walk)
		serverCertificateOf(a, m).print(w)
		printTokenSettings(w, tokenSettingsOf(m.oauth, a.Walk.Routes...))
		printSignatures(w, m.signaturesOf(authorsOf(a), a.Walk.Routes...))
		if m.limits {
			limitsOf(a, m.counters).print(w)
		}
		if !a.Walk.Accepted() {
			printCures(w, l.cures(a, usersUnknown))
		}
	}
}

// printSteps prints the steps of a decision, each with what it rests on.
func printSteps(w io.Writer, s explain.Source, t connector.Trace) {
	steps, others := s.Steps(t)
	printList(w, steps, others, "")
}

func printList(w io.Writer, steps []explain.Step, others int, indent string) {
	for _, step := range steps {
		fmt.Fprintf(w, "%s%s\n", indent, step.Text)
		for _, basis := range step.Basis {
			fmt.Fprintf(w, "%s       %s\n", indent, basis)
		}
	}
	if others > 0 {
		fmt.Fprintf(w, "%sskip connectors without a match: %d more\n", indent, others)
	}
}

// answerJSON is a session at some places, for programs.
type answerJSON struct {
	Local             []string              `json:"local,omitempty"` // the places with this outcome; none: the one of -local
	Explanation       connector.Walkthrough `json:"explanation"`
	ServerCertificate *serverCertificate    `json:"serverCertificate,omitempty"`
	Tokens            []tokenSettings       `json:"tokens,omitempty"`
	Signatures        []signature           `json:"signatures,omitempty"`
	*clientLimits                           // with -limits and -data
	explain.Cures                           // of the first refusal

	Others []answerJSON `json:"others,omitempty"` // places with another outcome
}

// answersJSON returns the first answer, with the other answers in it.
func (l *loaded) answersJSON(all []explain.Answer, usersUnknown bool, m material) answerJSON {
	var out []answerJSON
	for _, a := range all {
		one := answerJSON{
			Explanation: a.Walk.WithPlaces(l.Places), ServerCertificate: serverCertificateOf(a, m),
			Tokens: tokenSettingsOf(m.oauth, a.Walk.Routes...), Signatures: m.signaturesOf(authorsOf(a), a.Walk.Routes...),
		}
		if m.limits {
			one.clientLimits = limitsOf(a, m.counters)
		}
		for _, p := range a.Places {
			one.Local = append(one.Local, p.AddrPort.String())
		}
		if !a.Walk.Accepted() {
			one.Cures = l.cures(a, usersUnknown)
		}
		out = append(out, one)
	}
	out[0].Others = out[1:]
	return out[0]
}
