package main

import (
	"context"
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
)

// administrators are the users of the console. A user who is removed from the file is out at the next request.
// While it has a mistake, no user can log on.
type administrators struct{ currentUsers }

// newAdministrators reads the file of -console-users.
func newAdministrators(file string) (*administrators, error) {
	a := &administrators{currentUsers{flags: userFlags{users: file}}}
	users, err := a.get()
	if err != nil {
		return nil, fmt.Errorf("-console-users: %w", err)
	}
	if len(users.usersFile().List()) == 0 {
		return nil, fmt.Errorf("-console-users %s: it has no users; add one with: gateway user add NAME -file %[1]s -group \"Organization Management\"", file)
	}
	return a, nil
}

// Verify implements auth.Verifier.
func (a *administrators) Verify(ctx context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
	users, err := a.get()
	if err != nil {
		return auth.Identity{}, err
	}
	return users.store.Verify(ctx, c, ch)
}

// Identity returns a user who has logged on before.
func (a *administrators) Identity(ctx context.Context, name string) (auth.Identity, error) {
	users, err := a.get()
	if err != nil {
		return auth.Identity{}, err
	}
	return users.store.Identity(ctx, name)
}
