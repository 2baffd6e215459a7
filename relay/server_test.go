package relay_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// binder opens listeners on a network and remembers which.
type binder struct {
	network *relaytest.Network
	refuse  []string // addresses that can't be opened

	mu     sync.Mutex
	opened []string
	closed []string
}

var errBind = errors.New("permission denied")

func (b *binder) listen(_ context.Context, network, address string) (net.Listener, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.Contains(b.refuse, address) {
		return nil, errBind
	}
	l, err := b.network.Listen(address)
	if err != nil {
		return nil, err
	}
	b.opened = append(b.opened, network+" "+address)
	return &boundListener{l, b, address}, nil
}

// boundListener reports when it is closed.
type boundListener struct {
	net.Listener
	binder  *binder
	address string
}

func (l *boundListener) Close() error {
	err := l.Listener.Close()
	l.binder.mu.Lock()
	defer l.binder.mu.Unlock()
	if err == nil {
		l.binder.closed = append(l.binder.closed, l.address)
	}
	return err
}

func (b *binder) state() (opened, closed []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(slices.Values(b.opened)), slices.Sorted(slices.Values(b.closed))
}

// bindings returns the default connector on other bindings.
func bindings(name string, all ...string) connector.Receive {
	r := defaultHub()
	r.Name, r.Bindings = name, nil
	for _, s := range all {
		r.Bindings = append(r.Bindings, at(s))
	}
	return r
}

// newServer returns a server without listeners.
func newServer(t *testing.T, p *connector.Policy, b *binder) *relay.Server {
	t.Helper()
	_, cert := certificates()
	s := &relay.Server{Policy: p, Handler: new(mailbox), Certificates: []tls.Certificate{cert}, Listen: b.listen}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestListenAndServeOpensAllOrNothing(t *testing.T) {
	b := &binder{network: new(relaytest.Network), refuse: []string{"10.2.3.4:26", "[::]:27"}}
	s := newServer(t, policy(t, bindings("A", "10.2.3.4:25", "10.2.3.4:26"), bindings("B", "[::]:27")), b)
	err := s.ListenAndServe(t.Context())
	if !errors.Is(err, errBind) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{`Receive["A"].Bindings: binding 10.2.3.4:26: `, `Receive["B"].Bindings: binding [::]:27: `} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
	opened, closed := b.state()
	if !slices.Equal(opened, []string{"tcp4 10.2.3.4:25"}) || !slices.Equal(closed, []string{"10.2.3.4:25"}) {
		t.Errorf("opened %q, closed %q", opened, closed)
	}
	if _, err := b.network.Dial(t.Context(), netip.MustParseAddr(stranger), at("10.2.3.4:25")); err == nil {
		t.Error("half of it is served")
	}
}

func TestListenAndServeFollowsThePolicy(t *testing.T) {
	b := &binder{network: new(relaytest.Network)}
	narrow := fromAnonymousGateway()
	narrow.Bindings = []netip.AddrPort{at("10.2.3.4:25")}
	s := newServer(t, policy(t, bindings("A", "0.0.0.0:25", "[::]:25", "10.2.3.4:26"), narrow), b)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- s.ListenAndServe(ctx) }()
	talk := func(to string) error {
		from := stranger
		if strings.HasPrefix(to, "[") {
			from = "2001:db8::1"
		}
		c, err := b.network.Dial(t.Context(), netip.MustParseAddr(from), at(to))
		if err != nil {
			return err
		}
		client := relaytest.NewClient(t, c)
		client.Expect(220)
		client.Do("QUIT", 221)
		client.Close()
		return nil
	}
	eventually(t, func() bool { return talk("10.2.3.4:26") == nil })
	for _, to := range []string{"10.2.3.4:25", "[2001:db8::25]:25"} {
		if err := talk(to); err != nil {
			t.Error(err)
		}
	}
	// 10.2.3.4:25 is the wildcard's too, and is not bound twice.
	if opened, _ := b.state(); !slices.Equal(opened, []string{"tcp4 0.0.0.0:25", "tcp4 10.2.3.4:26", "tcp6 [::]:25"}) {
		t.Errorf("opened %q", opened)
	}

	if err := s.SetPolicy(policy(t, bindings("A", "0.0.0.0:25", "10.2.3.4:587"))); err != nil {
		t.Fatal(err)
	}
	if err := talk("10.2.3.4:587"); err != nil {
		t.Error(err)
	}
	if err := talk("10.2.3.4:26"); err == nil {
		t.Error("the old binding is still served")
	}
	b.mu.Lock()
	b.refuse = []string{"10.2.3.4:588"}
	b.mu.Unlock()
	if err := s.SetPolicy(policy(t, bindings("A", "10.2.3.4:588"))); !errors.Is(err, errBind) {
		t.Errorf("SetPolicy with a binding that can't be opened: %v", err)
	}
	if err := talk("10.2.3.4:587"); err != nil {
		t.Errorf("a policy that was refused has changed something: %v", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("ListenAndServe: %v", err)
	}
	if err := talk("10.2.3.4:25"); err == nil {
		t.Error("still served after the end")
	}
}

// onFreePort starts a server at all addresses of both families, and returns its
// port. Somebody else may take a port between its choice and its use.
func onFreePort(t *testing.T) (*relay.Server, uint16, <-chan error) {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		l.Close()
		r := bindings("A")
		r.Bindings = []netip.AddrPort{
			netip.AddrPortFrom(netip.IPv4Unspecified(), port), netip.AddrPortFrom(netip.IPv6Unspecified(), port)}
		s := newServer(t, policy(t, r), &binder{})
		s.Listen = nil
		served, taken := make(chan error, 1), false
		go func() { served <- s.ListenAndServe(t.Context()) }()
		eventually(t, func() bool {
			select {
			case <-served:
				taken = true
				return true
			default:
			}
			c, err := net.Dial("tcp4", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String())
			if err == nil {
				c.Close()
			}
			return err == nil
		})
		if !taken {
			return s, port, served
		}
	}
	t.Fatal("every port was taken")
	return nil, 0, nil
}

