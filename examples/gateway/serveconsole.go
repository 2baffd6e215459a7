package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
)

// newConsole prepares the console of -console, with the certificates of the configuration; nil without the flag.
func (r *relayProcess) newConsole(certificates []tls.Certificate) (*consoleServer, error) {
	f := r.flags
	current := func() []tls.Certificate { return r.gateway.CurrentConfig().Certificates }
	s, err := newConsoleServer(&f.console, r.logger, certificates, chooseFrom(current))
	if s == nil || err != nil {
		return nil, err
	}
	if s.byLink() && f.data == "" && !r.showsLink() {
		return nil, errors.New("-console: others could read the one-time link for the logon, which is printed on standard error: let a terminal or a file with mode 0600 have that; or give -data, so that gateway console -link prints it; or give -console-users")
	}
	o := &s.options
	if err := f.consolePolicy(r.cli, o); err != nil {
		return nil, err
	}
	o.LinkHelp = "The gateway prints it when it starts."
	if f.data != "" {
		o.LinkHelp = "On the server, this command prints it: gateway console -link -data DIR, with the gateway's data directory."
	}
	o.Gateway, o.Reload = r.gateway, reloadBy(r.gateway)
	if r.demo == nil { // its one user isn't in a file
		o.Account = r.consoleAccount
	}
	o.Findings = func() analysis.Options {
		m := material{chain: current(), acme: f.acme.dir != "", now: r.cli.now()}
		all := analysis.Options{Now: m.now, Authenticates: true, Certificates: []analysis.Certificate{}}
		found, _ := certificatesOf(r.gateway.CurrentPolicy(), m)
		all.Certificates = append(all.Certificates, found...)
		return all
	}
	o.Surroundings = func(p *load.Loaded) []source.Diagnostic {
		m := r.inUse.Load()
		if m == nil {
			return nil // it is only starting
		}
		now := *m
		now.now = r.cli.now()
		return (&loaded{p}).surroundings(now)
	}
	o.Tracking = func(ctx context.Context) ([]string, error) {
		return existing(r.gateway.Status(ctx).TrackingLog), nil
	}
	r.gateway.OnConsoleLink = s.link
	return s, nil
}

// showsLink reports whether the link is printed at the start. A log for machines is read by others.
func (r *relayProcess) showsLink() bool { return !r.flags.json && private(r.cli.stderr) }

// describeConsole prints where the console is, and how to log on.
func (r *relayProcess) describeConsole(out io.Writer) {
	if r.console == nil {
		return
	}
	fmt.Fprintf(out, "The console is at %s/\n", r.console.base)
	if r.console.byLink() && r.flags.data != "" {
		fmt.Fprintf(out, "A one-time link to the console is printed by: gateway console -link -data %s\n", r.flags.data)
	}
}

// showConsoleLink prints the first one-time link.
func (r *relayProcess) showConsoleLink() {
	if r.console != nil && r.console.byLink() && r.showsLink() {
		r.console.printLink(r.cli.stderr)
	}
}
