package relaytest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

var (
	hub     = netip.MustParseAddrPort("10.2.3.4:25")
	gateway = netip.MustParseAddr("192.168.5.77")
)

func listen(t *testing.T, n *relaytest.Network, address string) net.Listener {
	t.Helper()
	l, err := n.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func pipe() (a, b *relaytest.Conn) {
	return relaytest.NewPipe(netip.AddrPortFrom(gateway, 50000), hub)
}

func TestDialAddresses(t *testing.T) {
	for _, c := range []struct {
		listen, from, to string
		refused          bool
	}{
		{listen: "10.2.3.4:25", from: "192.168.5.77", to: "10.2.3.4:25"},
		{listen: "0.0.0.0:25", from: "192.168.5.77", to: "10.2.3.4:25"},
		{listen: "[::]:25", from: "2001:db8::5", to: "[2001:db8::1]:25"},
		{listen: "10.2.3.4:25", from: "::ffff:192.168.5.77", to: "[::ffff:10.2.3.4]:25"},
		{listen: "10.2.3.4:25", from: "192.168.5.77", to: "10.2.3.5:25", refused: true},
		{listen: "10.2.3.4:25", from: "192.168.5.77", to: "10.2.3.4:587", refused: true},
		{listen: "[::]:25", from: "192.168.5.77", to: "10.2.3.4:25", refused: true},
	} {
		var n relaytest.Network
		l := listen(t, &n, c.listen)
		to := netip.MustParseAddrPort(c.to)
		client, err := n.Dial(t.Context(), netip.MustParseAddr(c.from), to)
		if c.refused {
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s -> %s on %s: %v, want refused", c.from, c.to, c.listen, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s -> %s on %s: %v", c.from, c.to, c.listen, err)
			continue
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := server.LocalAddr().(*net.TCPAddr).AddrPort(); got != netip.AddrPortFrom(to.Addr().Unmap(), to.Port()) {
			t.Errorf("server's own address is %v, want %v", got, to)
		}
		if got := server.RemoteAddr().(*net.TCPAddr).AddrPort().Addr(); got != netip.MustParseAddr(c.from).Unmap() {
			t.Errorf("server sees the client at %v, want %v", got, c.from)
		}
		if client.LocalAddr().String() != server.RemoteAddr().String() || client.RemoteAddr().String() != server.LocalAddr().String() {
			t.Errorf("the sides disagree: %v-%v, %v-%v",
				client.LocalAddr(), client.RemoteAddr(), server.LocalAddr(), server.RemoteAddr())
		}
	}
}

func TestSpecificListenerBeforeWildcard(t *testing.T) {
	var n relaytest.Network
	listen(t, &n, "0.0.0.0:25")
	specific := listen(t, &n, "10.2.3.4:25")
	if _, err := n.Listen("10.2.3.4:25"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second Listen: %v", err)
	}
	if _, err := n.Dial(t.Context(), gateway, hub); err != nil {
		t.Fatal(err)
	}
	if _, err := specific.Accept(); err != nil {
		t.Fatal(err)
	}
	specific.Close()
	if _, err := n.Dial(t.Context(), gateway, hub); err != nil { // now the wildcard's
		t.Fatal(err)
	}
}

func TestDialMixedFamilies(t *testing.T) {
	var n relaytest.Network
	listen(t, &n, "[::]:25")
	_, err := n.Dial(t.Context(), gateway, netip.MustParseAddrPort("[2001:db8::1]:25"))
	if !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("got %v", err)
	}
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n relaytest.Network
		n.Silence(hub)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := n.Dial(ctx, gateway, hub); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestHostDialsFromItsAddress(t *testing.T) {
	var n relaytest.Network
	l := listen(t, &n, "10.2.3.4:25")
	for _, source := range []netip.Addr{{}, netip.MustParseAddr("192.168.1.10")} {
		if _, err := n.Host(gateway).Dial(t.Context(), source, hub); err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		want := source
		if !want.IsValid() {
			want = gateway
		}
		if got := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr(); got != want {
			t.Errorf("source %v: came from %v", source, got)
		}
	}
}

func TestListenerCloseResetsTheBacklog(t *testing.T) {
	var n relaytest.Network
	l := listen(t, &n, "10.2.3.4:25")
	c, err := n.Dial(t.Context(), gateway, hub)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
}

func TestConnCarriesBytes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	want := make([]byte, 1<<20)
	for i := range want {
		want[i] = byte(rnd.Uint32())
	}
	a, b := pipe()
	go func() {
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 1+int(rnd.Uint32()%100_000))
			a.Write(rest[:n])
			rest = rest[n:]
		}
		a.CloseWrite()
	}()
	got, err := io.ReadAll(b)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes differ from the %d written, error %v", len(got), len(want), err)
	}
	if _, err := b.Write([]byte("still open")); err != nil {
		t.Errorf("the other direction after CloseWrite: %v", err)
	}
}

func TestConnIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe()
		a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n != 64<<10 {
			t.Errorf("without a reader: wrote %d, %v", n, err)
		}
	})
}

func TestConnDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe()
		start := time.Now()
		a.SetReadDeadline(start.Add(time.Minute))
		_, err := a.Read(make([]byte, 1))
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		a.SetReadDeadline(time.Now().Add(time.Minute))
		a.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Hour, func() { b.Write([]byte("x")) })
		if n, err := a.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("deadline taken back: %d, %v", n, err)
		}
		a.SetReadDeadline(time.Now().Add(-1))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("deadline in the past: %v", err)
		}
	})
}

func TestConnEnds(t *testing.T) {
	read := func(c net.Conn) error { _, err := c.Read(make([]byte, 9)); return err }
	write := func(c net.Conn) error { _, err := c.Write([]byte("x")); return err }
	for _, c := range []struct {
		name string
		do   func(a, b *relaytest.Conn) error
		want error
	}{
		{"read after the peer's Close", func(a, b *relaytest.Conn) error { b.Close(); return read(a) }, io.EOF},
		{"write after the peer's Close", func(a, b *relaytest.Conn) error { b.Close(); return write(a) }, syscall.EPIPE},
		{"read after own Close", func(a, b *relaytest.Conn) error { a.Close(); return read(a) }, net.ErrClosed},
		{"write after own Close", func(a, b *relaytest.Conn) error { a.Close(); return write(a) }, net.ErrClosed},
		{"Close twice", func(a, b *relaytest.Conn) error { a.Close(); return a.Close() }, net.ErrClosed},
		{"write after CloseWrite", func(a, b *relaytest.Conn) error { a.CloseWrite(); return write(a) }, net.ErrClosed},
		{"read after the peer's Reset", func(a, b *relaytest.Conn) error { write(b); b.Reset(); return read(a) }, syscall.ECONNRESET},
		{"write after the peer's Reset", func(a, b *relaytest.Conn) error { b.Reset(); return write(a) }, syscall.ECONNRESET},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := pipe()
			if err := c.do(a, b); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestConnCloseWakesReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe()
		time.AfterFunc(time.Second, func() { a.Close() })
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}
