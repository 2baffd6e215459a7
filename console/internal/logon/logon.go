// Package logon decides who uses the console: [New] returns a [Logon], which logs users on by a
// one-time link or with name and password, keeps their sessions in memory, and lets only those
// with a [Role] through to a page.
//
// # Sessions
//
// A logon begins a session, with a cookie of 32 random bytes of which the server keeps the hash.
// Each logon has a new cookie, so one that was known before is worth nothing. A session ends by
// logging off, after 12 hours without a request and 24 hours after the logon; there are at most
// 100, and 10 of one user, and then the one that has not been used for the longest time ends. A
// program that starts again has no sessions.
//
// At each request the user is looked up again if the Verifier can do that, so a user who is
// removed, or has lost the role, is out at the next request. A new password doesn't end sessions.
//
// Browsers send the cookies of a host to all ports of that host. On a machine with users who
// don't trust each other, a web server of another user at another port gets the cookie if the
// administrator opens a page of that server. Give the console a host name of its own there.
//
// # Guesses
//
// Passwords and links are guessed within the limits that hold for SMTP: by source and by user,
// with a growing delay. An unknown user takes the same time as a wrong password, because the
// Verifier promises that. Source is the address in http.Request.RemoteAddr; behind a proxy, the
// program puts a handler before the console that sets it, or all users are one source.
//
// Passwords, links and cookies are accepted by HTTPS only, except from a loopback address or a
// Unix socket.
//
// # A program that logs its users on itself
//
// Options.Authenticate says who the user of a request is, by the program's own cookie, a client
// certificate or a header of its proxy. There are no sessions and no logon page then. Package
// guard still refuses requests from pages of other sites, and must: the program's cookie is sent
// with them.
package logon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/console/internal/guard"
	"github.com/interchange-smtp/interchange/internal/limits"
)

// Options say who may log on, and how. The zero Options let no user in.
type Options struct {
	// Verifier checks names and passwords; nil: users don't log on with passwords. If it has
	// a method Identity(context.Context, string) (auth.Identity, error), or the one of
	// userfile.File, the user of a session is looked up by it at each request: an error that
	// wraps auth.ErrBadCredentials ends the session, any other makes the page unavailable.
	Verifier auth.Verifier

	// Roles are the roles of groups and users, by their names or SIDs as in Add-ADPermission;
	// nil: those of Groups. A user with none of them can't log on.
	Roles map[string]Role

	// LinkRole is the role of a user who logs on by a one-time link; None: there are no links.
	LinkRole Role

	// Authenticate says who the user of a request is, for programs with a logon of their own.
	// A User with the role None may do nothing; an error is logged, and the user isn't logged
	// on. Verifier and LinkRole must be unset. If User.Session is empty, the name is used.
	Authenticate func(*http.Request) (User, error)

	// Secure reports whether the browser sent the request by HTTPS; nil: whether this server's
	// connection has TLS.
	Secure func(*http.Request) bool

	// Base is the path under which the console is mounted, such as /console; "": the root.
	Base string

	// Page writes the logon page, and pages that say why a user may not do something. It must
	// be set.
	Page func(w http.ResponseWriter, r *http.Request, p Page)

	// Ended is called when a session has ended, so that the program forgets what it has kept for
	// it; for one that is no longer used, at the next logon of any user. It must not use the Logon.
	// nil: nothing is kept.
	Ended func(session string)

	Logger *slog.Logger // gets the audit: logons, failed ones and logoffs; nil: no log
}

// Logon logs users on. It is safe for concurrent use. The zero Logon can't be used: see New.
type Logon struct {
	Options
	roles    roles
	find     func(ctx context.Context, name string) (auth.Identity, error) // nil: users can't be looked up
	guesses  limits.Guesses
	sessions sessions
	link     link

	tooMany guard.Sparse // lines about too many guesses
}

// New returns a Logon. The error says which of the options is wrong.
func New(o Options) (*Logon, error) {
	if o.Page == nil {
		return nil, errors.New("the logon has no function that writes its page: set Page")
	}
	if o.Base != "" && (path.Clean(o.Base) != o.Base || o.Base[0] != '/' || o.Base == "/" || strings.Trim(o.Base, pathCharacters) != "") {
		return nil, fmt.Errorf("the path %q can't be that of the console: it begins with a slash, doesn't end with one, and has letters, digits, and -._~ only", o.Base)
	}
	if o.Authenticate != nil && (o.Verifier != nil || o.LinkRole != None) {
		return nil, errors.New("the program logs its users on itself by Authenticate: unset Verifier and LinkRole")
	}
	if o.LinkRole > Change {
		return nil, fmt.Errorf("the role of one-time links is %s: use View, Operate or Change", o.LinkRole)
	}
	if o.Roles == nil {
		o.Roles = Groups()
	}
	roles, err := rolesOf(o.Roles)
	if err != nil {
		return nil, err
	}
	if o.Secure == nil {
		o.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Logon{Options: o, roles: roles, sessions: sessions{ended: o.Ended}}
	if o.Verifier != nil {
		l.Verifier = auth.MethodsOf(o.Verifier).Passwords
		l.find = finder(l.Verifier)
	}
	return l, nil
}

// pathCharacters are the characters that need no escape in a path and in a cookie's.
const pathCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"

// finder returns the function by which v finds a user without a password; nil: it has none.
func finder(v auth.Verifier) func(context.Context, string) (auth.Identity, error) {
	switch v := v.(type) {
	case interface {
		Identity(context.Context, string) (auth.Identity, error)
	}:
		return v.Identity
	case interface {
		Identity(string) (auth.Identity, error)
	}: // userfile.File, in memory
		return func(_ context.Context, name string) (auth.Identity, error) {
			id, err := v.Identity(name)
			if err != nil {
				err = fmt.Errorf("%w: %w", auth.ErrNoUser, err)
			}
			return id, err
		}
	}
	return nil
}
