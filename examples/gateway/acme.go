package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/event"
)

// acmeFlags are the flags about certificates by ACME.
type acmeFlags struct{ dir, http, authority, email string }

func (f *acmeFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.dir, "acme", "", "get certificates by ACME for the Fqdn of every Receive connector, keep them in `DIR`, and accept the terms of the authority")
	fs.StringVar(&f.http, "acme-http", ":80", "`ADDRESS` at which the authority's challenges are answered; the authority calls port 80 of each host")
	fs.StringVar(&f.authority, "acme-directory", autocert.DefaultACMEDirectory, "`URL` of the authority")
	fs.StringVar(&f.email, "acme-email", "", "`ADDRESS` at which the authority reaches the administrator")
}

// acmeClient gets the certificates of a gateway by ACME.
type acmeClient struct {
	*relayProcess
	manager    *autocert.Manager
	challenges net.Listener
	web        *http.Server
}

// newACME prepares the client of an authority; nil without -acme.
func (r *relayProcess) newACME() *acmeClient {
	f := r.flags.acme
	if f.dir == "" {
		return nil
	}
	a := &acmeClient{relayProcess: r}
	a.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(f.dir), Email: f.email,
		HostPolicy: a.isHost, // or any client could have certificates made
		Client:     &acme.Client{DirectoryURL: f.authority},
	}
	r.gateway.Server.GetCertificate = a.certificate
	return a
}

// listen opens the address for the authority's challenges.
func (a *acmeClient) listen() (err error) {
	if a == nil {
		return nil
	}
	if a.challenges, err = net.Listen("tcp", a.flags.acme.http); err != nil {
		return fmt.Errorf("-acme-http %s: the authority's challenges can't be answered: %w", a.flags.acme.http, err)
	}
	return nil
}

// start answers the authority's challenges, and gets the certificates that aren't in the
// directory yet.
func (a *acmeClient) start() {
	if a == nil {
		return
	}
	a.web = &http.Server{Handler: a.manager.HTTPHandler(http.NotFoundHandler()), ReadTimeout: time.Minute}
	go func() { _ = a.web.Serve(a.challenges) }() // until close
	go a.obtain()
}

// close ends the answers to challenges.
func (a *acmeClient) close() {
	if a == nil || a.challenges == nil {
		return
	}
	_ = a.challenges.Close() // the web server may have closed it
	if a.web != nil {
		_ = a.web.Close()
	}
}

// acmeHosts are the names for which certificates are wanted, those of connectors that begin TLS.
func acmeHosts(p *connector.Policy) (names []string) {
	for in := range p.Receive() {
		if name := strings.ToLower(in.Fqdn()); in.BeginsTLS() && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// hosts are the acmeHosts of the present policy.
func (a *acmeClient) hosts() []string { return acmeHosts(a.gateway.CurrentPolicy()) }

// isHost is the HostPolicy of the manager.
func (a *acmeClient) isHost(_ context.Context, host string) error {
	if !slices.Contains(a.hosts(), strings.ToLower(host)) {
		return fmt.Errorf("%s is not the Fqdn of a Receive connector", host)
	}
	return nil
}

// certificate is the Server's GetCertificate. A certificate of -cert is better than none.
func (a *acmeClient) certificate(in *connector.Inbound, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c, err := a.manager.GetCertificate(hello)
	if err != nil && strings.EqualFold(hello.ServerName, in.Fqdn()) && len(a.gateway.CurrentConfig().Certificates) > 0 {
		return nil, nil
	}
	return c, err
}

// modern makes a Manager choose a key for ECDSA, which nearly all clients support.
var modern = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}

// obtain gets the certificates of all hosts, so that no client waits for one, and reports those
// that can't be had or weren't renewed.
func (a *acmeClient) obtain() {
	if a == nil {
		return
	}
	for _, host := range a.hosts() {
		c, err := a.manager.GetCertificate(&tls.ClientHelloInfo{ServerName: host, CipherSuites: modern})
		if err == nil && c.Leaf == nil {
			err = errors.New("it is empty")
		}
		if err != nil {
			a.report(event.Event{Kind: event.ACMEFailed, Host: host, Err: err})
		} else if described := describe(c.Leaf); described.ExpiresSoon(time.Now()) {
			a.report(event.Event{Kind: event.ACMENotRenewed, Host: host, Until: c.Leaf.NotAfter})
		}
	}
}
