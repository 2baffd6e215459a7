package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// runReload registers the flags of gateway reload and returns its runner.
func runReload(c *cli, fs *flag.FlagSet) runner {
	data := fs.String("data", "", "the `DIR` that the gateway was started with")
	return func([]string) int { return c.reload(*data) }
}

// reload makes the gateway on data read its files again, and says what is wrong with them.
func (c *cli) reload(data string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if data == "" {
		return c.invalid(errNoData)
	}
	for _, err := range control.Do(ctx, data, control.Request{Action: control.Reload}) {
		if err != nil {
			if exitOf(err) == exitNo { // the gateway has answered
				fmt.Fprintln(c.stderr, err)
				err = errors.New("failed; the gateway goes on with the configuration that it had")
			}
			return c.invalid(err)
		}
	}
	fmt.Fprintln(c.stdout, "reloaded")
	return exitOK
}

// renew reads the certificates again if their files have changed. If they can't be read or
// used, the present ones stay, and an event says why, once for each change.
func (r *relayProcess) renew() {
	stamp := stampOf(r.flags.certs, r.flags.keys)
	if len(r.flags.certs) == 0 || stamp == r.now.stamp {
		return
	}
	next := *r.now
	r.now = &next
	next.stamp = stamp
	certificates, pairs, err := loadCertificates(r.flags.certs, r.flags.keys)
	if err == nil {
		err = r.now.loaded.advised(r.gateway.SetCertificates(certificates))
	}
	if err != nil {
		r.report(event.Event{Kind: event.CertificatesNotRenewed, Err: err})
		return
	}
	next.Certificates, next.pairs = certificates, pairs
	r.report(event.Event{Kind: event.CertificatesRenewed, Until: firstExpiry(certificates)})
	r.logValidity()
}

// firstExpiry returns when the first of some certificates expires.
func firstExpiry(all []tls.Certificate) (first time.Time) {
	for _, c := range all {
		if c.Leaf != nil && (first.IsZero() || c.Leaf.NotAfter.Before(first)) {
			first = c.Leaf.NotAfter
		}
	}
	return first
}

// report passes an event of the process itself on.
func (r *relayProcess) report(e event.Event) { r.gateway.Report(context.Background(), e) }

// errNoData is the mistake of a command that needs -data.
var errNoData = errors.New("-data is missing: give the directory that the gateway was started with")

// exitOf returns the exit code for an error of control.Do.
func exitOf(err error) int {
	if errors.Is(err, control.ErrNoGateway) || errors.Is(err, control.ErrNoDirectory) || errors.Is(err, control.ErrForbidden) {
		return exitInvalid
	}
	return exitNo
}
