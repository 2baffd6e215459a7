package main

import (
	"context"
	"errors"
	"fmt"
)

// account is the user that the process becomes after its bindings are open.
type account struct {
	name     string
	uid, gid int
	groups   []int // all of them
}

// String implements fmt.Stringer.
func (a *account) String() string { return fmt.Sprintf("user %s (%d), group %d", a.name, a.uid, a.gid) }

// findAccount returns the account of -user, which must own the directories that the gateway writes to; nil without
// the flag.
func (f *serveFlags) findAccount() (*account, error) {
	if f.user == "" {
		return nil, nil
	}
	a, err := lookUpAccount(f.user)
	if err != nil {
		return nil, fmt.Errorf("-user %s: %w", f.user, err)
	}
	var errs []error
	for _, dir := range []struct{ flag, path string }{
		{"-data", f.data}, {"-logs", f.logs.dir}, {"-oauth-tokens", f.oauth.dir}, {"-acme", f.acme.dir},
	} {
		if dir.path == "" {
			continue
		}
		if err := a.owns(dir.path); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", dir.flag, dir.path, err))
		}
	}
	return a, errors.Join(errs...)
}

// giveUpRoot opens the bindings and becomes the account of -user; without the flag it does nothing.
func (r *relayProcess) giveUpRoot(ctx context.Context) error {
	if r.account == nil {
		return nil
	}
	r.sockets.open(ctx, r.now.Policy)
	if err := r.account.become(); err != nil {
		return fmt.Errorf("-user %s: %w", r.flags.user, err)
	}
	return nil
}
