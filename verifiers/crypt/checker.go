package crypt

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
)

// Checker checks passwords against hashes. It makes as many checks at once as the machine has
// processors. The zero Checker is ready to use, and it is safe for concurrent use.
type Checker struct {
	once   sync.Once
	room   chan struct{}
	native userfile.Checker
}

// Check returns nil if password is the one of hash, and auth.ErrBadCredentials if it isn't.
// Another error means that hash isn't of one of the kinds in the package documentation, or
// that ctx ended before there was room for the check. The empty hash takes the time of a new
// one of package userfile and has no password: check it for an unknown user.
func (c *Checker) Check(ctx context.Context, hash string, password auth.Secret) error {
	p, err := parse(hash)
	if err != nil {
		return err
	}
	return c.check(ctx, p, password)
}

func (c *Checker) check(ctx context.Context, p parsed, password auth.Secret) error {
	if p.matches == nil {
		return c.native.Check(ctx, p.native, password)
	}
	c.once.Do(func() { c.room = make(chan struct{}, runtime.GOMAXPROCS(0)) })
	select {
	case c.room <- struct{}{}:
		defer func() { <-c.room }()
	case <-ctx.Done():
		return fmt.Errorf("too many passwords are being checked: %w", context.Cause(ctx))
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("password not checked: %w", err)
	}
	if !p.matches(password.Reveal()) {
		return auth.ErrBadCredentials
	}
	return nil
}
