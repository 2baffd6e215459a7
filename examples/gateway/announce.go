package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/interchange-smtp/interchange/auth"
)

// listenAnnounced listens, and calls announce when somebody begins to accept.
func listenAnnounced(announce func()) func(context.Context, string, string) (net.Listener, error) {
	return func(ctx context.Context, network, address string) (net.Listener, error) {
		// The relay has a limit for every wait, so TCP needn't look for lost clients.
		l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &announced{l, announce}, nil
	}
}

// announced is a listener that tells when somebody begins to accept on it,
// which is when all bindings are open.
type announced struct {
	net.Listener
	announce func()
}

// Accept implements net.Listener.
func (l *announced) Accept() (net.Conn, error) {
	l.announce()
	return l.Listener.Accept()
}

// announce says what is served where, and what isn't: on standard output for
// people, in the log for machines. Package replay knows these lines from those of
// the protocol log, which follows them there.
func (r *relayProcess) announce() {
	r.logFindings(r.now)
	ready := "gateway: ready"
	if len(r.now.policy.Bindings()) == 0 {
		ready += ", 0 bindings"
	}
	if r.flags.json {
		r.logger.Info("ready", "bindings", len(r.now.policy.Bindings()), "data", r.flags.data)
	} else {
		r.describe(r.cli.stdout)
	}
	fmt.Fprintln(r.cli.stdout, ready)
}

// describe prints what is served.
func (r *relayProcess) describe(out io.Writer) {
	for in := range r.now.policy.Receive() {
		s := in.Settings()
		if !s.Enabled.Or(true) {
			continue
		}
		mechanisms := s.AuthMechanism.Or(0)
		fmt.Fprintf(out, "Receive connector %q at %v for %v: %v; %v\n",
			in.Name(), s.Bindings, s.RemoteIPRanges, mechanisms, s.PermissionGroups.Or(0))
		if r.server.Verifier == nil && mechanisms&(auth.BasicAuth|auth.BasicAuthRequireTLS) != 0 {
			fmt.Fprintln(out, "  without AUTH, for there are no -users")
		}
		if len(r.server.Certificates) == 0 && mechanisms.Has(auth.TLS) {
			fmt.Fprintln(out, "  without STARTTLS, for there is no -cert")
		}
	}
	if r.queue == nil {
		fmt.Fprintln(out, "Mail is acknowledged when its next hop has it, for there is no -data to queue it in")
	} else {
		fmt.Fprintf(out, "Mail is queued in %s\n", r.flags.data)
	}
	if r.demo != nil {
		io.WriteString(out, demoCommands())
	}
}
