package userfile

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/interchange-smtp/interchange/auth"
)

// Verify implements auth.Verifier: it returns who the user is, ErrBadCredentials
// if there is no such user or the password is wrong, or another error when ctx
// ended before there was room for the check. The channel isn't looked at.
func (f *File) Verify(ctx context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	h, known := f.find(c.Username)
	share := min(max(h.memory(), roomForChecks/int64(runtime.GOMAXPROCS(0))), roomForChecks)
	if err := f.room.Acquire(ctx, share); err != nil {
		return auth.Identity{}, fmt.Errorf("userfile: no room to check a password: %w", err)
	}
	defer f.room.Release(share)
	// Acquire may succeed although ctx has ended.
	if err := ctx.Err(); err != nil {
		return auth.Identity{}, fmt.Errorf("userfile: password not checked: %w", err)
	}
	right := f.check(h, c.Password.Reveal())
	asOther := c.AuthzID != "" && c.AuthzID != c.Username // nobody may act as somebody else
	if known == nil || !right || asOther {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return known.identity, nil
}

// Identity returns whom Verify would name for a user of that name with the
// right password. It is for explanations: no password is checked. Its error
// wraps ErrNotFound.
func (f *File) Identity(name string) (auth.Identity, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	e := f.byName[fold(name)]
	if e == nil {
		return auth.Identity{}, fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	return e.identity, nil
}

// find returns the user of that name and its hash, or no user and the hash of
// the user as which an unknown name is checked.
func (f *File) find(name string) (*hash, *entry) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	folded := fold(name)
	mac := hmac.New(sha256.New, f.pickKey[:]) // also for users: it takes time
	mac.Write([]byte(folded))
	number := binary.BigEndian.Uint64(mac.Sum(nil))
	if e := f.byName[folded]; e != nil {
		return e.hash, e
	}
	if len(f.users) == 0 {
		return f.stand, nil
	}
	return f.users[number%uint64(len(f.users))].hash, nil
}
