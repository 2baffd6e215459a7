package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/console"
)

// accountError is why an account can't log on, in words that say what to do.
type accountError struct {
	text string
	kind error // auth.ErrNoUser or auth.ErrBadCredentials
}

func (e *accountError) Error() string { return e.text }
func (e *accountError) Unwrap() error { return e.kind }

// account is console.Options.Account for the users of s.
func (s userSource) account(ctx context.Context, name string) (auth.Identity, error) {
	if s.store == nil {
		return auth.Identity{}, &accountError{"the gateway has no users; start it with -users FILE, a file that gateway user -file FILE add NAME makes", auth.ErrNoUser}
	}
	id, err := s.store.Identity(ctx, name)
	switch {
	case err == nil && s.lacksPassword(id):
		return id, &accountError{fmt.Sprintf("to give it one, run gateway user -file %s passwd NAME, and then reload the gateway", s.file), auth.ErrBadCredentials}
	case errors.Is(err, auth.ErrNoUser) && s.usersFile() != nil:
		err = &accountError{fmt.Sprintf("to add it, run gateway user -file %s add NAME, and then reload the gateway", s.file), auth.ErrNoUser}
	}
	return id, err
}

// account finds the accounts of the users as they are now.
func (c *currentUsers) account(ctx context.Context, name string) (auth.Identity, error) {
	users, err := c.get()
	if err != nil {
		return auth.Identity{}, err
	}
	return users.account(ctx, name)
}

// consoleAccounts tells the console of gateway console about the users of the flags, if they are given.
func (f *userFlags) consoleAccounts(o *console.Options) error {
	if flag, _, err := f.given(); flag == "" || err != nil {
		return err
	}
	users := &currentUsers{flags: *f}
	_, err := users.get()
	o.Account = users.account
	return err
}

// consoleAccount is console.Options.Account for the users of the configuration in use.
func (r *relayProcess) consoleAccount(ctx context.Context, name string) (auth.Identity, error) {
	m := r.inUse.Load()
	if m == nil {
		return auth.Identity{}, errors.New("the gateway is only starting")
	}
	return m.users.account(ctx, name)
}
