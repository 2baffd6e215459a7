package dnsclient

import (
	"sync"
	"time"
)

// passedOver is how long a server that hasn't answered is asked after the others.
const passedOver = time.Minute

// Away remembers which name servers haven't answered lately. It is safe for concurrent use, and the
// zero Away is ready for use. It is for a few servers, the same all the time.
type Away struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// order returns servers, those behind the others that haven't answered lately. A nil Away knows of none.
func (a *Away) order(servers []string) []string {
	if a == nil || len(servers) < 2 {
		return servers
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	var good, away []string
	for _, s := range servers {
		if now.Before(a.until[s]) {
			away = append(away, s)
		} else {
			good = append(good, s)
		}
	}
	return append(good, away...)
}

// passOver has a server asked after the others for some time.
func (a *Away) passOver(server string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil {
		a.until = make(map[string]time.Time)
	}
	a.until[server] = time.Now().Add(passedOver)
}
