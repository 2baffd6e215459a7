package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	policyFlags
	data      string
	limits    queueLimits
	users     string
	cert, key string
	dns       string
	connectTo list
	explain   list
}

// serve runs the relay until a signal stops it.
func serve(c *cli, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	hangup := make(chan os.Signal, 1) // one that waits stands for all
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	return serveUntil(ctx, hangup, c, args)
}

// serveUntil is serve until ctx ends; hangup makes it reload.
func serveUntil(ctx context.Context, hangup <-chan os.Signal, c *cli, args []string) int {
	fs := c.flags("[-config FILE]... [flags]")
	var f serveFlags
	f.register(fs)
	if code, done := c.parse(fs, args); done {
		return code
	}
	r, ok := newRelayProcess(c, &f)
	if !ok {
		return exitInvalid
	}
	return r.run(ctx, hangup)
}

func (f *serveFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	fs.StringVar(&f.data, "data", "", "keep the queue in `DIR`, which only its owner may enter (default: no queue,\nmail is acknowledged when its next hop has it)")
	fs.IntVar(&f.limits.messages, "max-queued", 0, "take no more mail when `N` messages are on the queue (default 100000; negative: no limit)")
	fs.Func("min-free", "take no more mail when less than `SIZE` of the disk is free, as in 500MB (default: a twenty-fifth, at most 4 GB; Unlimited: no limit)", func(s string) (err error) {
		f.limits.free, err = connector.ParseByteSize(s)
		return err
	})
	fs.StringVar(&f.users, "users", "", "check passwords of Basic authentication with the users `FILE`")
	fs.StringVar(&f.cert, "cert", "", "PEM `FILE` with the certificate and its chain")
	fs.StringVar(&f.key, "key", "", "PEM `FILE` with the certificate's key")
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
	handler := slog.Handler(slog.NewTextHandler(c.stderr, nil))
	if f.json {
		handler = slog.NewJSONHandler(c.stderr, nil)
	}
	r = &relayProcess{cli: c, flags: f, logger: slog.New(handler)}
	way, err := f.way()
	if err == nil && len(f.files) == 0 {
		err = r.demonstrate(way)
	}
	mistakes := []error{err}
	now, bad := f.read(c)
	mistakes = append(mistakes, bad...)
	if now != nil {
		r.adapt(now)
		mistakes = append(mistakes, now.check(), f.unexplained(now.policy))
	}
	if errors.Join(mistakes...) != nil {
		c.badSettings(&f.policyFlags, mistakes)
		return nil, false
	}
	r.now = now
	r.sender = &delivery.Sender{Resolver: way, Dial: way.dial, Certificates: now.certificates, Logger: r.logger}
	if r.demo != nil {
		r.sender.RootCAs = r.demo.roots
	}
	r.server = &relay.Server{
		Policy: now.policy.Policy, Handler: r.sender, Verifier: now.verifier, Certificates: now.certificates,
		Logger: r.logger, ProtocolLog: c.stdout, Explain: f.explains,
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
func (r *relayProcess) run(ctx context.Context, hangup <-chan os.Signal) int {
	defer r.sender.Close()
	peersCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var peers sync.WaitGroup
	defer peers.Wait()
	defer cancel()
	if r.demo != nil {
		if err := r.demo.start(peersCtx, &peers); err != nil {
			return r.failed(err)
		}
	}
	var reloads <-chan os.Signal // once there is something to reload
	began := make(chan struct{})
	ready := (<-chan struct{})(began)
	if err := r.open(ctx); err != nil {
		return r.failed(err)
	}
	r.server.Listen = listenAnnounced(sync.OnceFunc(func() {
		r.announce()
		close(began)
	}))
	served := make(chan error, 1)
	go func() { served <- r.server.ListenAndServe(context.WithoutCancel(ctx)) }()
	for {
		select {
		case err := <-served:
			return r.failed(errors.Join(err, r.shutdown()))
		case <-ready:
			ready, reloads = nil, hangup
		case <-reloads:
			r.reload()
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
	fmt.Fprintf(r.cli.stderr, "gateway serve: %v\n", err)
	return exitNo
}

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

// announce prints what is served where, and what isn't.
func (r *relayProcess) announce() {
	out := r.cli.stdout
	for _, w := range r.now.policy.warnings() {
		fmt.Fprintln(r.cli.stderr, "warning:", w)
	}
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
	fmt.Fprintln(out, "gateway: ready")
}
