package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/coreos/go-systemd/v22/activation"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
)

// sockets are the listening sockets that are open before the gateway starts.
type sockets struct {
	given  []givenSocket
	opened map[string]openedBinding // by address, until the Server takes it
}

// openedBinding is a binding that was opened while the process was root, or why it couldn't be.
type openedBinding struct {
	net.Listener
	err error
}

// givenSocket is one that systemd has opened for the gateway (socket activation).
type givenSocket struct {
	file *os.File // stays open, so that a binding can be closed by a reload and opened by the next one
	at   netip.AddrPort
	both bool // the wildcard [::] takes connections by IPv4, too
}

// givenSockets returns the sockets in the environment (LISTEN_FDS). The error names each that can't be used.
func givenSockets() (all []givenSocket, err error) {
	var errs []error
	for _, file := range activation.Files(true) {
		s, err := newGivenSocket(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("socket %q of systemd: %w", file.Name(), err))
			continue
		}
		all = append(all, s)
	}
	return all, errors.Join(errs...)
}

func newGivenSocket(file *os.File) (s givenSocket, err error) {
	l, err := net.FileListener(file)
	if err != nil {
		return s, fmt.Errorf("it isn't a socket for TCP; give ListenStream= an address and a port: %w", err)
	}
	defer l.Close()
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return s, fmt.Errorf("%s isn't an address for TCP; give ListenStream= an address and a port", l.Addr())
	}
	at := tcp.Addr().(*net.TCPAddr).AddrPort()
	s = givenSocket{file: file, at: netip.AddrPortFrom(at.Addr().Unmap(), at.Port())}
	listening, both, err := socketOptions(tcp)
	switch {
	case err != nil:
		return s, err
	case !listening:
		return s, errors.New("it is a connection; set Accept=no in the socket unit")
	}
	s.both = both && at.Addr() == netip.IPv6Unspecified()
	return s, nil
}

// serves reports whether the socket is that of a binding.
func (s givenSocket) serves(binding netip.AddrPort) bool {
	return binding == s.at || s.both && binding == netip.AddrPortFrom(netip.IPv4Unspecified(), s.at.Port())
}

// unmatched returns an error for each socket without a binding in p: clients that connect there would
// wait for a greeting in vain.
func (ss *sockets) unmatched(p *connector.Policy) error {
	var errs []error
	for _, s := range ss.given {
		if !slices.ContainsFunc(p.Bindings(), s.serves) {
			errs = append(errs, fmt.Errorf("socket %q of systemd: no Receive connector has the binding %v; add it to Bindings of one, or remove ListenStream= from the socket unit", s.file.Name(), s.at))
		}
	}
	return errors.Join(errs...)
}

// open opens the bindings of p, so that the Server has them when the process isn't root any more.
func (ss *sockets) open(ctx context.Context, p *connector.Policy) {
	opened := make(map[string]openedBinding)
	for _, at := range relay.ListenAddresses(p) {
		network := "tcp6"
		if at.Addr().Is4() {
			network = "tcp4"
		}
		l, err := ss.listen(ctx, network, at.String())
		opened[at.String()] = openedBinding{l, err}
	}
	ss.opened = opened
}

// listen is the Server's Listen: it takes the socket for an address, or opens one.
func (ss *sockets) listen(ctx context.Context, network, address string) (net.Listener, error) {
	if o, ok := ss.opened[address]; ok {
		delete(ss.opened, address) // a reload that closes the binding and one that needs it again find nothing
		return o.Listener, o.err
	}
	if at, err := netip.ParseAddrPort(address); err == nil {
		for _, s := range ss.given {
			if s.serves(at) {
				return net.FileListener(s.file)
			}
		}
	}
	return (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, network, address)
}
