package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	policyFlags
	data      string
	limits    queueLimits
	users     string
	clientCA  string
	dns       string
	connectTo list
	explain   list
}

// serve runs the relay until a signal stops it.
func serve(c *cli, args []string) int {
	// Who read our output and went away costs lines, not the process.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	hangup := make(chan os.Signal, 1) // one that waits stands for all
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	daily := time.NewTicker(24 * time.Hour)
	defer daily.Stop()
	return serveUntil(ctx, events{hangup, daily.C}, c, args)
}

// events are what happens to a gateway that serves.
type events struct {
	hangup <-chan os.Signal // makes it reload
	daily  <-chan time.Time // makes it look at its certificate
}

// serveUntil is serve until ctx ends.
func serveUntil(ctx context.Context, e events, c *cli, args []string) int {
	fs := c.flags("[FILE]... [flags]")
	var f serveFlags
	f.register(fs)
	if code, done := c.parsePolicy(fs, &f.policyFlags, args); done {
		return code
	}
	f.fqdn = c.machine()
	r, ok := newRelayProcess(c, &f)
	if !ok {
		return exitInvalid
	}
	return r.run(ctx, e)
}

func (f *serveFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	fs.StringVar(&f.data, "data", "", "keep the queue in `DIR`, which only its owner may enter (default: no queue,\nmail is acknowledged when its next hop has it)")
	fs.IntVar(&f.limits.messages, "max-queued", 0, "take no more mail when `N` messages are on the queue, from one client when it has three quarters of what the others leave of N (default 25000; negative: no limit)")
	fs.Func("min-free", "take no more mail when less than `SIZE` of the disk is free, as in 500MB (default: a twenty-fifth, at most 4 GB; Unlimited: no limit)", func(s string) (err error) {
		f.limits.free, err = param.ParseSize(s)
		return err
	})
	fs.StringVar(&f.users, "users", "", "check passwords of Basic authentication with the users `FILE`")
	fs.StringVar(&f.key, "key", "", "PEM `FILE` with the certificate's key")
	fs.StringVar(&f.clientCA, "client-ca", "", "believe certificates of partners (DomainSecureEnabled) that the authorities in this PEM `FILE` issued (default: the system's)")
	fs.StringVar(&f.dns, "dns", "", "ask the name server at `ADDR` (default: the system's)")
	fs.Var(&f.connectTo, "connect-to", "`HOST:PORT:ADDR:PORT`: dial ADDR:PORT where mail goes to HOST:PORT, as curl does; may be repeated")
	fs.Var(&f.explain, "explain", "log how the decisions of the Receive connector `NAME` came about, and put their ids into the replies; * is all; may be repeated")
}

// explains reports whether the decisions of a Receive connector are to be logged.
func (f *serveFlags) explains(name string) bool {
	return slices.ContainsFunc(f.explain, func(flag string) bool { return flag == "*" || strings.EqualFold(flag, name) })
}

// unexplained returns an error for names that no Receive connector of p has.
func (f *serveFlags) unexplained(p *loaded) error {
	var errs []error
	for _, name := range f.explain {
		known := name == "*"
		for in := range p.Receive() {
			known = known || strings.EqualFold(name, in.Name())
		}
		if !known {
			errs = append(errs, fmt.Errorf("-explain: there is no Receive connector %q on this server", name))
		}
	}
	return errors.Join(errs...)
}

// relayProcess is a relay that serves, or is ready to.
type relayProcess struct {
	cli    *cli
	flags  *serveFlags
	logger *slog.Logger
	now    *settings // what new connections go by
	server *relay.Server
	sender *delivery.Sender
	queue  *mailQueue // nil: without -data
	demo   *demoPeers // of the built-in demonstration only
}

