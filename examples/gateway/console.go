package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// defaultConsole is where gateway console listens.
const defaultConsole = "127.0.0.1:8025"

// consoleCommand are the flags of gateway console.
type consoleCommand struct {
	policyFlags
	consoleFlags
	userFlags
	data, logs string
	link       bool
}

// runConsole registers the flags of gateway console and returns its runner.
func runConsole(c *cli, fs *flag.FlagSet) runner {
	var f consoleCommand
	f.policyFlags.register(fs)
	f.userFlags.register(fs)
	f.consoleFlags.register(fs, "listen", defaultConsole, "listen at `ADDRESS`, or at unix:PATH. An address that other machines can reach needs -console-users and -console-cert")
	fs.StringVar(&f.data, "data", "", "show the gateway that was started with the data directory `DIR`, too, and make it reload after each change")
	fs.StringVar(&f.logs, "logs", "", "the `DIR` of serve -logs, for message tracking (default: logs in the directory of -data)")
	fs.BoolVar(&f.link, "link", false, "print a one-time link to the console of the gateway (serve -console) that was started with the data directory of -data")
	return func(words []string) int {
		f.policyFlags.files = append(f.policyFlags.files, words...)
		if f.link {
			return c.consoleLink(&f)
		}
		server := func(ctx context.Context, e events) int { return c.console(ctx, e, &f) }
		if c.serving != nil {
			return c.serving(server, consoleGrace)
		}
		return untilSignal(server)
	}
}

// consoleLink prints the one-time link of a running gateway.
func (c *cli) consoleLink(f *consoleCommand) int {
	switch {
	case f.data == "":
		return c.invalid(errNoData)
	case len(f.policyFlags.files) > 0 || f.demo:
		return c.invalid(errors.New("-link asks the gateway on -data and takes no policy"))
	}
	err := askSoon(f.data, control.Request{Action: control.ConsoleLink}, func(e control.Event) {
		if e.Link != "" {
			fmt.Fprintln(c.stdout, e.Link)
		}
	})
	if err != nil {
		return c.invalid(err)
	}
	return exitOK
}

// console serves the console on files until ctx ends.
func (c *cli) console(ctx context.Context, e events, f *consoleCommand) int {
	s, err := c.newConsole(f)
	if err == nil {
		err = s.listen()
	}
	if err != nil {
		return c.invalid(err)
	}
	defer s.close()
	s.start()
	c.announceConsole(s, f.json)
	if e.ready != nil {
		e.ready()
	}
	more := c.enters(s)
	for {
		select {
		case <-more:
			s.printLink(c.stderr)
		case <-s.ended:
			return exitNo
		case <-e.hangup:
			return exitOK
		case <-ctx.Done():
			return exitOK
		}
	}
}

// newConsole returns the server of gateway console.
func (c *cli) newConsole(f *consoleCommand) (*consoleServer, error) {
	if err := f.named(); err != nil {
		return nil, err
	}
	for _, file := range f.policyFlags.files {
		if _, err := os.Stat(file); err != nil {
			return nil, source.FileError(file, err)
		}
	}
	if f.address == "" {
		return nil, errors.New("-listen is empty; give an address, as in " + defaultConsole)
	}
	f.fqdn = c.machine()
	s, err := newConsoleServer(&f.consoleFlags, newLogger(c.stderr, f.json), nil, nil)
	if err != nil {
		return nil, err
	}
	if s.byLink() && (f.json || !private(c.stderr)) {
		return nil, errors.New("others could read the one-time link for the logon, which is printed on standard error: let a terminal or a file with mode 0600 have that, or give -console-users")
	}
	if l, err := f.load(c); err == nil { // asks for credentials at the terminal, once; the pages show the mistakes
		c.compareRunning(l, f.data)
	}
	o := &s.options
	if err := errors.Join(f.policyFlags.consolePolicy(c, o), f.userFlags.consoleAccounts(o)); err != nil {
		return nil, err
	}
	o.LinkHelp = "It is printed where gateway console was started."
	if c.hasTerminal() {
		o.LinkHelp += " Press Enter there for another one."
	}
	o.Findings = func() analysis.Options {
		var m material
		_ = m.loadShown(f.certs) // if a file can't be read now, nothing is known
		certificates, _ := certificatesOf(nil, m)
		return analysis.Options{Now: c.now(), Authenticates: true, Certificates: certificates}
	}
	if f.data == "" {
		return s, nil
	}
	o.Gateway, o.Reload = console.DataDirectory(f.data), reloadBy(console.DataDirectory(f.data))
	o.Tracking = func(context.Context) ([]string, error) { return existing(trackingPath(f.data, f.logs)), nil }
	return s, nil
}

