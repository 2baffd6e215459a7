// Command gateway runs and examines an SMTP relay that is configured with
// Exchange's Receive and Send connectors.
//
//	gateway serve -demo                  the built-in demonstration, on loopback
//	gateway serve -config policy.json    a policy of one's own
//	gateway help                         the other commands
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
)

func main() {
	if code, done := runAsService(os.Args[1:]); done {
		os.Exit(code)
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes. exitNo is a negative answer, which each command defines.
const (
	exitOK      = 0
	exitNo      = 1
	exitInvalid = 2
)

// cli is the environment of a command.
type cli struct {
	command
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	fqdn           func() string // returns the machine's name for the wire; nil: it has none

	// serving runs a server until it should stop, which then takes up to grace; nil: until a signal.
	serving func(server func(context.Context, events) int, grace time.Duration) int

	logJSON     bool // serve -json: invalid logs JSON
	saidStopped bool // queue has said that no gateway is running

	// typed has the credentials that were typed at the terminal, by prompt. An
	// unattended command doesn't prompt.
	typed      map[string]param.Credential
	unattended bool
}

// run is the program without the process around it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newCLI(stdin, stdout, stderr).run(args)
}

func newCLI(stdin io.Reader, stdout, stderr io.Writer) *cli {
	return &cli{stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now, fqdn: machineFQDN, typed: map[string]param.Credential{}}
}

// run runs the command that args begin with.
func (c *cli) run(args []string) int {
	if len(args) == 0 {
		usage(c.stderr)
		return exitInvalid
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	cmd := findCommand(name)
	if cmd == nil {
		fmt.Fprintf(c.stderr, "gateway: unknown command %q\n\n", name)
		usage(c.stderr)
		return exitInvalid
	}
	c.command = *cmd
	return c.do(args[1:])
}

// machine returns the machine's name for the wire, or "".
func (c *cli) machine() string {
	if c.fqdn == nil {
		return ""
	}
	return c.fqdn()
}

// invalid prints what is wrong with the input and returns the exit code for that.
func (c *cli) invalid(err error) int {
	if c.logJSON {
		logger := newLogger(c.stderr, true)
		logger.Error("mistake", "error", err)
		logger.Error("can't serve", "mistakes", 1)
		return exitInvalid
	}
	fmt.Fprintf(c.stderr, "gateway %s: %v\n", c.name, err)
	return cmp.Or(c.command.invalid, exitInvalid)
}

// do parses the flags and words of the command, in any order, and runs it.
func (c *cli) do(args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // what is wrong is printed here
	fs.Usage = func() {}
	start := c.start(c, fs)
	c.logJSON = c.name == "serve" && asksForJSON(args)
	words, err := parse(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.command.usage(c.stdout, fs)
		return exitOK
	case err != nil:
		return c.invalid(plainFlag(c.name, err))
	case len(words) > 0 && c.words == "" && c.actions == nil:
		return c.invalid(fmt.Errorf("unexpected argument %q; see gateway %s -h", words[0], c.name))
	}
	return start(words)
}

// parse parses flags and words in any order, and returns the words. All is a word after "--".
func parse(fs *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		rest := fs.Args()
		if ended := len(args) - len(rest); ended > 0 && args[ended-1] == "--" {
			return append(words, rest...), nil
		}
		if len(rest) == 0 {
			return words, nil
		}
		words, args = append(words, rest[0]), rest[1:]
	}
}

// plainFlag says in words what package flag says in Go's.
func plainFlag(command string, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
		return fmt.Errorf("unknown flag %s; see gateway %s -h", name, command)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return fmt.Errorf("%s needs a value; see gateway %s -h", name, command)
	}
	text = strings.Replace(text, "invalid boolean value", "invalid value", 1)
	if before, ok := strings.CutSuffix(text, ": parse error"); ok {
		text = before + "; see gateway " + command + " -h"
	}
	return errors.New(text)
}