// newRelayProcess puts a relay together. Nothing is opened yet but files. If
// something is wrong it prints that and ok is false.
func newRelayProcess(c *cli, f *serveFlags) (r *relayProcess, ok bool) {
	r = &relayProcess{cli: c, flags: f, logger: newLogger(c.stderr, f.json)}
	way, err := f.way()
	if err == nil && len(f.files) == 0 {
		r.logger.Info(demonstrated)
		err = r.demonstrate(way)
	}
	partners, caErr := loadAuthorities(f.clientCA)
	mistakes := []error{err, caErr}
	now, bad := f.read(c)
	mistakes = append(mistakes, bad...)
	if now != nil {
		r.adapt(now)
		mistakes = append(mistakes, now.check(), r.look(now), f.unexplained(now.policy))
	}
	if errors.Join(mistakes...) != nil {
		r.invalid(mistakes)
		return nil, false
	}
	r.now = now
	r.sender = &delivery.Sender{Resolver: way, Dial: way.dial, Certificates: now.certificates, Logger: r.logger}
	if r.demo != nil {
		r.sender.RootCAs = r.demo.roots
	}
	r.server = &relay.Server{
		Policy: now.policy.Policy, Handler: r.sender, Verifier: now.verifier, Certificates: now.certificates,
		ClientCAs: partners, Logger: r.logger, ProtocolLog: c.stdout, Explain: f.explains,
	}
	return r, true
}

// way returns how next hops are found and dialled.
func (f *serveFlags) way() (*detours, error) {
	resolver, err := nameServer(f.dns)
	errs := []error{err}
	way := &detours{resolver: resolver}
	for _, s := range f.connectTo {
		rule, err := parseDetour(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("-connect-to: %w", err))
		}
		way.rules = append(way.rules, rule)
	}
	return way, errors.Join(errs...)
}

// demonstrate adds the servers behind the built-in policy.
func (r *relayProcess) demonstrate(way *detours) error {
	peers, err := newDemoPeers(r.cli.stdout)
	if err != nil {
		return err
	}
	r.demo = peers
	way.rules = append(way.rules, peers.detours()...)
	return nil
}

// run serves until ctx ends.
func (r *relayProcess) run(ctx context.Context, e events) int {
	defer r.sender.Close()
	go collectSooner(ctx)
	peersCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var peers sync.WaitGroup
	defer peers.Wait()
	defer cancel()
	if r.demo != nil {
		if err := r.demo.start(peersCtx, &peers); err != nil {
			return r.failed(err)
		}
	}
	if err := r.open(ctx); err != nil {
		return r.failed(err)
	}
	began := make(chan struct{})
	begin := sync.OnceFunc(func() { close(began) })
	r.server.Listen = listenAnnounced(begin)
	if len(r.now.policy.Bindings()) == 0 {
		begin()
	}
	served := make(chan error, 1)
	go func() { served <- r.server.ListenAndServe(context.WithoutCancel(ctx)) }()
	return r.attend(ctx, e, began, served)
}

// attend does what happens to a relay asks for, until ctx or the serving ends. ready
// is closed when all bindings are open.
func (r *relayProcess) attend(ctx context.Context, e events, ready <-chan struct{}, served <-chan error) int {
	var reloads <-chan os.Signal // once there is something to reload
	for {
		select {
		case err := <-served:
			return r.failed(errors.Join(err, r.shutdown()))
		case <-ready:
			ready, reloads = nil, e.hangup
			r.announce()
		case <-reloads:
			r.reload()
		case <-e.daily:
			r.logValidity()
		case <-ctx.Done():
			if err := r.shutdown(); err != nil {
				return r.failed(err)
			}
			return exitOK
		}
	}
}

// open opens the queue, if there is to be one.
func (r *relayProcess) open(ctx context.Context) error {
	if r.flags.data == "" {
		return nil
	}
	q, err := openQueue(ctx, r.flags.data, r.sender, r.now.policy.Policy, r.flags.limits, r.logger)
	if err != nil {
		return fmt.Errorf("-data %s: %w", r.flags.data, err)
	}
	r.queue, r.server.Handler = q, q.dispatcher
	return nil
}

// failed prints why it couldn't serve and returns the exit code.
func (r *relayProcess) failed(err error) int {
	err = advised(err)
	if r.flags.json {
		r.logger.Error("can't serve", "error", err)
		return exitNo
	}
	fmt.Fprintf(r.cli.stderr, "gateway serve: %v\n", err)
	return exitNo
}
