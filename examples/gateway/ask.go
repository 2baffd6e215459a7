package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/load"
)

// askFlags are the flags of gateway ask.
type askFlags struct {
	policyFlags
	with    string
	options map[string]*string // of the question
}

// askQuestion registers the flags of gateway ask and returns its runner.
func askQuestion(c *cli, fs *flag.FlagSet) runner {
	f := askFlags{options: map[string]*string{}}
	f.register(fs)
	fs.StringVar(&f.with, "with", "", "compare with the policy `OTHER`: a file, files separated by commas, or a directory")
	for _, o := range analysis.QuestionOptions() {
		f.options[o.Name] = new(string)
		if o.TakesValue() {
			fs.StringVar(f.options[o.Name], o.Name, "", o.Help)
		} else {
			fs.BoolFunc(o.Name, o.Help, func(string) error {
				*f.options[o.Name] = "given"
				return nil
			})
		}
	}
	return func(words []string) int { return c.askPolicy(&f, words) }
}

// askNote says what a property is.
func askNote() string {
	var names []string
	for _, p := range analysis.Properties() {
		names = append(names, string(p))
	}
	return "PROPERTY is " + strings.Join(names, ", ") + "; offered is followed by a keyword of EHLO, served may be followed by: by NAME"
}

// question returns the question of the flags and words; the words before its claim are
// files.
func (f *askFlags) question(words []string) (analysis.Question, error) {
	at := slices.IndexFunc(words, func(w string) bool { return slices.Contains(analysis.Claims(), analysis.Claim(w)) })
	if at < 0 {
		at = len(words)
	}
	f.files = append(f.files, words[:at]...)
	var question []string
	for _, o := range analysis.QuestionOptions() {
		switch value := *f.options[o.Name]; {
		case value == "":
		case o.TakesValue():
			question = append(question, "-"+o.Name, value)
		default:
			question = append(question, "-"+o.Name)
		}
	}
	return analysis.ParseQuestionWords(append(question, words[at:]...)...)
}

// askPolicy answers a question about a policy.
func (c *cli) askPolicy(f *askFlags, words []string) int {
	q, err := f.question(words)
	if err != nil {
		return c.invalid(err)
	}
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	var answer analysis.Answer
	if f.with == "" {
		answer = analysis.Ask(l.Policy, q)
	} else {
		other := f.policyFlags
		if other.files, err = load.Names(f.with); err != nil {
			return c.invalid(err)
		}
		with, ok := c.policy(&other)
		if !ok {
			return exitInvalid
		}
		answer = analysis.AskBoth(l.Policy, with.Policy, q)
	}
	shown := f.newQuestionJSON(q, answer)
	switch {
	case f.json:
		c.printJSON(shown)
	case answer.Undecided != "":
		return c.invalid(errors.New(answer.Undecided))
	default:
		c.printAnswer(shown, answer)
	}
	switch {
	case answer.Undecided != "":
		return exitInvalid
	case !answer.Holds:
		return exitNo
	}
	return exitOK
}

// questionJSON is a question with its answer for machines.
type questionJSON struct {
	Question  string       `json:"question"`
	Holds     bool         `json:"holds"`
	Undecided string       `json:"undecided,omitempty"`
	Text      string       `json:"text"`
	Notes     []string     `json:"notes,omitempty"`
	Witness   *witnessJSON `json:"witness,omitempty"`
	Explain   string       `json:"explain,omitempty"` // a command line that shows the witness
	Swaks     string       `json:"swaks,omitempty"`   // one that carries it out
}

func (f *askFlags) newQuestionJSON(q analysis.Question, a analysis.Answer) questionJSON {
	out := questionJSON{Question: q.String(), Holds: a.Holds, Undecided: a.Undecided, Text: a.Text, Notes: a.Notes}
	if a.Witness != nil {
		witness := newWitnessJSON(*a.Witness)
		out.Witness, out.Explain, out.Swaks = &witness, explainCommand(&f.policyFlags, *a.Witness), swaksCommand(q.Property, *a.Witness)
	}
	return out
}

// printAnswer prints an answer and the session that shows it.
func (c *cli) printAnswer(shown questionJSON, a analysis.Answer) {
	yes := "no"
	if a.Holds {
		yes = "yes"
	}
	fmt.Fprintf(c.stdout, "%s: %s\n", yes, a.Text)
	if a.Witness != nil {
		fmt.Fprintf(c.stdout, "    for example %s\n      %s\n      %s\n", explain.Session(*a.Witness), shown.Explain, shown.Swaks)
	}
	for _, note := range a.Notes {
		fmt.Fprintf(c.stdout, "note: %s\n", note)
	}
}

// sessionUser is the user of a session as a command line names it: a group that has the
// user's name isn't repeated.
func sessionUser(d connector.Dialog) (name string, groups []string) {
	for _, group := range explain.Names(d.User.SIDs[1:]) { // without Authenticated Users
		if name == "" && isPlainName(group) {
			name = group
		} else {
			groups = append(groups, group)
		}
	}
	if name == "" {
		name = "somebody"
	}
	return name, groups
}
