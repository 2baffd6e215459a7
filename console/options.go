package console

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/logon"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// Options describe a console. It needs a way to log on: Verifier, LinkRole or Authenticate.
type Options struct {
	// Files are the names of the policy's files, in the order of reading. Changes are appended to the last one, which
	// must be a script (.ps1), or stored in the only one if that is JSON. Empty: Load.Config is shown and can't be
	// changed.
	Files []string

	// Load says how the files are read. A change with a password needs Load.Credentials, where it is stored.
	Load load.Options

	// Findings returns the facts for findings: certificates and the time. Certificates that are empty and not nil say that
	// this server has none; nil: they aren't known. Nil: the time alone.
	Findings func() analysis.Options

	// Account returns the user of that name who may log on at the gateway, as its Verifier would, without a password. If there
	// is no such user, the error wraps auth.ErrNoUser; if the user has no password, it wraps only auth.ErrBadCredentials, and the
	// Identity may be valid beside it; any other error says that the user can't be looked up now. Pages show users of every role
	// whether an account exists, its groups and addresses, and the text of the error, which may say what to do. It is called
	// concurrently, and ctx ends after 3 seconds. Nil: the accounts aren't known.
	Account func(ctx context.Context, name string) (auth.Identity, error)

	// Surroundings returns the findings about what a policy is run with, such as files of users and keys. Nil: there
	// are no such findings.
	Surroundings func(p *load.Loaded) []source.Diagnostic

	// Reload makes the running gateway read the files again, after a change. If it fails, the change is taken back.
	// Nil: no gateway uses the files.
	Reload func(ctx context.Context) error

	// Gateway answers requests about the running gateway. Nil: the pages about mail say that no gateway runs.
	Gateway Gateway

	// Tracking returns the files and directories of the message tracking logs. Nil: the gateway keeps no such log.
	Tracking func(ctx context.Context) ([]string, error)

	// Versions is the directory of the earlier versions of the files. "": FILE.versions beside the file that is
	// changed.
	Versions string

	// Verifier checks names and passwords. If it has the method Identity of userfile.File, users are looked up again at
	// each request. Nil: users have no passwords.
	Verifier auth.Verifier

	// Roles are the roles of groups and users of the Verifier, by their names or SIDs as in Add-ADPermission. A user
	// with none of them can't log on. Nil: the groups of Exchange, such as Organization Management for Change, Server
	// Management for Operate and View-Only Organization Management for View, and their names of Exchange 2007.
	Roles map[string]Role

	// LinkRole is the role of a user who logs on by a link of Console.NewLink. The zero Role: there are no links.
	LinkRole Role

	// LinkHelp is a sentence of the logon page on how to get a link. "": that this program prints it.
	LinkHelp string

	// Authenticate returns the user of a request, for programs that log users on themselves; then the console has no
	// page for it, and Verifier and LinkRole must be unset. Nil: the console logs users on.
	Authenticate func(*http.Request) (User, error)

	// Hosts are the names by which browsers may address the console, without ports. Requests for other names are
	// refused, because a page elsewhere could have its own name resolve to this address. Empty: localhost, 127.0.0.1
	// and [::1].
	Hosts []string

	// Base is the path under which the console is mounted, as in /console. "": the root.
	Base string

	// Secure reports whether the browser sent the request by HTTPS. A program behind a proxy that ends TLS needs it.
	// Nil: whether the connection has TLS.
	Secure func(*http.Request) bool

	// Logger gets a line for every action: who did what, from which address. Nil: slog.Default.
	Logger *slog.Logger

	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// User is the user of a request, for Options.Authenticate. The zero User has no role and sees no page.
type User = logon.User

// Gateway answers requests about a running gateway, as control.Do does for one with a data directory. It may be called
// concurrently.
type Gateway interface {
	Do(ctx context.Context, r control.Request) iter.Seq2[control.Event, error]
}

// DataDirectory is the Gateway that runs on a data directory.
type DataDirectory string

// Do implements Gateway by control.Do.
func (d DataDirectory) Do(ctx context.Context, r control.Request) iter.Seq2[control.Event, error] {
	return control.Do(ctx, string(d), r)
}

// Role says what a user may do. The zero Role may do nothing.
type Role = logon.Role

// The roles, each with all that the one before it may do.
const (
	View    = logon.View    // sees all pages: Exchange View-Only Administrator
	Operate = logon.Operate // acts on messages and queues: Exchange Server Administrator
	Change  = logon.Change  // changes the policy: Exchange Organization Administrator
)

// errNoLogon is why a console can't be made.
var errNoLogon = errors.New("there is no way to log on: give Verifier, LinkRole or Authenticate")
