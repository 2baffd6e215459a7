package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

// announce prints what is served where, and what isn't: on standard output for people, in
// the log for machines. If standard output gets a log, it gets nothing else.
func (r *relayProcess) announce() {
	r.logFindings(r.now)
	if names := r.now.loaded.followsDANE(false); len(names) > 0 && !r.validating() {
		r.logger.Info("DANE is off: no name server is known that validates DNSSEC; -dns-trusted names one", "connectors", names)
	}
	bindings, busy := len(r.now.Policy.Bindings()), r.flags.onStdout() != ""
	if busy && !r.flags.json {
		var said strings.Builder
		r.describe(&said)
		for line := range strings.Lines(said.String()) {
			r.logger.Info("summary", "line", strings.TrimSpace(line))
		}
	}
	if busy || r.flags.json {
		r.logger.Info("ready", r.readyAttrs(bindings)...)
	}
	r.showConsoleLink()
	if busy {
		return
	}
	if !r.flags.json {
		r.describe(r.cli.stdout)
	}
	ready := "gateway: ready"
	if bindings == 0 {
		ready += ", 0 bindings"
	}
	fmt.Fprintln(r.cli.stdout, ready)
}

// readyAttrs are the attributes of the line that says that the gateway serves.
func (r *relayProcess) readyAttrs(bindings int) []any {
	attrs := []any{"bindings", bindings, "data", r.flags.data}
	if r.console != nil {
		attrs = append(attrs, "console", r.console.base+"/")
	}
	return attrs
}

// describe prints the Receive connectors, what they don't offer, and the queue.
func (r *relayProcess) describe(out io.Writer) {
	for in := range r.now.Policy.Receive() {
		s := in.Settings()
		if !s.Enabled.Or(true) {
			continue
		}
		mechanisms := s.AuthMechanism.Or(0)
		fmt.Fprintf(out, "Receive connector %q at %v for %v: %v; %v\n",
			in.Name(), s.Bindings, s.RemoteIPRanges, mechanisms, s.PermissionGroups.Or(0))
		for _, missing := range r.notOffered(mechanisms) {
			fmt.Fprintln(out, "  "+missing)
		}
		if len(r.now.Certificates) == 0 && r.acme == nil && mechanisms.Has(auth.TLS) {
			fmt.Fprintln(out, "  STARTTLS is not offered: no -cert")
		}
	}
	if r.account != nil {
		fmt.Fprintln(out, "Runs as", r.account)
	}
	for _, address := range r.flags.milters.addresses {
		fmt.Fprintf(out, "Mail is shown to the milter at %s; while it is away: %v\n", address, r.flags.milters.action)
	}
	if r.metricsAt != "" {
		fmt.Fprintf(out, "Metrics are at http://%s/metrics\n", r.metricsAt)
		fmt.Fprintf(out, "Whether clients can be served is at http://%s/ready\n", r.metricsAt)
	}
	r.describeConsole(out)
	if r.flags.data == "" {
		fmt.Fprintln(out, "No queue (-data): mail is accepted only after the next hop has accepted it")
		if r.now.loaded.followsMTASTS() {
			fmt.Fprintln(out, "No queue (-data): MTA-STS policies are kept until the gateway ends, and fetched again after a restart")
		}
	} else {
		fmt.Fprintf(out, "Mail is queued in %s\n", r.flags.data)
	}
	if r.demo != nil {
		io.WriteString(out, demoCommands())
	}
}

// notOffered says which log-ons of a connector with these mechanisms aren't offered, and why.
func (r *relayProcess) notOffered(m auth.Mechanism) (missing []string) {
	methods := auth.MethodsOf(r.now.Verifier)
	switch {
	case m.Has(auth.ExternalAuthoritative):
		return nil
	case r.now.Verifier == nil && m.Has(auth.OAuth):
		missing = append(missing, "AUTH is not offered: "+noUserFlags+", and no -tokens")
	case r.now.Verifier == nil && m.Has(auth.BasicAuth):
		missing = append(missing, "AUTH is not offered: "+noUserFlags)
	default:
		if m.Has(auth.BasicAuth) && methods.Passwords == nil {
			missing = append(missing, "LOGIN and PLAIN are not offered: "+noUserFlags)
		}
		if m.Has(auth.OAuth) && methods.Tokens == nil {
			missing = append(missing, "OAUTHBEARER and XOAUTH2 are not offered: no -tokens file")
		}
	}
	if lacks := externalLacks(r.now.users, r.flags.clientCA); m.Has(auth.ClientCertificate) && len(lacks) > 0 {
		missing = append(missing, "EXTERNAL is not offered: no "+strings.Join(lacks, " and no "))
	}
	return missing
}
