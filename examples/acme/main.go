// Command acme is a mail gateway that gets its certificates by ACME, from Let's Encrypt
// unless -directory names another authority:
//
//	acme -data /var/lib/acme policy.json
//
// The hosts are the values of Fqdn of the Receive connectors. The authority calls each at port
// 80 (the challenge http-01), so they must lead to this machine. Package autocert keeps the
// certificates in the data directory and renews them in time, without a reload.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("acme", flag.ContinueOnError)
	data := flags.String("data", "", "`DIR`ectory for the queue and the certificates")
	challenges := flags.String("http", ":80", "`ADDRESS` at which challenges are answered")
	directory := flags.String("directory", autocert.DefaultACMEDirectory, "`URL` of the authority")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *data == "" || flags.NArg() == 0 {
		return errors.New("give -data DIR and the files of the policy")
	}
	loaded, err := load.Files(ctx, load.Options{}, flags.Args()...)
	if err != nil {
		return err
	}
	var hosts []string
	for in := range loaded.Policy.Receive() {
		if in.Settings().Enabled.Or(true) {
			hosts = append(hosts, in.Fqdn())
		}
	}
	manager := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		HostPolicy: autocert.HostWhitelist(hosts...), // or any client could have certificates made
		Cache:      autocert.DirCache(filepath.Join(*data, "certificates")),
		Client:     &acme.Client{DirectoryURL: *directory},
	}

	listener, err := net.Listen("tcp", *challenges)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: manager.HTTPHandler(http.NotFoundHandler()), ReadTimeout: time.Minute}
	go web.Serve(listener)
	defer web.Close()

	for _, host := range hosts { // now, not while the first client waits
		if _, err := manager.GetCertificate(&tls.ClientHelloInfo{ServerName: host, CipherSuites: usual}); err != nil {
			return err
		}
	}
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy}, Dir: *data, Logger: slog.Default()}
	g.Server.GetCertificate = func(_ *connector.Inbound, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return manager.GetCertificate(hello)
	}
	return g.Run(ctx)
}

// usual makes a Manager choose a key for ECDSA, which nearly all clients support.
var usual = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
