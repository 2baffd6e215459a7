package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"github.com/interchange-smtp/interchange/console"
)

// Limits of the console's web server. The one for an answer leaves room for a reload; pages that are shown live, uploads and
// exports have their own.
const (
	consoleConnections   = 256
	consoleHeaderTimeout = 10 * time.Second
	consoleAnswerTimeout = 5 * time.Minute // from the request to the end of the answer
	consoleIdleTimeout   = 2 * time.Minute
	consoleHeaderBytes   = 32 << 10
	consoleGrace         = 5 * time.Second // for answers under way, when the program ends
)

// consoleServer serves the console. The nil consoleServer serves nothing.
type consoleServer struct {
	flags    *consoleFlags
	logger   *slog.Logger
	place    consolePlace
	tls      *tls.Config // nil: http
	options  console.Options
	console  *console.Console
	listener net.Listener
	web      *http.Server
	base     string        // of all addresses, as in http://127.0.0.1:8025
	ended    chan struct{} // closed when it serves no more
	err      error         // why; nil after close
}

// newConsoleServer returns the server of a console; nil without an address. shared are the certificates of -cert,
// for an address that other machines can reach, and current returns them as they are at the time of a handshake.
func newConsoleServer(f *consoleFlags, logger *slog.Logger, shared []tls.Certificate, current chooseCertificate) (*consoleServer, error) {
	if err := f.check(len(shared) > 0); err != nil || f.address == "" {
		return nil, err
	}
	s := &consoleServer{flags: f, logger: logger, ended: make(chan struct{})}
	s.place, _ = f.place() // check has done it
	var shown []tls.Certificate
	switch {
	case f.cert != "":
		pair, err := newConsoleCertificate(f.cert, f.key, logger)
		if err != nil {
			return nil, err
		}
		shown, current = []tls.Certificate{pair.now}, pair.choose
	case !s.place.local:
		shown = shared
	}
	if len(shown) > 0 {
		s.tls = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: current}
	}
	o := &s.options
	o.Logger = logger
	if f.proxy {
		o.Secure = cameByHTTPS
	}
	var err error
	if o.Hosts, err = f.names(s.place, shown); err != nil {
		return nil, err
	}
	if f.users == "" {
		o.LinkRole = console.Change
		return s, nil
	}
	o.Verifier, err = newAdministrators(f.users)
	return s, err
}

// listen opens the address and makes the console, whose options are complete now.
func (s *consoleServer) listen() (err error) {
	if s == nil {
		return nil
	}
	if s.console, err = console.New(s.options); err != nil {
		return err
	}
	if s.place.network == "unix" {
		s.listener, err = listenPrivately(s.place.address)
	} else {
		s.listener, err = net.Listen("tcp", s.place.address)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", s.flags.flag, s.flags.address, err)
	}
	s.base = s.address()
	return nil
}

// address returns the beginning of all addresses of the console.
func (s *consoleServer) address() string {
	at, ok := s.listener.Addr().(*net.TCPAddr)
	switch {
	case !ok:
		return "http://localhost" // at the other end of a tunnel
	case s.tls == nil:
		return "http://" + at.String()
	}
	return fmt.Sprintf("https://%s:%d", s.options.Hosts[0], at.Port)
}

// start serves until close.
func (s *consoleServer) start() {
	if s == nil {
		return
	}
	var pages http.Handler = s.console
	if s.flags.proxy {
		pages = behindProxy(pages)
	}
	s.web = &http.Server{
		Handler: pages, ReadHeaderTimeout: consoleHeaderTimeout, WriteTimeout: consoleAnswerTimeout,
		IdleTimeout: consoleIdleTimeout, MaxHeaderBytes: consoleHeaderBytes, TLSConfig: s.tls,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug), // handshakes that failed, mostly
	}
	limited := netutil.LimitListener(s.listener, consoleConnections)
	go func() {
		defer close(s.ended)
		if s.tls != nil {
			s.err = s.web.ServeTLS(limited, "", "")
		} else {
			s.err = s.web.Serve(limited)
		}
		if errors.Is(s.err, http.ErrServerClosed) {
			s.err = nil
			return
		}
		s.logger.Error("the console is no longer served", "error", s.err)
	}()
}

// close ends the pages that are shown live, lets other answers end, and closes all connections.
func (s *consoleServer) close() {
	if s == nil || s.listener == nil {
		return
	}
	s.console.Close()
	if s.web == nil { // it wasn't started
		_ = s.listener.Close() // nothing is lost with it
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), consoleGrace)
	defer cancel()
	if s.web.Shutdown(ctx) != nil {
		_ = s.web.Close() // nothing is lost: a change that was written is in the files
	}
}

// byLink reports whether administrators log on by one-time links.
func (s *consoleServer) byLink() bool { return s.options.LinkRole != 0 }

// link returns a one-time link. An earlier one can't be used any more.
func (s *consoleServer) link() (string, error) {
	if !s.byLink() {
		return "", errors.New("the users of -console-users log on with their passwords; there are no one-time links")
	}
	return s.base + s.console.NewLink(), nil
}
