package main

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/connector/source"
)

// replayFlags are the flags of replay.
type replayFlags struct {
	policyFlags
	local, users  string
	top, examples int
}

func (f *replayFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	fs.StringVar(&f.local, "local", "", "judge every connection of this address family as one to `IP`, with its own port (default: the local address in the log)")
	fs.StringVar(&f.users, "users", "", "users `FILE` with the groups and addresses of the users in the logs")
	fs.IntVar(&f.top, "top", 10, "list `N` sources per connector")
	fs.IntVar(&f.examples, "examples", 3, "list `N` examples per difference")
}

// replayLogs registers the flags of gateway replay and returns its runner.
func replayLogs(c *cli, fs *flag.FlagSet) runner {
	var f replayFlags
	f.register(fs)
	return func(words []string) int { return c.replayLogs(&f, words) }
}

// replayLogs compares logs with what a policy would do.
func (c *cli) replayLogs(f *replayFlags, logs []string) int {
	if len(logs) == 0 {
		return c.invalid(errors.New("give the logs to read; - is standard input"))
	}
	opts, err := f.options()
	if err != nil {
		return c.invalid(err)
	}
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	report, err := c.replay(l.Policy, opts, logs)
	if err != nil {
		return c.invalid(err)
	}
	if f.json {
		c.printJSON(report)
	} else {
		fmt.Fprint(c.stdout, report)
	}
	switch {
	case report.Judged() == 0:
		return c.invalid(errors.New("nothing was judged: give protocol logs of Receive or Send connectors, or the mail log of Postfix"))
	case !report.Same():
		return exitNo
	}
	return exitOK
}

// options returns the options of the flags. The error has all that is wrong with them.
func (f *replayFlags) options() (replay.Options, error) {
	opts := replay.Options{Top: f.top, MaxExamples: f.examples}
	var errs []error
	if f.top < 1 || f.examples < 1 {
		errs = append(errs, errors.New("-top and -examples: give 1 or more"))
	}
	if f.local != "" {
		var err error
		if opts.Local, err = netip.ParseAddr(f.local); err != nil {
			errs = append(errs, fmt.Errorf("-local %s: give an IP address, as in 10.2.3.4", f.local))
		}
	}
	if f.users != "" {
		users, err := userfile.Load(f.users)
		if err != nil {
			return opts, errors.Join(append(errs, err)...)
		}
		opts.Identify = func(name string) auth.Identity {
			if id, err := users.Identity(name); err == nil {
				return id
			}
			return auth.Named(name)
		}
	}
	return opts, errors.Join(errs...)
}

// replay reads the logs in their order.
func (c *cli) replay(p *connector.Policy, opts replay.Options, names []string) (*replay.Report, error) {
	bar := newProgress(c.stderr, names)
	defer bar.clear()
	r := replay.New(p, opts)
	for _, name := range names {
		in := c.stdin
		if name != "-" {
			file, err := os.Open(name)
			if err != nil {
				return nil, source.FileError(name, err)
			}
			defer file.Close()
			in = file
		}
		if err := r.Read(name, bar.reader(in)); err != nil {
			return nil, err
		}
	}
	return r.Report(), nil
}
