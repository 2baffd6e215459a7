package verify

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// systemServers are the addresses of the system's name servers.
type systemServers struct {
	mu    sync.Mutex
	addrs []string
	read  time.Time
}

// reread is how long the addresses are used before they are looked up again.
const reread = time.Minute

// errNotAsked is the error of Dial while the addresses are noted.
var errNotAsked = errors.New("the server is only noted")

// servers returns the addresses with ports. Go's resolver finds them on every system and passes
// them to its Dial function, which notes them here instead of connecting.
func (s *systemServers) servers(ctx context.Context) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.addrs) > 0 && time.Since(s.read) < reread {
		return s.addrs
	}
	var mu sync.Mutex
	var found []string
	r := net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(found, address) {
			found = append(found, address)
		}
		return nil, errNotAsked
	}}
	_, _ = r.LookupTXT(ctx, "name-servers.") // it fails
	mu.Lock()
	defer mu.Unlock()
	if len(found) > 0 {
		s.addrs, s.read = found, time.Now()
	}
	return s.addrs
}
