package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector/source"
)

// administrators are the users of the console. Their file is read again when it has changed, so that a user who
// is removed is out at the next request. While it has a mistake, no user can log on.
type administrators struct {
	file string

	mu    sync.Mutex
	size  int64     // of the file that was read
	at    time.Time // when it was changed
	users *userfile.File
}

// newAdministrators reads the file of -console-users.
func newAdministrators(file string) (*administrators, error) {
	a := &administrators{file: file}
	users, err := a.current()
	if err != nil {
		return nil, fmt.Errorf("-console-users: %w", err)
	}
	if len(users.List()) == 0 {
		return nil, fmt.Errorf("-console-users %s: it has no users; add one with: gateway user add NAME -file %[1]s -group \"Organization Management\"", file)
	}
	return a, nil
}

// current returns the users as the file is now.
func (a *administrators) current() (*userfile.File, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	info, err := os.Stat(a.file)
	if err != nil {
		return nil, source.FileError(a.file, err)
	}
	if a.users != nil && info.Size() == a.size && info.ModTime().Equal(a.at) {
		return a.users, nil
	}
	users, err := userfile.Load(a.file)
	if err != nil {
		return nil, err
	}
	a.users, a.size, a.at = users, info.Size(), info.ModTime()
	return users, nil
}

// Verify implements auth.Verifier.
func (a *administrators) Verify(ctx context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
	users, err := a.current()
	if err != nil {
		return auth.Identity{}, err
	}
	return users.Verify(ctx, c, ch)
}

// Identity returns a user who has logged on before.
func (a *administrators) Identity(ctx context.Context, name string) (auth.Identity, error) {
	users, err := a.current()
	if err != nil {
		return auth.Identity{}, err
	}
	return usersFile{users}.Identity(ctx, name)
}
