package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// completionScripts have a script for each shell, which asks gateway __complete.
//
//go:embed completion
var completionScripts embed.FS

// completionShells are the shells that have a script.
var completionShells = []string{"bash", "zsh", "fish"}

// runCompletion returns the runner of gateway completion, which prints the script for a shell.
func runCompletion(c *cli, _ *flag.FlagSet) runner {
	return func(words []string) int {
		if len(words) != 1 {
			return c.invalid(fmt.Errorf("give one shell: %s", strings.Join(completionShells, ", ")))
		}
		script, err := completionScripts.ReadFile("completion/" + words[0])
		if err != nil {
			return c.invalid(fmt.Errorf("there is no completion for %q; give one of %s", words[0], strings.Join(completionShells, ", ")))
		}
		fmt.Fprintf(c.stdout, "%s", script)
		return exitOK
	}
}

// runComplete returns the runner of gateway __complete, which the scripts ask. Its words, after --, are those of the command line
// up to the one that is completed. It prints a candidate on each line, a tab, and what it means; or :files or
// :directories for the names that the shell knows itself.
func runComplete(c *cli, _ *flag.FlagSet) runner {
	return func(words []string) int {
		for _, line := range c.complete(words) {
			fmt.Fprintln(c.stdout, line)
		}
		return exitOK
	}
}

// The candidates that the shell finds itself.
const (
	completeFiles       = ":files"
	completeDirectories = ":directories"
)

// candidate returns a line of __complete.
func candidate(name, meaning string) string {
	return visibleLine(name) + "\t" + visibleLine(strings.ReplaceAll(meaning, "\n", " "))
}

// candidates returns lines of __complete without meanings.
func candidates(names ...string) (lines []string) {
	for _, name := range names {
		lines = append(lines, candidate(name, ""))
	}
	return lines
}

// complete returns the candidates for the last of the words that begin with what it has.
func (c *cli) complete(words []string) (fitting []string) {
	if len(words) == 0 {
		return nil
	}
	last := words[len(words)-1]
	for _, line := range c.candidates(words[:len(words)-1], last) {
		if line == completeFiles || line == completeDirectories || strings.HasPrefix(line, last) {
			fitting = append(fitting, line)
		}
	}
	return fitting
}

// candidates returns lines for all words that may follow others; of a last one that begins with a dash, flags.
func (c *cli) candidates(before []string, last string) []string {
	if len(before) == 0 {
		return commandNames()
	}
	cmd := findCommand(before[0])
	if cmd == nil || cmd.hidden {
		return nil
	}
	line := typedLine{cli: c, cmd: cmd, flags: c.flagsOf(cmd), values: map[string][]string{}}
	line.read(before[1:])
	switch {
	case line.open != nil:
		return line.valuesOf(line.open)
	case strings.HasPrefix(last, "-") && !line.onlyWords:
		return line.flagNames()
	}
	return line.wordsNext()
}

func commandNames() (lines []string) {
	for _, cmd := range commands() {
		if !cmd.hidden {
			lines = append(lines, candidate(cmd.name, cmd.summary))
		}
	}
	return lines
}

// typedLine is a command line in the making.
type typedLine struct {
	*cli
	cmd       *command
	flags     *flag.FlagSet
	values    map[string][]string // of flags
	words     []string
	open      *flag.Flag // its value comes next; nil: none
	onlyWords bool       // -- was typed
}

// read takes the words apart.
func (l *typedLine) read(typed []string) {
	for _, word := range typed {
		name, isFlag := strings.CutPrefix(word, "-")
		name, value, hasValue := strings.Cut(strings.TrimPrefix(name, "-"), "=")
		switch f := l.flags.Lookup(name); {
		case l.open != nil:
			l.values[l.open.Name] = append(l.values[l.open.Name], word)
			l.open = nil
		case !isFlag || word == "-" || l.onlyWords:
			l.words = append(l.words, word)
		case word == "--":
			l.onlyWords = true
		case f == nil:
		case hasValue:
			l.values[name] = append(l.values[name], value)
		default:
			if b, ok := f.Value.(interface{ IsBoolFlag() bool }); !ok || !b.IsBoolFlag() {
				l.open = f
			}
		}
	}
}

// flagNames returns the flags of the command, or of its action if that is typed.
func (l *typedLine) flagNames() (lines []string) {
	for _, f := range flagsIn(l.flags) {
		_, usage := flag.UnquoteUsage(f)
		before, _, found := strings.Cut(usage, ": ")
		if found && len(l.words) > 0 && l.cmd.action(before) != nil && before != l.words[0] {
			continue // of another action
		}
		lines = append(lines, candidate("-"+f.Name, usage))
	}
	return lines
}

