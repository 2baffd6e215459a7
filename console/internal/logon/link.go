package logon

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"sync"
	"time"
)

// linkTime is how long a one-time link can be used.
const linkTime = time.Hour

// linkUser is the name of users who log on by a one-time link.
const linkUser = "one-time link"

// link is the one-time link that can be used. The zero link can't.
type link struct {
	mu    sync.Mutex
	hash  key // of the token
	until time.Time
}

// renew returns the token of a new link. An earlier one can't be used any more.
func (l *link) renew() (token string) {
	token = newSecret()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hash, l.until = sha256.Sum256([]byte(token)), time.Now().Add(linkTime)
	return token
}

// use reports whether token is that of the link, which then can't be used again.
func (l *link) use(token string) bool {
	hash := sha256.Sum256([]byte(token))
	l.mu.Lock()
	defer l.mu.Unlock()
	if subtle.ConstantTimeCompare(hash[:], l.hash[:]) == 0 || !time.Now().Before(l.until) {
		return false
	}
	l.until = time.Time{}
	return true
}

// NewLink returns the path and query of a new one-time link, such as /logon?token=…, for the
// program to print behind the address of the console. Who opens it within an hour, and presses
// the button there, logs on with the role Options.LinkRole. An earlier link can't be used any
// more. It returns "" if LinkRole is None.
func (l *Logon) NewLink() string {
	if l.LinkRole == None {
		return ""
	}
	return l.Base + "/logon?" + url.Values{"token": {l.link.renew()}}.Encode()
}
