// Command gateway runs and examines an SMTP relay that is configured with
// Exchange's Receive and Send connectors.
//
//	gateway serve -demo                  the built-in demonstration, on loopback
//	gateway serve -config policy.json    a policy of one's own
//	gateway help                         the other commands
package main

import (
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
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes. exitNo is a negative answer, which each command defines.
const (
	exitOK      = 0
	exitNo      = 1
	exitInvalid = 2
)

// command is a subcommand. run returns the exit code.
type command struct {
	name    string
	summary string
	exits   string
	run     func(c *cli, args []string) int
}

func commands() []command {
	return []command{
		{"serve", "run the relay", "0 stopped by a signal, 1 could not serve, 2 invalid", serve},
		{"check", "read, validate, list findings", "0 clean or notes only, 1 errors or warnings, 2 invalid", check},
		{"explain", "show a session step by step", "0 accepted, 1 refused, 2 invalid", explain},
		{"route", "show which Send connector a recipient is routed to", "0 routed, 1 no route, 2 invalid", route},
		{"diff", "say what changes when a policy replaces another", "0 same, 1 differs, 2 invalid", diff},
		{"replay", "say what would change for the sessions in logs", "0 all the same, 1 something differs or a log can't be judged, 2 invalid or nothing judged", replayLogs},
		{"convert", "print the policy as Exchange commands or as JSON", "0 done, 1 something isn't possible (-strict), 2 invalid", convert},
		{"map", "draw the policy as a picture", "0 done, 2 invalid", drawMap},
		{"shell", "run Exchange commands at a prompt, or from standard input", "0 done, 1 a command failed, 2 invalid", runShell},
		{"queue", "manage the queue of a gateway", "0 done, 1 no such message or not all done, 2 invalid or no gateway running", runQueue},
		{"trace", "tell what became of messages, by the message tracking log", "0 found, 1 no such message, 2 invalid", runTrace},
		{"reload", "make a running gateway read its files again", "0 reloaded, 2 something is wrong with the files, invalid, or no gateway running", runReload},
		{"status", "show the state of a running gateway, also for Nagios", "0 OK, 1 warning, 2 critical or no gateway running, 3 unknown", runStatus},
		{"top", "show sessions, next hops, rates and refusals of a running gateway", "0 done, 2 invalid or no gateway running", runTop},
		{"health", "say whether a running gateway can serve clients, for Docker", "0 ready, 1 not ready, 2 invalid", runHealth},
		{"dkim", "make keys that sign mail, and check their DNS records", "0 done, 1 a record doesn't fit, 2 invalid", runDKIM},
		{"oauth", "log on for a Send connector, or test its logon at the smart host", "0 logged on, 1 refused, 2 invalid", runOAuth},
		{"user", "maintain the users file of Basic authentication", "0 done, 1 no such user, 2 invalid", user},
		{"version", "print the version of the program", "0 done", runVersion},
	}
}

// cli is the environment of a command.
type cli struct {
	command
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	fqdn           func() string // returns the machine's name for the wire; nil: it has none

	logJSON     bool // serve -json: invalid logs JSON
	saidStopped bool // queue has said that no gateway is running

	// typed has the credentials that were typed at the terminal, by prompt. An
	// unattended command doesn't prompt.
	typed      map[string]param.Credential
	unattended bool
}

// run is the program without the process around it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runOn(machineFQDN, args, stdin, stdout, stderr)
}

// runOn is run on a machine that fqdn names.
func runOn(fqdn func() string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitInvalid
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(stdout)
		return exitOK
	case "-version", "--version":
		printVersion(stdout)
		return exitOK
	}
	for _, cmd := range commands() {
		if cmd.name == args[0] {
			return cmd.run(&cli{command: cmd, stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now, fqdn: fqdn, typed: map[string]param.Credential{}}, args[1:])
		}
	}
	fmt.Fprintf(stderr, "gateway: unknown command %q\n\n", args[0])
	usage(stderr)
	return exitInvalid
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: gateway COMMAND [flags]")
	fmt.Fprintln(w)
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n  %-8s exit %s\n", cmd.name, cmd.summary, "", cmd.exits)
	}
	fmt.Fprintln(w, "\ngateway COMMAND -h lists the flags.")
}

// machine returns the machine's name for the wire, or "".
func (c *cli) machine() string {
	if c.fqdn == nil {
		return ""
	}
	return c.fqdn()
}

// invalid prints what is wrong with the input and returns exitInvalid.
func (c *cli) invalid(err error) int {
	if c.logJSON {
		logger := newLogger(c.stderr, true)
		logger.Error("mistake", "error", err)
		logger.Error("can't serve", "mistakes", 1)
		return exitInvalid
	}
	fmt.Fprintf(c.stderr, "gateway %s: %v\n", c.name, err)
	return exitInvalid
}

// flags returns an empty set of flags. synopsis follows the command's name in
// its usage.
func (c *cli) flags(synopsis string) *flag.FlagSet {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "usage: gateway %s %s\n\n%s; exit %s\n\n", c.name, synopsis, c.summary, c.exits)
		fs.PrintDefaults()
	}
	fs.SetOutput(io.Discard) // parse prints
	return fs
}

// parsePolicy is parse for commands whose words are files of the policy, as -config
// gives them, before the flags and after.
func (c *cli) parsePolicy(fs *flag.FlagSet, p *policyFlags, args []string) (code int, done bool) {
	return c.parseMixed(fs, args, func(word string) { p.files = append(p.files, word) })
}

// parseMixed parses flags and words in any order.
func (c *cli) parseMixed(fs *flag.FlagSet, args []string, word func(string)) (code int, done bool) {
	for {
		if code, done := c.parse(fs, args, "anything"); done {
			return code, true
		}
		if fs.NArg() == 0 {
			return 0, false
		}
		word(fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// parse parses args into fs. If done, the command ends with code. Arguments that are
// not flags are an error unless names has their names.
func (c *cli) parse(fs *flag.FlagSet, args []string, names ...string) (code int, done bool) {
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fs.SetOutput(c.stdout)
		fs.Usage()
		return exitOK, true
	case err != nil:
		return c.invalid(plainFlag(c.name, err)), true
	case len(names) == 0 && fs.NArg() > 0:
		return c.invalid(fmt.Errorf("unexpected argument %q; see gateway %s -h", fs.Arg(0), c.name)), true
	}
	return 0, false
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
