package main

import (
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/auth"
)

// announce says what is served where, and what isn't: on standard output for
// people, in the log for machines. Package replay knows these lines from those of
// the protocol log, which follows them there.
func (r *relayProcess) announce() {
	r.logFindings(r.now)
	ready := "gateway: ready"
	if len(r.now.Policy.Bindings()) == 0 {
		ready += ", 0 bindings"
	}
	if r.flags.json {
		r.logger.Info("ready", "bindings", len(r.now.Policy.Bindings()), "data", r.flags.data)
	} else {
		r.describe(r.cli.stdout)
	}
	fmt.Fprintln(r.cli.stdout, ready)
}

// describe prints what is served.
func (r *relayProcess) describe(out io.Writer) {
	for in := range r.now.Policy.Receive() {
		s := in.Settings()
		if !s.Enabled.Or(true) {
			continue
		}
		mechanisms := s.AuthMechanism.Or(0)
		fmt.Fprintf(out, "Receive connector %q at %v for %v: %v; %v\n",
			in.Name(), s.Bindings, s.RemoteIPRanges, mechanisms, s.PermissionGroups.Or(0))
		if r.now.Verifier == nil && mechanisms&(auth.BasicAuth|auth.BasicAuthRequireTLS) != 0 {
			fmt.Fprintln(out, "  without AUTH, for there are no -users")
		}
		if len(r.now.Certificates) == 0 && mechanisms.Has(auth.TLS) {
			fmt.Fprintln(out, "  without STARTTLS, for there is no -cert")
		}
	}
	if r.flags.data == "" {
		fmt.Fprintln(out, "Mail is acknowledged when its next hop has it, for there is no -data to queue it in")
	} else {
		fmt.Fprintf(out, "Mail is queued in %s\n", r.flags.data)
	}
	if r.demo != nil {
		io.WriteString(out, demoCommands())
	}
}
