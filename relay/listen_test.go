package relay_test

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// failing is a Listen of a machine that fails at some addresses.
func (b *binder) failing(failures map[string]error) func(context.Context, string, string) (net.Listener, error) {
	return func(ctx context.Context, network, address string) (net.Listener, error) {
		if err := failures[address]; err != nil {
			return nil, &net.OpError{Op: "listen", Net: network, Err: os.NewSyscallError("bind", err)}
		}
		return b.listen(ctx, network, address)
	}
}

// A machine without IPv6 serves its IPv4 bindings. Any other binding that can't be
// opened is an error, which names a remedy.
func TestListenWithoutIPv6(t *testing.T) {
	const noFamily = syscall.EAFNOSUPPORT
	for _, row := range []struct {
		name     string
		bindings []string
		failures map[string]error
		want     string // in the error
	}{
		{"no IPv6", []string{"0.0.0.0:25", "[::]:25", "[2001:db8::7]:587"},
			map[string]error{"[::]:25": noFamily, "[2001:db8::7]:587": noFamily}, ""},
		{"IPv6 turned off", []string{"0.0.0.0:25", "[::1]:25", "[2001:db8::7]:587"}, map[string]error{
			"[::1]:25": syscall.EADDRNOTAVAIL, "[2001:db8::7]:587": syscall.EADDRNOTAVAIL, "[::1]:0": syscall.EADDRNOTAVAIL}, ""},
		{"IPv4 isn't to be turned off", []string{"10.2.3.4:25", "[::1]:25"},
			map[string]error{"10.2.3.4:25": syscall.EADDRNOTAVAIL, "[::1]:0": syscall.EADDRNOTAVAIL}, "binding 10.2.3.4:25"},
		{"nothing but IPv6", []string{"[::]:25"}, map[string]error{"[::]:25": noFamily}, "this machine has no IPv6"},
		{"IPv4 isn't to be lacking", []string{"0.0.0.0:25", "[::]:25"}, map[string]error{"0.0.0.0:25": noFamily}, "binding 0.0.0.0:25"},
		{"an address of another machine", []string{"0.0.0.0:25", "[2001:db8::7]:25"},
			map[string]error{"[2001:db8::7]:25": syscall.EADDRNOTAVAIL}, "binding [2001:db8::7]:25"},
		{"in use", []string{"0.0.0.0:25", "[::]:25"}, map[string]error{"[::]:25": syscall.EADDRINUSE}, "another program listens there"},
		{"not root", []string{"0.0.0.0:25"}, map[string]error{"0.0.0.0:25": syscall.EACCES}, "CAP_NET_BIND_SERVICE"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := &binder{network: new(relaytest.Network)}
			s := newServer(t, policy(t, bindings("A", row.bindings...)), b)
			s.Listen = b.failing(row.failures)
			var log relaytest.Log
			s.Logger = slog.New(slog.NewTextHandler(&log, nil))
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- s.ListenAndServe(ctx) }()
			if row.want == "" {
				eventually(t, func() bool {
					c, err := b.network.Dial(t.Context(), netip.MustParseAddr(stranger), at("10.2.3.4:25"))
					if err == nil {
						c.Close()
					}
					return err == nil
				})
				cancel()
			}
			err := <-served
			cancel()
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %q", err, row.want)
			}
			if n := strings.Count(log.String(), `msg="binding left out"`); row.want == "" && n != len(row.bindings)-1 {
				t.Errorf("%d bindings are logged:\n%s", n, log.String())
			}
		})
	}
}
