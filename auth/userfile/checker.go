package userfile

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/interchange-smtp/interchange/auth"
)

// checkMemory bounds the memory of all running checks of one Checker, in bytes: two
// hashes made by Hash. Memory that isn't collected yet comes on top of it. A hash
// that needs more is checked alone.
const checkMemory = 40 << 20

// Hash returns a new Argon2id hash of password, as [File.Add] makes it, for users that
// are kept elsewhere. The password must have 1 to 1024 bytes and no NUL.
func Hash(password auth.Secret) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	return newHash(password.Reveal()), nil
}

// CheckHash returns an error if a Checker can't check the hash: it isn't of one of the kinds in the package
// documentation, is broken, or takes too much time or memory. The error doesn't quote the hash.
func CheckHash(hash string) error {
	_, err := parseHash(hash)
	return err
}

// Checker checks passwords against hashes that are kept elsewhere, such as in a database.
// All its checks share 40 MiB and the processors, as those of a [File] do; a server has
// one Checker. The zero Checker is ready to use, and it is safe for concurrent use.
type Checker struct {
	once    sync.Once
	room    *semaphore.Weighted      // of checkMemory
	compare func(*hash, string) bool // nil: (*hash).matches
}

// Check returns nil if password is the one of hash, and [auth.ErrBadCredentials] if it
// isn't. hash is of one of the kinds in the package documentation; another text is a
// different error, and so is the end of ctx before there was room for the check.
//
// The empty hash takes the time of a new one and has no password: check it for an unknown
// user, so that a client can't find out who exists.
func (c *Checker) Check(ctx context.Context, hash string, password auth.Secret) error {
	h := unmatchableHash()
	if hash != "" {
		var err error
		if h, err = parseHash(hash); err != nil {
			return err
		}
	}
	matches, err := c.check(ctx, h, password)
	if err == nil && (!matches || hash == "") {
		return auth.ErrBadCredentials
	}
	return err
}

// check reports whether password is the one of h.
func (c *Checker) check(ctx context.Context, h *hash, password auth.Secret) (bool, error) {
	c.once.Do(func() { c.room = semaphore.NewWeighted(checkMemory) })
	share := min(max(h.memory(), checkMemory/int64(runtime.GOMAXPROCS(0))), checkMemory)
	if err := c.room.Acquire(ctx, share); err != nil {
		return false, fmt.Errorf("too many passwords are being checked: %w", err)
	}
	defer c.room.Release(share)
	// Acquire may succeed although ctx has ended.
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("password not checked: %w", err)
	}
	if c.compare != nil {
		return c.compare(h, password.Reveal()), nil
	}
	return h.matches(password.Reveal()), nil
}
