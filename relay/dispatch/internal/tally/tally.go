package tally

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// Account stands for a user at a smart host. It tells neither name. The zero Account stands for
// none.
type Account [16]byte

// AccountOf returns the Account of a user, "" without a logon, at a port of a smart host. Letter case
// doesn't matter.
func AccountOf(host string, port int, user string) (a Account) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s", strings.ToLower(host), port, strings.ToLower(user)))
	copy(a[:], sum[:])
	return a
}

// Tally counts what an account got, whether it accepted it or not. New makes one.
type Tally struct {
	Messages   Window // of the last minute
	Recipients Window // of the last 24 hours
}

// New returns a Tally that has counted nothing.
func New() Tally { return Tally{newWindow(time.Minute), newWindow(24 * time.Hour)} }

// Add counts an attempt with a number of recipients.
func (t *Tally) Add(recipients int, now time.Time) {
	t.Messages.Add(1, now)
	t.Recipients.Add(recipients, now)
}

// Remove takes back an attempt that Add counted at a time.
func (t *Tally) Remove(recipients int, at, now time.Time) {
	t.Messages.Remove(1, at, now)
	t.Recipients.Remove(recipients, at, now)
}

// IsEmpty reports whether nothing counts any more.
func (t *Tally) IsEmpty(now time.Time) bool { return t.Messages.Sum(now)+t.Recipients.Sum(now) == 0 }
