//go:build linux

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// The addresses of the guide, and those that the guide leaves open.
const (
	hubAddr      = "10.2.3.4"     // HubA's adapter towards the gateway
	hubOtherAddr = "10.2.3.5"     // another adapter of HubA
	officeAddr   = "10.2.3.20"    // a client in the office
	storeAddr    = "10.2.3.9"     // the mailbox server behind HubA
	dnsAddr      = "10.2.3.53"    // the organisation's name server
	gatewayAddr  = "192.168.5.77" // the external SMTP gateway …
	securedAddr  = "192.168.1.10" // … and its end of the secured network
	strangerAddr = "203.0.113.50" // another client on the Internet
	internetAddr = "203.0.113.25" // the mail server of the Internet
)

// network is one switch with a host per namespace. Addresses are arbitrary, because
// every host treats every address as on-link.
type network struct {
	prefix string // of the namespaces' names
	hosts  int
}

// host is one network namespace.
type host struct {
	ns string
}

// networks counts the networks, whose namespaces have different names.
var networks atomic.Int32

// newNetwork makes the switch. The namespaces are removed when the test ends. Tests with a network of their own
// run beside each other.
func newNetwork(t *testing.T) *network {
	t.Helper()
	requirePeers(t)
	t.Parallel()
	n := &network{prefix: fmt.Sprintf("interchange-%d-%d-", os.Getpid(), networks.Add(1))}
	sw := n.namespace(t, "switch")
	ip(t, "-n", sw, "link", "add", "br0", "type", "bridge")
	ip(t, "-n", sw, "link", "set", "br0", "up")
	return n
}

// requirePeers skips the test unless INTERCHANGE_E2E is set, and fails it if a program
// that it needs is missing.
func requirePeers(t *testing.T) {
	t.Helper()
	if os.Getenv("INTERCHANGE_E2E") != "1" {
		t.Skip("needs root, Postfix and swaks; set INTERCHANGE_E2E=1 to run it")
	}
	if os.Getuid() != 0 {
		t.Fatal("network namespaces need root")
	}
	for _, tool := range []string{"ip", "postfix", "postconf", "saslpasswd2", "swaks"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal(err)
		}
	}
}

func (n *network) namespace(t *testing.T, name string) string {
	t.Helper()
	ns := n.prefix + name
	ip(t, "netns", "add", ns)
	t.Cleanup(func() { ip(t, "netns", "del", ns) })
	// ip netns exec lays these over /etc. Programs that look up names for
	// their logs get a refusal at once instead of waiting for a time-out.
	etc := filepath.Join("/etc/netns", ns)
	if err := os.MkdirAll(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(etc) })
	for file, text := range map[string]string{
		"resolv.conf": "nameserver 127.0.0.1\noptions attempts:1\n",
		"hosts":       "127.0.0.1 localhost " + name + "\n",
	} {
		if err := os.WriteFile(filepath.Join(etc, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ip(t, "-n", ns, "link", "set", "lo", "up")
	return ns
}

// host adds a host with the given addresses; it connects from the first unless told
// otherwise.
func (n *network) host(t *testing.T, name string, addrs ...string) *host {
	t.Helper()
	h := &host{ns: n.namespace(t, name)}
	port := fmt.Sprintf("p%d", n.hosts)
	n.hosts++
	ip(t, "-n", n.prefix+"switch", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", h.ns)
	ip(t, "-n", n.prefix+"switch", "link", "set", port, "master", "br0", "up")
	ip(t, "-n", h.ns, "link", "set", "eth0", "up")
	for _, addr := range addrs {
		ip(t, "-n", h.ns, "addr", "add", addr+"/32", "dev", "eth0")
	}
	ip(t, "-n", h.ns, "route", "add", "default", "dev", "eth0", "src", addrs[0])
	return h
}

// ip runs iproute2's ip.
func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// command returns a command that runs on h.
func (h *host) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", h.ns, name}, args...)...)
}

// on runs f in the namespace of h. A socket stays in the namespace it was made in, so f
// makes sockets.
func (h *host) on(t *testing.T, f func() error) {
	t.Helper()
	if err := h.try(f); err != nil {
		t.Fatalf("on %s: %v", h.ns, err)
	}
}

// try is on, and returns the error.
func (h *host) try(f func() error) error {
	errs := make(chan error)
	go func() {
		// The thread is never unlocked: it ends with the goroutine, and the
		// namespace with it.
		runtime.LockOSThread()
		ns, err := os.Open("/run/netns/" + h.ns)
		if err != nil {
			errs <- err
			return
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			errs <- err
			return
		}
		errs <- f()
	}()
	return <-errs
}

// listen opens a TCP listener on h for as long as the test runs.
func (h *host) listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	var l net.Listener
	h.on(t, func() (err error) {
		l, err = net.Listen("tcp4", addr)
		return err
	})
	t.Cleanup(func() { l.Close() })
	return l
}

// dial connects from h; source may be empty.
func (h *host) dial(t *testing.T, source, addr string) net.Conn {
	t.Helper()
	var c net.Conn
	h.on(t, func() (err error) {
		var d net.Dialer
		if source != "" {
			d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(source)}
		}
		c, err = d.Dial("tcp4", addr)
		return err
	})
	t.Cleanup(func() { c.Close() })
	return c
}
