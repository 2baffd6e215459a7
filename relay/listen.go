package relay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// ListenAndServe opens every binding of the policy and serves until Shutdown or Close,
// when it returns nil. If a binding doesn't open, none is served, and the error names
// all that failed with their connectors. On a machine without IPv6, bindings of that
// family are left out and logged, unless there are no others. IPv4 and IPv6 are bound
// separately, so that a policy can have 0.0.0.0 and [::]. An address that a wildcard
// binding of the same port covers isn't bound again, because a connection knows the
// address at which it arrived.
//
// When ctx ends, the Server shuts down, with 30 seconds for transactions to end. If an
// accept loop fails for good, it does the same and returns the error.
func (s *Server) ListenAndServe(ctx context.Context) error {
	s.init()
	if err := s.listen(ctx); err != nil {
		return err
	}
	var err error
	select {
	case <-s.shutdown.Done():
		return nil
	case <-ctx.Done():
	case err = <-s.failed:
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	return errors.Join(err, s.Shutdown(grace))
}

// listen opens the bindings and starts their accept loops.
func (s *Server) listen(ctx context.Context) error {
	if err := s.begin(); err != nil {
		return err
	}
	s.policyMu.Lock()
	defer s.policyMu.Unlock()
	if s.bound != nil {
		return errors.New("ListenAndServe called twice")
	}
	opened, err := s.open(ctx, s.current.Load().Policy)
	if err != nil {
		return err
	}
	s.bound = make(map[netip.AddrPort]net.Listener)
	s.failed = make(chan error, 1)
	return s.start(opened)
}

// open opens the bindings of p that are not open yet: all or none.
func (s *Server) open(ctx context.Context, p *connector.Policy) (map[netip.AddrPort]net.Listener, error) {
	listen := s.Listen
	if listen == nil {
		// Every wait for a client has an end, so TCP needn't probe whether it is
		// still there. Turning probes on costs system calls for each connection.
		listen = (&net.ListenConfig{KeepAlive: -1}).Listen
	}
	opened := make(map[netip.AddrPort]net.Listener)
	var failed, lacking source.Diagnostics
	for _, at := range ListenAddresses(p) {
		if s.bound[at] != nil {
			continue
		}
		network := "tcp6"
		if at.Addr().Is4() {
			network = "tcp4"
		}
		l, err := listen(ctx, network, at.String())
		switch {
		case err == nil:
			opened[at] = l
		case at.Addr().Is6() && lacksIPv6(ctx, listen, err):
			lacking = append(lacking, unavailable(p, at, fmt.Errorf("this machine has no IPv6: %w", reason(err)))...)
		default:
			failed = append(failed, unavailable(p, at, fmt.Errorf("%w%s", reason(err), hint(at, err)))...)
		}
	}
	if len(opened)+len(s.bound) == 0 {
		failed = append(failed, lacking...)
	}
	if len(failed) > 0 {
		for _, l := range opened {
			_ = l.Close() // it was not used
		}
		return nil, failed
	}
	for i := range lacking {
		s.Logger.Warn("binding left out", "error", &lacking[i])
	}
	return opened, nil
}

// lacksIPv6 reports whether binding an IPv6 address failed with err because the machine
// has no IPv6: it lacks the family or, if IPv6 is only turned off as in many containers,
// the loopback address. If it lacks only the one address, that is an error in the
// configuration.
func lacksIPv6(ctx context.Context, listen listenFunc, err error) bool {
	if !errors.Is(err, syscall.EADDRNOTAVAIL) {
		return errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, windowsNoFamily)
	}
	l, err := listen(ctx, "tcp6", "[::1]:0")
	if err == nil {
		_ = l.Close() // it was only tried
	}
	return errors.Is(err, syscall.EADDRNOTAVAIL)
}

// listenFunc is [Server.Listen].
type listenFunc = func(ctx context.Context, network, address string) (net.Listener, error)

// windowsNoFamily is WSAEAFNOSUPPORT, which package syscall doesn't name.
const windowsNoFamily = syscall.Errno(10047)

// reason returns err without the names of the network and of the system call.
func reason(err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}

// hint says what can be done about a binding that doesn't open, if that is known.
func hint(at netip.AddrPort, err error) string {
	const unprivileged = 1024
	switch {
	case errors.Is(err, fs.ErrPermission) && at.Port() < unprivileged:
		return "; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"
	case errors.Is(err, syscall.EADDRINUSE):
		return "; another program listens there"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; this machine doesn't have the address"
	}
	return ""
}

// start runs an accept loop for each listener.
func (s *Server) start(opened map[netip.AddrPort]net.Listener) error {
	var err error
	for at, l := range opened {
		if !s.addListener(l) {
			_ = l.Close() // it was not used
			err = ErrServerClosed
			continue
		}
		s.bound[at] = l
		go s.serveBinding(at, l)
	}
	return err
}

// serveBinding runs the accept loop of a binding. If it fails for good, so does
// ListenAndServe.
func (s *Server) serveBinding(at netip.AddrPort, l net.Listener) {
	defer s.removeListener(l)
	if err := s.accept(l); err != nil {
		select {
		case s.failed <- fmt.Errorf("binding %v: %w", at, err):
		default: // the first error is enough
		}
	}
}

// ListenAddresses returns the addresses that ListenAndServe opens for p: the bindings without those that a
// wildcard covers. Linux doesn't allow both.
func ListenAddresses(p *connector.Policy) []netip.AddrPort {
	all := p.Bindings()
	var out []netip.AddrPort
	for _, at := range all {
		if any := wildcard(at); at == any || !slices.Contains(all, any) {
			out = append(out, at)
		}
	}
	return out
}

// wildcard returns the wildcard of the port and the family of an address.
func wildcard(at netip.AddrPort) netip.AddrPort {
	if at.Addr().Is4() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())
}

// boundAt reports whether connections to a local address are for one of the bindings.
func boundAt(bindings []netip.AddrPort, local netip.AddrPort) bool {
	any := wildcard(local)
	return slices.ContainsFunc(bindings, func(b netip.AddrPort) bool { return b == local || b == any })
}

// unavailable returns err, the error of a binding, as a mistake of each connector that has it.
func unavailable(p *connector.Policy, at netip.AddrPort, err error) (list source.Diagnostics) {
	err = fmt.Errorf("binding %v: %w", at, err)
	for in := range p.Receive() {
		settings := in.Settings()
		if settings.Enabled.Or(true) && slices.Contains(settings.Bindings, at) {
			list = append(list, source.Wrap(source.Named("Receive", in.Name()).Field("Bindings"), source.CodeBindingUnavailable, err))
		}
	}
	return list
}
