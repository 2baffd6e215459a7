// Package sqldb checks passwords against a database, through database/sql.
//
// One query says everything about a user; it has one parameter, the name that the client
// gives:
//
//	SELECT hash, name, groups, addresses FROM users WHERE name = $1 AND active
//
// Its columns are known by their order: the hash, and, if they are selected, the name, the
// groups and the addresses, lists with commas between as in package userfile. An address
// @contoso.com stands for every address of contoso.com. The name is the user's one name
// wherever the query finds users by several. NULL is the empty text.
//
// Grants know users and groups by name only: the database must not have a user with the name of a
// group, which would have the group's rights.
//
// Hashes are those of package userfile; a crypt.Checker as [Verifier.Checker] also takes those
// of other programs. A user with an empty hash, or one that begins with ! or *, can't log on.
//
// A name that can't log on is checked against the hash of another user, so that a client can't
// find out by time who exists. A Verifier remembers hashes of up to 64 users whose passwords it has checked, and the
// name decides which of them it takes. Before the first such user it takes the time of a new hash
// of package userfile: where the database has another kind, time shows until then who exists.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
)

// Checker checks a password against a hash: a *userfile.Checker or a *crypt.Checker. It returns
// auth.ErrBadCredentials for a wrong password, and takes the time of a new hash for "".
type Checker interface {
	Check(ctx context.Context, hash string, password auth.Secret) error
}

// Verifier checks the users of a database. It implements auth.Verifier and is safe for
// concurrent use; its fields must not change once it is in use.
type Verifier struct {
	DB    *sql.DB
	Query string // see the package documentation

	Checker Checker       // nil: a userfile.Checker
	Timeout time.Duration // of the query; 0: 5 seconds

	builtIn userfile.Checker
	decoys  decoys
}

const defaultTimeout = 5 * time.Second

// Verify implements auth.Verifier. An error of the database means that the password couldn't be
// checked now.
func (v *Verifier) Verify(ctx context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	u, err := v.find(ctx, c.Username)
	if err != nil && !errors.Is(err, auth.ErrBadCredentials) {
		return auth.Identity{}, err
	}
	checker := v.Checker
	if checker == nil {
		checker = &v.builtIn
	}
	if err != nil || u.locked() {
		// It takes the time of a user, whatever the result.
		if checked := checker.Check(ctx, v.decoys.of(c.Username), c.Password); checked != nil {
			return auth.Identity{}, checked
		}
		return auth.Identity{}, auth.ErrBadCredentials
	}
	checked := checker.Check(ctx, u.hash, c.Password)
	if checked == nil || errors.Is(checked, auth.ErrBadCredentials) {
		v.decoys.learn(u.name, u.hash)
	}
	switch {
	case checked != nil:
		return auth.Identity{}, checked
	case c.AsOther():
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return u.identify()
}

// Identity returns the identity of a user who has logged on without a password, such as with a
// token. For an unknown user the error wraps auth.ErrNoUser.
func (v *Verifier) Identity(ctx context.Context, name string) (auth.Identity, error) {
	u, err := v.find(ctx, name)
	if err != nil {
		return auth.Identity{}, err
	}
	return u.identify()
}

// row is the answer of the query about a user.
type row struct{ hash, name, groups, addresses string }

// locked reports whether the user has no password.
func (r row) locked() bool { return r.hash == "" || r.hash[0] == '!' || r.hash[0] == '*' }

// find asks the database for a user.
func (v *Verifier) find(ctx context.Context, name string) (row, error) {
	timeout := v.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := v.query(ctx, name)
	if err != nil {
		return row{}, fmt.Errorf("users in the database: %w", err)
	}
	switch len(found) {
	case 0:
		return row{}, fmt.Errorf("the database has %w", auth.ErrNoUser)
	case 1:
		return found[0], nil
	}
	return row{}, errors.New("users in the database: the query returns several rows for one name")
}

// query returns at most two rows.
func (v *Verifier) query(ctx context.Context, name string) ([]row, error) {
	rows, err := v.DB.QueryContext(ctx, v.Query, name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	if len(columns) < 1 || len(columns) > 4 {
		return nil, fmt.Errorf("the query has %d columns; select hash, name, groups, addresses", len(columns))
	}
	var all []row
	for len(all) < 2 && rows.Next() {
		var texts [4]sql.NullString
		if err := rows.Scan([]any{&texts[0], &texts[1], &texts[2], &texts[3]}[:len(columns)]...); err != nil {
			return nil, err
		}
		r := row{texts[0].String, texts[1].String, texts[2].String, texts[3].String}
		if r.name == "" {
			r.name = name
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// identify returns the identity of the user.
func (r row) identify() (auth.Identity, error) {
	id, err := userfile.Identify(r.name, list(r.groups), list(r.addresses))
	if err != nil {
		return auth.Identity{}, fmt.Errorf("user %q in the database: %w", r.name, err)
	}
	return id, nil
}

func list(s string) []string {
	var all []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