// On real sockets both wildcards of one port can be bound.
func TestListenOnBothFamilies(t *testing.T) {
	s, port, served := onFreePort(t)
	eventually(t, func() bool {
		c, err := net.Dial("tcp4", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String())
		if err != nil {
			return false
		}
		client := relaytest.NewClient(t, c)
		client.Expect(220)
		client.Close()
		return true
	})
	if c, err := net.Dial("tcp6", netip.AddrPortFrom(netip.IPv6Loopback(), port).String()); err == nil {
		client := relaytest.NewClient(t, c)
		client.Expect(220)
		client.Close()
	} else {
		t.Logf("no IPv6 here: %v", err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestPolicyThatCannotBeServed(t *testing.T) {
	require := defaultHub()
	require.RequireTLS = true
	named := defaultHub()
	named.Name, named.TlsCertificateName = "Named", "<I>CN=X<S>CN=y"
	named.RemoteIPRanges = ranges("10.0.0.0/8")
	implicit := bindings("Implicit", "0.0.0.0:465")
	good := policy(t, defaultHub())
	for _, c := range []struct {
		name   string
		server *relay.Server
		parts  []string
	}{
		{"no policy", &relay.Server{Handler: new(mailbox)}, []string{"no policy"}},
		{"no handler", &relay.Server{Policy: good}, []string{"no handler"}},
		{"no certificates", &relay.Server{Handler: new(mailbox), Policy: policy(t, require, named, implicit)},
			[]string{`"Default HubA"]: RequireTLS`, `"Named"]: TlsCertificateName`, `"Implicit"]: binding 0.0.0.0:465`}},
		{"empty certificate", &relay.Server{Handler: new(mailbox), Policy: good, Certificates: make([]tls.Certificate, 1)},
			[]string{"certificate 1 of 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var n relaytest.Network
			l, err := n.Listen(hub)
			if err != nil {
				t.Fatal(err)
			}
			err = c.server.Serve(l)
			if err == nil {
				t.Fatal("served")
			}
			for _, part := range c.parts {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %s", err, part)
				}
			}
			if err := c.server.ListenAndServe(t.Context()); err == nil {
				t.Error("ListenAndServe served")
			}
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Error("the listener is left open")
			}
		})
	}
}

func TestSetPolicyIsForNewConnections(t *testing.T) {
	w := serve(t, policy(t, fromAnonymousGateway(anyRecipient())), nil)
	old := w.hello(gateway, hub)
	if err := w.server.SetPolicy(policy(t, fromAnonymousGateway())); err != nil {
		t.Fatal(err)
	}
	for code, c := range map[int]*relaytest.Client{250: old, 550: w.hello(gateway, hub)} {
		c.Do("MAIL FROM:<>", 250)
		c.Do("RCPT TO:<"+elsewhere+">", code)
	}
	if err := w.server.SetPolicy(nil); err == nil {
		t.Error("a nil policy was taken")
	}
}

func TestShutdown(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), nil)
	idle := w.hello(stranger, hub)
	busy := w.hello(stranger, hub)
	busy.Do("MAIL FROM:<>", 250)
	busy.Do("RCPT TO:<"+inside+">", 250)
	busy.Do("DATA", 354)
	done := make(chan error)
	go func() { done <- w.server.Shutdown(t.Context()) }()
	idle.Expect(421)
	idle.Closed()
	busy.SendRaw(message + ".\r\n")
	busy.Expect(250)
	busy.Expect(421)
	busy.Closed()
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	w.mailbox.last(t)
	if _, err := w.network.Dial(t.Context(), netip.MustParseAddr(stranger), at(hub)); err == nil {
		t.Error("still listening")
	}
	var n relaytest.Network
	l, err := n.Listen(hub)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.server.Serve(l); !errors.Is(err, relay.ErrServerClosed) {
		t.Errorf("Serve after Shutdown: %v", err)
	}
}

