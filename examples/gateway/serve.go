package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/metrics"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/relay/mxpolicy"
	"github.com/interchange-smtp/interchange/relay/oauth"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	policyFlags
	data      string
	maxQueued int        // 0: the default of dispatch.Dispatcher
	minFree   param.Size // 0: likewise
	maxMemory param.Size // 0: likewise
	log       string
	grace     time.Duration // how long transactions and delivery attempts may take to end at a shutdown
	logs      logFlags
	user      string // the account that the process becomes; "": it stays
	userFlags
	tokens   string
	oauth    oauthFlags
	dkimKeys string
	clientCA string
	milters  milterFlags
	peerFlags
	recipients recipientFlags
	dnsFlags
	acme    acmeFlags
	metrics string
	console consoleFlags
	lmtp    list
	explain list
}

// serve registers the flags of gateway serve and returns its runner.
func serve(c *cli, fs *flag.FlagSet) runner {
	var f serveFlags
	f.register(fs)
	return func(words []string) int {
		f.files = append(f.files, words...)
		server := func(ctx context.Context, e events) int { return c.serve(ctx, e, &f) }
		if c.serving != nil {
			return c.serving(server, f.grace)
		}
		return untilSignal(server)
	}
}

// untilSignal runs a server until a signal stops the process.
func untilSignal(server func(context.Context, events) int) int {
	// A reader of the output that goes away costs lines, not the process.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	hangup := make(chan os.Signal, 1) // one reload is enough for several signals
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	daily, watch := time.NewTicker(24*time.Hour), time.NewTicker(time.Minute)
	defer daily.Stop()
	defer watch.Stop()
	return server(ctx, events{hangup: hangup, daily: daily.C, watch: watch.C})
}

// events are the signals that a running gateway reacts to, and the function that it
// calls when it is ready.
type events struct {
	hangup <-chan os.Signal // reload
	daily  <-chan time.Time // check whether the certificates are still valid
	watch  <-chan time.Time // check whether their files have changed
	ready  func()           // nil: not called
}

// serve runs the relay until ctx ends.
func (c *cli) serve(ctx context.Context, e events, f *serveFlags) int {
	if f.grace < 0 {
		return c.invalid(fmt.Errorf("-shutdown-grace %v: give a time that isn't negative", f.grace))
	}
	if f.log != "" {
		log, err := os.OpenFile(f.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return c.invalid(fmt.Errorf("-log %w", source.FileError(f.log, err)))
		}
		defer log.Close()
		c.stdout, c.stderr = log, log
	}
	f.fqdn = c.machine()
	r, ok := newRelayProcess(c, f)
	if !ok {
		return exitInvalid
	}
	return r.run(ctx, e)
}

// asksForJSON reports whether -json is among args, which may have mistakes: these are logged as JSON, too.
func asksForJSON(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		name, value, given := strings.Cut(arg, "=")
		on, err := strconv.ParseBool(value)
		return (name == "-json" || name == "--json") && (!given || on || err != nil)
	})
}

func (f *serveFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	fs.StringVar(&f.data, "data", "", "keep the queue in `DIR`, which must be accessible to its owner only (default: no queue,\nmail is accepted only after its next hop has accepted it)")
	fs.IntVar(&f.maxQueued, "max-queued", 0, "refuse mail (452) when `N` messages are queued, and mail of one client once it has three quarters of the room that other clients leave (default 25000; negative: no limit)")
	fs.Func("min-free", "refuse mail (452) when less than `SIZE` is free on the disk of -data, as in 500MB (default: 4 %, at most 4 GB; Unlimited: no limit)", func(s string) (err error) {
		f.minFree, err = param.ParseSize(s)
		return err
	})
	fs.Func("max-memory", "refuse mail (452) when more than `SIZE` of memory is in use, as in 500MB (default: three quarters of GOMEMLIMIT, if the environment sets it; Unlimited: no limit)", func(s string) (err error) {
		f.maxMemory, err = param.ParseSize(s)
		return err
	})
	fs.StringVar(&f.log, "log", "", "append the log and standard output to `FILE`")
	fs.DurationVar(&f.grace, "shutdown-grace", shutdownGrace, "when the gateway is stopped, give transactions and delivery attempts up to `TIME` to end")
	f.logs.register(fs)
	fs.StringVar(&f.user, "user", "", "run as `USER`, or as USER:GROUP, as soon as the bindings are open, for a gateway that root starts (not on Windows)")
	f.userFlags.register(fs)
	fs.StringVar(&f.tokens, "tokens", "", "accept access tokens (AuthMechanism OAuth) of the identity provider that this JSON `FILE` describes")
	f.oauth.register(fs)
	f.acme.register(fs)
	fs.StringVar(&f.metrics, "metrics", "", "serve Prometheus' metrics at http://`ADDRESS`/metrics, without access control (default: none)")
	f.console.register(fs, "console", "", "show the policy, the queue and the logs in a browser, and change them there, at `ADDRESS`, as in 127.0.0.1:8025, or at unix:PATH.\nAn address that other machines can reach needs -console-users, and a certificate (default: no console)")
	fs.StringVar(&f.dkimKeys, "dkim-keys", "", "sign mail (DkimSigning) with the keys in `DIR`, which gateway dkim new makes")
	f.registerKeys(fs, "PEM `FILE` with the private key of the -cert at the same place; may be repeated. The files are read again within a minute of a change")
	fs.StringVar(&f.clientCA, "client-ca", "", "trust certificates of partners (DomainSecureEnabled) and of users (ClientCertificate, AUTH EXTERNAL) issued by the authorities\nin this PEM `FILE` (default: the system's for partners, and none for users)")
	f.dnsFlags.register(fs)
	f.peerFlags.register(fs)
	f.recipients.register(fs)
	f.milters.register(fs, "show mail to the content filter at `ADDRESS`, inet:HOST:PORT or unix:PATH, as with Postfix's smtpd_milters; may be repeated")
	fs.Var(&f.lmtp, "lmtp", "`CONNECTOR=SERVER`: deliver the mail of a Send connector by LMTP to unix:PATH or HOST:PORT; needs -data; may be repeated")
	fs.Var(&f.explain, "explain", "log the steps of every decision of the Receive connector `NAME`, and put their ids into the replies; * for all connectors; may be repeated")
}

