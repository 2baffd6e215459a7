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
	options []string // of the question, with their values, as they were given
}

// askQuestion registers the flags of gateway ask and returns its runner.
func askQuestion(c *cli, fs *flag.FlagSet) runner {
	f := askFlags{}
	f.register(fs)
	fs.Func("with", "compare with the policy `OTHER`: a file, files separated by commas, or a directory", f.setWith)
	for _, o := range analysis.QuestionOptions() {
		option := "-" + o.Name
		if o.TakesValue() {
			fs.Func(o.Name, o.Help, func(value string) error {
				f.options = append(f.options, option, value)
				return nil
			})
			continue
		}
		fs.BoolFunc(o.Name, o.Help, func(value string) error {
			f.options = append(f.options, option)
			if value != "true" {
				return errors.New("it takes no value")
			}
			return nil
		})
	}
	return func(words []string) int { return c.askPolicy(&f, words) }
}

func (f *askFlags) setWith(value string) error {
	switch {
	case value == "":
		return errors.New("name a file or a directory")
	case f.with != "":
		return errors.New("it is given twice; separate the files of one policy by commas")
	}
	f.with = value
	return nil
}

// propertyTexts say what a session with a property is like.
var propertyTexts = map[analysis.Property]string{
	analysis.PropertyServed:      "a Receive connector serves the connection; served by NAME: this one does",
	analysis.PropertyOffered:     "followed by STARTTLS, AUTH, AUTH LOGIN, CHUNKING or another keyword: EHLO offers it before the client logs on",
	analysis.PropertyLogsOn:      "AUTH is accepted",
	analysis.PropertySends:       "MAIL is accepted",
	analysis.PropertyLetIn:       "MAIL, RCPT and the message are accepted",
	analysis.PropertyRelays:      "MAIL and RCPT are accepted, for a recipient elsewhere",
	analysis.PropertyAccepted:    "it is let in, and the recipient has a route",
	analysis.PropertyRouted:      "the recipient has a route; the client doesn't matter",
	analysis.PropertyEncrypted:   "the recipient has a route on which mail leaves only with TLS",
	analysis.PropertyUnencrypted: "the recipient has a route on which mail may leave without TLS",
}

// askNote says what a question is.
func askNote() string {
	var all []string
	for _, p := range analysis.Properties() {
		all = append(all, fmt.Sprintf("%s (%s)", p, propertyTexts[p]))
	}
	return "A question is about every session of one client that sends one message to one recipient; flags restrict the sessions. For example: gateway ask policy.json -as anonymous never relays. PROPERTY is " +
		strings.Join(all, ", ")
}

// question returns the question of the flags and words; the words before its claim are
// files.
func (f *askFlags) question(words []string) (analysis.Question, error) {
	at := slices.IndexFunc(words, func(w string) bool { return slices.Contains(analysis.Claims(), analysis.Claim(w)) })
	if at < 0 {
		at = len(words)
	}
	f.files = append(f.files, words[:at]...)
	return analysis.ParseQuestionWords(append(f.options, words[at:]...)...)
}

// askPolicy answers a question about a policy.
func (c *cli) askPolicy(f *askFlags, words []string) int {
	q, err := f.question(words)
	if err != nil {
		return c.invalid(err)
	}
	policies := []policyFlags{f.policyFlags}
	if f.with != "" {
		other := f.policyFlags
		other.demo = false
		if other.files, err = load.Names(f.with); err != nil {
			return c.invalid(err)
		}
		policies = append(policies, other)
	}
	var asked []*connector.Policy
	for i := range policies {
		l, ok := c.policy(&policies[i])
		if !ok {
			return exitInvalid
		}
		asked = append(asked, l.Policy)
	}
	answer := analysis.Ask(asked[0], q)
	if f.with != "" {
		answer = analysis.AskBoth(asked[0], asked[1], q)
	}
	shown := newQuestionJSON(q, answer, policies)
	switch {
	case f.json:
		c.printJSON(shown)
	case answer.Undecided != "":
		return c.invalid(errors.New(answer.Undecided))
	default:
		c.printAnswer(shown)
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
	Explain   []string     `json:"explain,omitempty"` // a command line that shows the witness, under each policy
	Swaks     string       `json:"swaks,omitempty"`   // one that carries it out

	example string // the witness in words
}

func newQuestionJSON(q analysis.Question, a analysis.Answer, policies []policyFlags) questionJSON {
	out := questionJSON{Question: q.String(), Holds: a.Holds, Undecided: a.Undecided, Text: a.Text, Notes: a.Notes}
	if a.Witness == nil {
		return out
	}
	witness, command := newWitnessJSON(*a.Witness), explainCommand
	out.Witness, out.example = &witness, explain.Session(*a.Witness)
	switch {
	case slices.Contains([]analysis.Property{analysis.PropertyRouted, analysis.PropertyEncrypted, analysis.PropertyUnencrypted}, q.Property):
		out.example, command = "mail to "+a.Witness.To[0].String(), routeCommand
		if a.Witness.Size > 0 {
			out.example += fmt.Sprintf(" of %d bytes", a.Witness.Size)
		}
	case q.Claim.Compares() && q.Connector != "":
		out.example += "\n      on each connector as if it were the only one, so no command shows it"
		return out
	default:
		out.Swaks = swaksCommand(q.Property, *a.Witness)
	}
	for i := range policies {
		out.Explain = append(out.Explain, command(&policies[i], *a.Witness))
	}
	return out
}

// printAnswer prints an answer and the session that shows it.
func (c *cli) printAnswer(shown questionJSON) {
	yes := "no"
	if shown.Holds {
		yes = "yes"
	}
	fmt.Fprintf(c.stdout, "%s: %s\n", yes, shown.Text)
	if shown.Witness != nil {
		fmt.Fprintf(c.stdout, "    for example %s\n", shown.example)
		for _, command := range append(shown.Explain, shown.Swaks) {
			if command != "" {
				fmt.Fprintf(c.stdout, "      %s\n", command)
			}
		}
	}
	for _, note := range shown.Notes {
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