func TestShutdownCutsOff(t *testing.T) {
	began, ended := make(chan struct{}), make(chan error, 1)
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		s.Handler = relay.HandlerFunc(func(ctx context.Context, _ *relay.Envelope, body io.Reader) error {
			if _, err := io.Copy(io.Discard, body); err != nil {
				return err
			}
			close(began)
			<-ctx.Done()
			ended <- ctx.Err()
			return nil // too late: the client is gone
		})
	})
	c := w.hello(stranger, hub)
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	c.Do("DATA", 354)
	c.SendRaw(message + ".\r\n")
	<-began
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if err := w.server.Shutdown(ctx); !errors.Is(err, enough) {
		t.Errorf("Shutdown: %v", err)
	}
	c.Closed()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context: %v", err)
	}
}

// flaky fails now and then as an overloaded kernel does.
type flaky struct {
	net.Listener
	mu    sync.Mutex
	fails int
}

type temporary struct{ error }

func (temporary) Temporary() bool { return true }

func (f *flaky) Accept() (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails > 0 {
		f.fails--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: temporary{errors.New("too many open files")}}
	}
	return f.Listener.Accept()
}

func TestAcceptErrors(t *testing.T) {
	b := &binder{network: new(relaytest.Network)}
	s := newServer(t, policy(t, defaultHub()), b)
	l, err := b.network.Listen(hub)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- s.Serve(&flaky{Listener: l, fails: 3}) }()
	conn, err := b.network.Dial(t.Context(), netip.MustParseAddr(stranger), at(hub))
	if err != nil {
		t.Fatal(err)
	}
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// dead can't accept any more.
type dead struct{ net.Listener }

func (dead) Accept() (net.Conn, error) { return nil, errBind }

// A binding that fails for good ends ListenAndServe, with all others.
func TestAcceptFailsForGood(t *testing.T) {
	b := &binder{network: new(relaytest.Network)}
	s := newServer(t, policy(t, bindings("A", "10.2.3.4:25", "10.2.3.4:26")), b)
	s.Listen = func(ctx context.Context, network, address string) (net.Listener, error) {
		l, err := b.listen(ctx, network, address)
		if address == "10.2.3.4:26" {
			l = dead{l}
		}
		return l, err
	}
	if err := s.ListenAndServe(t.Context()); !errors.Is(err, errBind) || !strings.Contains(err.Error(), "10.2.3.4:26") {
		t.Errorf("got %v", err)
	}
	if _, closed := b.state(); !slices.Equal(closed, []string{"10.2.3.4:25", "10.2.3.4:26"}) {
		t.Errorf("closed %q", closed)
	}
}

// A connection without IP addresses has no connector.
func TestServeConnWithoutAddresses(t *testing.T) {
	s := newServer(t, policy(t, defaultHub()), &binder{})
	here, there := net.Pipe()
	if err := s.ServeConn(there); err != nil {
		t.Fatal(err)
	}
	relaytest.NewClient(t, here).Closed()
}

func TestServeConn(t *testing.T) {
	_, cert := certificates()
	s := &relay.Server{Policy: policy(t, defaultHub()), Handler: new(mailbox), Certificates: []tls.Certificate{cert}}
	here, there := relaytest.NewPipe(at("203.0.113.9:4711"), at(hub))
	served := make(chan error)
	go func() { served <- s.ServeConn(there) }()
	c := relaytest.NewClient(t, here)
	c.Expect(220)
	c.Do("QUIT", 221)
	if err := <-served; err != nil {
		t.Error(err)
	}
}