// explains reports whether -explain names a Receive connector.
func (f *serveFlags) explains(name string) bool {
	return slices.ContainsFunc(f.explain, func(flag string) bool { return flag == "*" || strings.EqualFold(flag, name) })
}

// unexplained returns an error for each -explain that names no Receive connector of p.
func (f *serveFlags) unexplained(p *loaded) error {
	var errs []error
	for _, name := range f.explain {
		known := name == "*"
		for in := range p.Receive() {
			known = known || strings.EqualFold(name, in.Name())
		}
		if !known {
			errs = append(errs, fmt.Errorf("-explain %s: this server has no Receive connector of that name", name))
		}
	}
	return errors.Join(errs...)
}

// relayProcess is a gateway with what its process adds: flags, log and demonstration.
type relayProcess struct {
	cli        *cli
	flags      *serveFlags
	logger     *slog.Logger
	now        *configuration  // of new sessions
	asked      chan chan error // requests of operators to reload; the outcome is sent to each
	web        *http.Client    // for keys and tokens of identity providers
	keys       *providerKeys   // of the clients' tokens
	dial       dialFunc        // to web servers and directories
	sockets    sockets
	account    *account // nil: without -user
	gateway    *gateway.Gateway
	tokens     oauth.Sources // of Send connectors
	recipients currentRecipients
	acme       *acmeClient // nil: without ACME
	lmtp       []lmtpServer
	metrics    *metrics.Metrics         // nil: without -metrics
	metricsAt  string                   // where metrics are served; "": nowhere
	console    *consoleServer           // nil: without -console
	inUse      atomic.Pointer[material] // what the configuration in use is run with, for the console; nil: it is only starting
	// published are the TLS policies of mail domains.
	published *mxpolicy.Policies
	demo      *demoPeers // of the built-in demonstration only
}

// newRelayProcess reads the files and puts a gateway together. If something is wrong it
// prints what, and ok is false.
func newRelayProcess(c *cli, f *serveFlags) (r *relayProcess, ok bool) {
	r = &relayProcess{cli: c, flags: f, logger: newLogger(c.stderr, f.json), asked: make(chan chan error)}
	g := &gateway.Gateway{Dir: f.data, Logger: r.logger}
	r.gateway = g
	dialing, err := f.dialing()
	if err == nil && f.demo {
		err = r.demonstrate(dialing)
	}
	r.web, r.dial = dialing.webClient(), dialing.dialHost
	r.keys = &providerKeys{client: r.web, events: []event.Reader{g.Report}}
	var lmtpErr error
	r.lmtp, lmtpErr = f.lmtpServers()
	r.published = dialing.published(f.data, g.Report)
	filters, filtersErr := f.milters.hooks(g.Report)
	var socketsErr, accountErr error
	r.sockets.given, socketsErr = givenSockets()
	r.account, accountErr = f.findAccount()
	mistakes := []error{err, lmtpErr, filtersErr, socketsErr, accountErr}
	now, bad := r.configure(c)
	mistakes = append(mistakes, bad...)
	if now != nil {
		var consoleErr error
		r.console, consoleErr = r.newConsole(now.Certificates)
		mistakes = append(mistakes, consoleErr, f.unexplained(now.loaded))
	}
	if errors.Join(mistakes...) != nil {
		r.invalid(mistakes)
		return nil, false
	}
	r.now, g.Config = now, now.Config
	g.Server.Explain = f.explains
	r.setLogs()
	g.Server.ProxyFrom, g.Server.XclientFrom, g.Server.Listen = f.proxyFrom, f.xclientFrom, r.sockets.listen
	if now.recipients.Recipients != nil {
		r.recipients.now.Store(&now.recipients)
		g.Server.Recipients = &r.recipients
	}
	// Filters may change messages, and signatures hold for a message as it was sent.
	g.Server.Hooks = append([]relay.Hooks{f.verifier(g.Report).Hooks()}, filters...)
	g.Sender.ResolverFor, g.Sender.Dial, g.Sender.TLSPolicies = dialing.resolverFor, dialing.dial, detouredPolicies{r.published, dialing}
	r.tokens.Dir, r.tokens.Client, r.tokens.Events = f.oauth.tokens(f.data), r.web, []event.Reader{g.Report}
	g.Sender.Tokens = r.tokens.For
	g.Dispatcher.ByConnector = r.transports()
	g.Dispatcher.MaxMessages, g.Dispatcher.MinFree, g.Dispatcher.MaxMemory = f.maxQueued, int64(f.minFree), int64(f.maxMemory)
	g.OnReload, g.OnStatus = r.askReload, r.addToStatus
	r.countEvents()
	r.acme = r.newACME()
	return r, true
}

