package mxpolicy

import (
	"bufio"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of a resolvConf.
const (
	confEvery = 5 * time.Second // how often the file is looked at, at most
	maxConf   = 64 << 10        // bytes of the file that are read
)

// resolvConf finds the name servers of a resolv.conf, and again after the file has changed.
type resolvConf struct {
	path string

	mu      sync.Mutex
	looked  time.Time        // when the file was looked at last
	read    os.FileInfo      // of the file as it was read last; nil: never
	servers []netip.AddrPort // that can be believed
}

// current returns the name servers. While the file can't be read or names no servers that can be
// believed, the previous ones stay: a file that is being written must not end DANE.
func (c *resolvConf) current() []netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.looked.IsZero() || now.Sub(c.looked) >= confEvery {
		c.looked = now
		c.look()
	}
	return c.servers
}

// look reads the file if it has changed. c is locked.
func (c *resolvConf) look() {
	f, err := os.Open(c.path)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || c.read != nil && os.SameFile(info, c.read) && info.Size() == c.read.Size() && info.ModTime().Equal(c.read.ModTime()) {
		return
	}
	c.read = info
	if servers := trustedServers(io.LimitReader(f, maxConf)); len(servers) > 0 {
		c.servers = servers
	}
}

// forwarder is Docker's name server in containers: it passes answers of others on as they are.
var forwarder = netip.MustParseAddr("127.0.0.11")

// trustedServers returns the name servers of a resolv.conf if they can be believed, else nil.
func trustedServers(conf io.Reader) (servers []netip.AddrPort) {
	local, trusted := true, false
	lines := bufio.NewScanner(conf)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) < 2:
		case words[0] == "nameserver":
			addr, err := netip.ParseAddr(words[1])
			if err != nil {
				return nil
			}
			local = local && addr.IsLoopback() && addr.Unmap() != forwarder
			servers = append(servers, netip.AddrPortFrom(addr, 53))
		case words[0] == "options":
			trusted = trusted || slices.Contains(words[1:], "trust-ad")
		}
	}
	if lines.Err() != nil || !local && !trusted {
		return nil
	}
	return servers
}
