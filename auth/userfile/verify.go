package userfile

import (
	"context"
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
)

// Verify implements auth.Verifier: it returns the identity of the user,
// ErrBadCredentials if there is no such user or the password is wrong, or another
// error if ctx ended before there was room for the check. It ignores the channel.
func (f *File) Verify(ctx context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	f.init()
	h, known := f.find(c.Username)
	matches, err := f.checker.check(ctx, h, c.Password)
	if err != nil {
		return auth.Identity{}, err
	}
	if known == nil || !matches || c.AsOther() {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return known.identity, nil
}

// Identity returns the result of Verify for a user of that name with the right
// password. It is for explanations: no password is checked. Its error wraps
// ErrNotFound.
func (f *File) Identity(name string) (auth.Identity, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	e := f.byName[fold(name)]
	if e == nil {
		return auth.Identity{}, fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	return e.identity, nil
}

// find returns the user of that name and its hash, or no user and the hash that
// is checked for an unknown name, or for a user without a password.
func (f *File) find(name string) (*hash, *entry) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	folded := fold(name)
	model := f.model(folded) // also for users: it takes time
	if e := f.byName[folded]; e != nil && e.hash != nil {
		return e.hash, e
	}
	if model == nil {
		return f.noUsers, nil
	}
	return model.hash, nil
}