// compareRunning warns if the gateway on data works by another policy: changes may be made in files that it doesn't read.
func (c *cli) compareRunning(l *loaded, data string) {
	if data == "" {
		return
	}
	if s, err := statusOf(data); err == nil && s.Policy != l.Policy.Fingerprint() {
		fmt.Fprintf(c.stderr, "The gateway on %s works by the policy %s, and these files have the policy %s: it was started with other files or flags, or hasn't read them since they changed.\n", data, s.Policy, l.Policy.Fingerprint())
	}
}

// consolePolicy sets the files of a console and how they are read. It doesn't ask for credentials.
func (p *policyFlags) consolePolicy(c *cli, o *console.Options) (err error) {
	unattended := *c
	unattended.unattended = true
	o.Files = p.files
	if o.Load, err = p.options(&unattended); p.demo {
		o.Load.Config = demonstration()
	}
	o.Load.Credentials = p.credentialsPlace()
	return err
}

// reloadBy returns a function that makes a gateway read its files again. One that doesn't run reads them when it
// starts.
func reloadBy(g console.Gateway) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, err := range g.Do(ctx, control.Request{Action: control.Reload}) {
			if err != nil && !errors.Is(err, control.ErrNoGateway) {
				return err
			}
		}
		return nil
	}
}

// existing returns the files that exist.
func existing(files ...string) (there []string) {
	for _, file := range files {
		if exists(file) {
			there = append(there, file)
		}
	}
	return there
}

// announceConsole prints where the console is, and how to log on.
func (c *cli) announceConsole(s *consoleServer, json bool) {
	if json {
		s.logger.Info("ready", "console", s.base+"/")
		return
	}
	fmt.Fprintf(c.stdout, "The console is at %s/\n", s.base)
	if s.byLink() {
		s.printLink(c.stderr)
		if c.hasTerminal() {
			fmt.Fprintln(c.stderr, "Press Enter for another link.")
		}
	}
	fmt.Fprintln(c.stdout, "gateway: ready")
}

// printLink prints a new one-time link.
func (s *consoleServer) printLink(w io.Writer) {
	if link, err := s.link(); err == nil {
		fmt.Fprintf(w, "To log on, open this link within an hour; it works once:\n  %s\n", link)
	}
}

// hasTerminal reports whether standard input is a terminal.
func (c *cli) hasTerminal() bool {
	in, ok := c.stdin.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

// enters returns a channel that gets an element whenever Enter is pressed at the terminal, for another link.
func (c *cli) enters(s *consoleServer) <-chan struct{} {
	if !s.byLink() || !c.hasTerminal() {
		return nil
	}
	ignoreTerminalInput() // a process in the background isn't stopped for reading
	pressed := make(chan struct{})
	go func() {
		for buffer := make([]byte, 256); ; {
			n, err := c.stdin.Read(buffer)
			if err != nil {
				return
			}
			if n > 0 {
				pressed <- struct{}{}
			}
		}
	}()
	return pressed
}

// private reports whether others can't read what is written to w: it isn't systemd's journal or the system's event log, nor a file
// that others may read.
func private(w io.Writer) bool {
	if takesPriority(w) {
		return false
	}
	f, ok := w.(*os.File)
	if !ok || runtime.GOOS == "windows" {
		return true
	}
	info, err := f.Stat()
	return err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0)
}