// demonstrate adds the next hops of the built-in policy.
func (r *relayProcess) demonstrate(dialing *detours) error {
	peers, err := newDemoPeers(r.cli.stdout)
	if err != nil {
		return err
	}
	r.demo = peers
	dialing.rules = append(dialing.rules, peers.detours()...)
	return nil
}

// run serves until ctx ends.
func (r *relayProcess) run(ctx context.Context, e events) int {
	go collectSooner(ctx)
	if r.demo != nil {
		if err := r.demo.start(); err != nil {
			return r.failed(err)
		}
		defer r.demo.server.Close()
	}
	defer r.tokens.Close()
	defer func() { r.now.close() }()
	metrics, err := r.serveMetrics() // before the start, so that /ready answers
	if err != nil {
		return r.failed(err)
	}
	defer metrics.Close()
	if err := r.acme.listen(); err != nil {
		return r.failed(err)
	}
	defer r.acme.close()
	if err := r.console.listen(); err != nil {
		return r.failed(err)
	}
	defer r.console.close()
	if err := r.giveUpRoot(ctx); err != nil {
		return r.failed(err)
	}
	if err := r.tokens.Set(r.now.oauth, r.now.Policy); err != nil {
		return r.failed(err)
	}
	if err := r.gateway.Start(ctx); err != nil {
		return r.failed(err)
	}
	r.acme.start()
	r.announce()
	r.console.start() // its pages have the findings that were announced
	r.tellReady()
	go r.watchdog(ctx)
	if e.ready != nil {
		e.ready()
	}
	ended := make(chan error, 1)
	go func() { ended <- r.gateway.Wait() }()
	for {
		select {
		case err := <-ended:
			return r.failed(errors.Join(err, r.shutdown()))
		case <-e.hangup:
			_ = r.reload() // it is logged
		case outcome := <-r.asked:
			outcome <- r.reload()
		case <-e.daily:
			r.checkAgain()
			go r.acme.obtain()
		case <-e.watch:
			r.renew()
			r.tellSystemd(r.stateForSystemd())
		case <-ctx.Done():
			if err := r.shutdown(); err != nil {
				return r.failed(err)
			}
			return exitOK
		}
	}
}

// shutdownGrace is how long transactions and delivery attempts may take to end, without -shutdown-grace.
const shutdownGrace = 30 * time.Second

// shutdown stops the gateway. A second signal ends the process at once, as it ends
// any other: nothing that was acknowledged is lost by that.
func (r *relayProcess) shutdown() error {
	signal.Reset(syscall.SIGINT, syscall.SIGTERM)
	r.tellStopping()
	r.logger.Info("shutting down; a second signal stops it immediately", "grace", r.flags.grace)
	grace, cancel := context.WithTimeout(context.Background(), r.flags.grace)
	defer cancel()
	var pages sync.WaitGroup
	pages.Go(r.console.close) // a page may wait for the gateway
	err := errors.Join(r.gateway.Shutdown(grace), r.published.Close())
	pages.Wait()
	return err
}

// failed prints why the gateway couldn't serve and returns the exit code.
func (r *relayProcess) failed(err error) int {
	err = r.now.loaded.advised(err)
	if r.flags.json {
		r.logger.Error("can't serve", "error", err)
		return exitNo
	}
	fmt.Fprintf(r.cli.stderr, "gateway serve: %v\n", err)
	return exitNo
}
