package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/signal"
	"sync"
	"syscall"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	policyFlags
	users     string
	cert, key string
	dns       string
	connectTo list
}

// serve runs the relay until a signal stops it.
func serve(c *cli, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return serveUntil(ctx, c, args)
}

// serveUntil is serve until ctx ends.
func serveUntil(ctx context.Context, c *cli, args []string) int {
	fs := c.flags("[-config FILE]... [flags]")
	var f serveFlags
	f.register(fs)
	fs.StringVar(&f.users, "users", "", "check passwords of Basic authentication with the users `FILE`")
	fs.StringVar(&f.cert, "cert", "", "PEM `FILE` with the certificate and its chain")
	fs.StringVar(&f.key, "key", "", "PEM `FILE` with the certificate's key")
	fs.StringVar(&f.dns, "dns", "", "ask the name server at `ADDR` (default: the system's)")
	fs.Var(&f.connectTo, "connect-to", "`HOST:PORT:ADDR:PORT`: dial ADDR:PORT where mail goes to HOST:PORT, as curl does; may be repeated")
	if code, done := c.parse(fs, args); done {
		return code
	}
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	r, err := newRelayProcess(c, &f, l)
	if err != nil {
		return c.invalid(err)
	}
	return r.run(ctx)
}

// relayProcess is a relay ready to serve.
type relayProcess struct {
	cli    *cli
	policy *loaded
	server *relay.Server
	sender *delivery.Sender
	demo   *demoPeers // of the built-in demonstration only
}

// newRelayProcess puts a relay together. Nothing is opened yet but files.
func newRelayProcess(c *cli, f *serveFlags, l *loaded) (*relayProcess, error) {
	handler := slog.Handler(slog.NewTextHandler(c.stderr, nil))
	if f.json {
		handler = slog.NewJSONHandler(c.stderr, nil)
	}
	logger := slog.New(handler)
	way, dnsErr := f.way()
	certificates, certErr := loadCertificate(f.cert, f.key)
	verifier, usersErr := f.verifier()
	if err := errors.Join(dnsErr, certErr, usersErr); err != nil {
		return nil, err
	}
	r := &relayProcess{
		cli:    c,
		policy: l,
		sender: &delivery.Sender{Resolver: way, Dial: way.dial, Certificates: certificates, Logger: logger},
	}
	if err := r.sender.Check(l.Policy); err != nil {
		return nil, err
	}
	r.server = &relay.Server{
		Policy: l.Policy, Handler: r.sender, Verifier: verifier, Certificates: certificates,
		Logger: logger, ProtocolLog: c.stdout,
	}
	if len(f.files) == 0 {
		return r, r.demonstrate(way)
	}
	return r, nil
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

// verifier returns who checks passwords; nil if nobody does.
func (f *serveFlags) verifier() (auth.Verifier, error) {
	if f.users == "" {
		return nil, nil
	}
	return userfile.Load(f.users)
}

// demonstrate adds what the built-in policy needs: an account, a certificate
// and the servers behind the relay.
func (r *relayProcess) demonstrate(way *detours) error {
	if r.server.Verifier == nil {
		r.server.Verifier = demoVerifier(demoUser, demoPassword)
	}
	if len(r.server.Certificates) == 0 {
		cert, err := selfSigned(demoHub)
		if err != nil {
			return err
		}
		r.server.Certificates = []tls.Certificate{cert}
	}
	peers, err := newDemoPeers(r.cli.stdout)
	if err != nil {
		return err
	}
	r.demo = peers
	r.sender.RootCAs = peers.roots
	way.rules = append(way.rules, peers.detours()...)
	return nil
}

// run serves until ctx ends.
func (r *relayProcess) run(ctx context.Context) int {
	defer r.sender.Close()
	ctx, cancel := context.WithCancel(ctx)
	var peers sync.WaitGroup
	defer peers.Wait()
	defer cancel()
	if r.demo != nil {
		if err := r.demo.start(ctx, &peers); err != nil {
			fmt.Fprintf(r.cli.stderr, "gateway serve: %v\n", err)
			return exitNo
		}
	}
	r.server.Listen = listenAnnounced(sync.OnceFunc(r.announce))
	if err := r.server.ListenAndServe(ctx); err != nil {
		fmt.Fprintf(r.cli.stderr, "gateway serve: %v\n", err)
		return exitNo
	}
	return exitOK
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
	for _, w := range r.policy.warnings() {
		fmt.Fprintln(r.cli.stderr, "warning:", w)
	}
	for in := range r.policy.Receive() {
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
	if r.demo != nil {
		io.WriteString(out, demoCommands())
	}
	fmt.Fprintln(out, "gateway: ready")
}