// wordsNext returns candidates for the next word.
func (l *typedLine) wordsNext() (lines []string) {
	switch {
	case l.cmd.name == "ask":
		return l.questionWords()
	case l.cmd.actions == nil:
		return l.named(l.cmd.words)
	}
	if len(l.words) == 0 {
		for _, a := range l.cmd.actions {
			lines = append(lines, candidate(a.name, a.summary))
		}
		return lines
	}
	switch a := l.cmd.action(l.words[0]); {
	case a == nil || a.name == "add":
		return nil
	case a.words == "HOP" && len(l.words) == 1:
		return candidates("suspend", "resume", "retry", "resubmit", "redirect")
	default:
		return l.named(a.words)
	}
}

// valuesOf returns candidates for the value of a flag.
func (l *typedLine) valuesOf(f *flag.Flag) []string {
	switch l.cmd.name + " -" + f.Name {
	case "convert -to":
		return candidates("shell", "json")
	case "map -to":
		return candidates("svg", "dot", "mermaid", "text")
	case "dkim -algorithm":
		return candidates("rsa", "ed25519")
	case "queue -by":
		return candidates(groupings()...)
	case "queue -status":
		return candidates(append(control.Statuses()[1:], "suspended")...)
	case "queue -next-hop":
		return l.named("HOP")
	case "queue -to":
		return l.named("CONNECTOR")
	case "oauth -connector":
		return l.connectors(false)
	case "serve -explain", "ask -connector", "ask -with-connector":
		return l.connectors(true)
	}
	if f.Name == "profile" {
		return candidates("current", "exchange2007")
	}
	value, _ := flag.UnquoteUsage(f)
	return l.named(value)
}

// named returns candidates for a word or value that is named so in usages.
func (l *typedLine) named(kind string) []string {
	switch kind {
	case "FILE":
		return []string{completeFiles}
	case "DIR":
		return []string{completeDirectories}
	case "COMMAND":
		return commandNames()
	case "SHELL":
		return candidates(completionShells...)
	case "ID":
		return l.messages()
	case "HOP", "CONNECTOR":
		return l.hops(kind == "CONNECTOR")
	case "NAME":
		return l.users()
	}
	return nil
}

// connectors returns the Receive or Send connectors of the policy that is typed.
func (l *typedLine) connectors(receive bool) []string {
	p := policyFlags{files: append(l.values["config"], l.words...), server: l.last("server"), profile: l.last("profile")}
	if l.cmd.actions != nil {
		p.files = l.values["config"]
	}
	d, err := p.read(l.silent())
	if err != nil {
		return nil // the command itself says what is wrong
	}
	var names []string
	if receive {
		for _, c := range d.Config.Receive {
			names = append(names, c.Name)
		}
	} else {
		for _, c := range d.Config.Send {
			names = append(names, c.Name)
		}
	}
	return candidates(names...)
}

// completionTimeout is how long a running gateway may take to answer. A person waits for it.
const completionTimeout = time.Second

// hops returns the next hops that have mail, or their Send connectors.
func (l *typedLine) hops(connectors bool) (lines []string) {
	ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
	defer cancel()
	list, _ := l.silent().listHops(ctx, l.last("data"))
	seen := map[string]bool{}
	for _, h := range list {
		name := h.Name
		if connectors {
			name = h.Connector
		}
		if !seen[name] {
			lines = append(lines, candidate(name, ""))
		}
		seen[name] = true
	}
	return lines
}

// messages returns the IDs of messages on the queue.
func (l *typedLine) messages() (lines []string) {
	ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
	defer cancel()
	for e, err := range l.silent().ask(ctx, l.last("data"), control.Request{Action: control.List}, nil) {
		if err != nil || len(lines) == mostListed {
			break
		}
		if m := e.Message; m != nil {
			lines = append(lines, candidate(m.ID, "from <"+m.From+">"))
		}
	}
	return lines
}

// users returns the names in the users file that is typed.
func (l *typedLine) users() (lines []string) {
	file := l.last("file")
	if file == "" {
		return nil
	}
	users, err := userfile.Load(file)
	if err != nil {
		return nil // the command itself says what is wrong
	}
	for _, u := range users.List() {
		lines = append(lines, candidate(u.Name, ""))
	}
	return lines
}

// last returns the last value of a flag, or "".
func (l *typedLine) last(name string) string {
	if values := l.values[name]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

// silent returns a copy of the environment that neither asks nor prints.
func (l *typedLine) silent() *cli {
	c := *l.cli
	c.stderr, c.unattended = io.Discard, true
	return &c
}
