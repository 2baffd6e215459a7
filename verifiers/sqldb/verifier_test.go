package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/verifiers/crypt"
	"github.com/interchange-smtp/interchange/verifiers/sqldb"
)

// database answers each query with the rows of a name.
type database struct {
	columns []string
	rows    map[string][][]driver.Value
	err     error
	hangs   bool
}

func (d *database) Connect(context.Context) (driver.Conn, error) { return d, nil }
func (d *database) Driver() driver.Driver                        { return nil }
func (d *database) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("not used") }
func (d *database) Begin() (driver.Tx, error)                    { return nil, errors.New("not used") }
func (d *database) Close() error                                 { return nil }

func (d *database) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if d.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if d.err != nil {
		return nil, d.err
	}
	return &result{d.columns, d.rows[args[0].Value.(string)]}, nil
}

type result struct {
	columns []string
	rows    [][]driver.Value
}

func (r *result) Columns() []string { return r.columns }
func (r *result) Close() error      { return nil }

func (r *result) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(dest, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}

// users returns a database of users with the password "tea".
func users() *database {
	hash, err := userfile.Hash("tea")
	if err != nil {
		panic(err)
	}
	ann := []driver.Value{hash, "ann", `CONTOSO\Staff, Exchange Servers`, "ann@contoso.com,@fabrikam.com"}
	return &database{columns: []string{"hash", "name", "groups", "addresses"}, rows: map[string][][]driver.Value{
		"ann":             {ann},
		"ann@contoso.com": {ann},
		"bob@contoso.com": {{[]byte(hash), nil, nil, nil}},
		"twice":           {ann, ann},
		"nopassword":      {{nil, nil, nil, nil}},
		"broken":          {{"tea", nil, nil, nil}},
		"badgroup":        {{hash, nil, "a:b", nil}},
		"dovecot":         {{"{SSHA}5vc8RvcqqI+BgdxSzRpuT8tqoDfVIvzz", nil, nil, nil}},
	}}
}

func TestVerify(t *testing.T) {
	v := &sqldb.Verifier{DB: sql.OpenDB(users()), Query: "SELECT hash, name, groups, addresses FROM users WHERE name = $1", Checker: new(crypt.Checker)}
	tests := []struct {
		user, password, name string
		addresses, domains   int
		outcome              string // "": accepted, "wrong", "error"
	}{
		{"ann", "tea", "ann", 1, 1, ""},
		{"ann@contoso.com", "tea", "ann", 1, 1, ""},
		{"bob@contoso.com", "tea", "bob@contoso.com", 1, 0, ""},
		{"dovecot", "tea", "dovecot", 0, 0, ""},
		{"ann", "milk", "", 0, 0, "wrong"},
		{"eve", "tea", "", 0, 0, "wrong"},
		{"' OR 1=1 --", "tea", "", 0, 0, "wrong"},
		{"nopassword", "tea", "", 0, 0, "wrong"},
		{"nopassword", "", "", 0, 0, "wrong"},
		{"twice", "tea", "", 0, 0, "error"},
		{"broken", "tea", "", 0, 0, "error"},
		{"badgroup", "tea", "", 0, 0, "error"},
		{"badgroup", "milk", "", 0, 0, "wrong"},
	}
	for _, tt := range tests {
		id, err := v.Verify(t.Context(), auth.Credentials{Username: tt.user, Password: auth.Secret(tt.password)}, auth.Channel{})
		wrong := errors.Is(err, auth.ErrBadCredentials)
		if wrong != (tt.outcome == "wrong") || (err == nil) != (tt.outcome == "") || id.Name != tt.name || len(id.Addresses) != tt.addresses || len(id.Domains) != tt.domains {
			t.Errorf("%s %s: %v, %v", tt.user, tt.password, id, err)
		}
		if err != nil && strings.Contains(err.Error(), "$m=") {
			t.Errorf("%s: the error has the hash", tt.user)
		}
	}
	for authzid, want := range map[string]error{"": nil, "ann": nil, "bob@contoso.com": auth.ErrBadCredentials} {
		if _, err := v.Verify(t.Context(), auth.Credentials{AuthzID: authzid, Username: "ann", Password: "tea"}, auth.Channel{}); !errors.Is(err, want) {
			t.Errorf("ann as %q: %v", authzid, err)
		}
	}
	id, err := v.Identity(t.Context(), "ann")
	if err != nil || !id.Is(permission.NameSID(`contoso\staff`)) {
		t.Errorf("%v, %v", id, err)
	}
	if _, err := v.Identity(t.Context(), "eve"); !errors.Is(err, auth.ErrNoUser) || !errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

// TestAway: while the database can't answer, no password is wrong.
func TestAway(t *testing.T) {
	for name, d := range map[string]*database{
		"down":    {err: errors.New("connection refused")},
		"hangs":   {hangs: true},
		"columns": {columns: []string{"a", "b", "c", "d", "e"}},
	} {
		v := &sqldb.Verifier{DB: sql.OpenDB(d), Timeout: 20 * time.Millisecond}
		if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err == nil || errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := &sqldb.Verifier{DB: sql.OpenDB(&database{hangs: true})}
	if _, err := v.Verify(ctx, auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// counting counts checks. It accepts every password, but for broken hashes.
type counting struct{ hashes []string }

func (c *counting) Check(_ context.Context, hash string, _ auth.Secret) error {
	c.hashes = append(c.hashes, hash)
	if hash == "broken" {
		return errors.New("broken hash")
	}
	return nil
}

// TestUnknownTakesTime: one hash is checked for a name that can't log on, too: that of a
// user, once one was checked. Even a Checker that accepts everything lets none in.
func TestUnknownTakesTime(t *testing.T) {
	d := &database{columns: []string{"hash", "name"}, rows: map[string][][]driver.Value{
		"ann": {{"$6$ann", "ann"}}, "ANN": {{"$6$ann", "ann"}}, "locked": {{"!$6$locked", nil}}, "starred": {{"*", nil}},
		"nopassword": {{nil, nil}}, "broken": {{"broken", nil}},
	}}
	c := new(counting)
	v := &sqldb.Verifier{DB: sql.OpenDB(d), Checker: c}
	checked := func(user string, letIn bool) string {
		t.Helper()
		c.hashes = nil
		_, err := v.Verify(t.Context(), auth.Credentials{Username: user, Password: "tea"}, auth.Channel{})
		if letIn != (err == nil) || len(c.hashes) != 1 {
			t.Fatalf("%s: %v after %q", user, err, c.hashes)
		}
		return c.hashes[0]
	}
	refused := []string{"eve", "' OR 1=1 --", "nopassword", "locked", "starred"}
	checked("broken", false)
	for _, user := range refused {
		if hash := checked(user, false); hash != "" {
			t.Errorf("%s before all users: %q", user, hash)
		}
	}
	checked("ann", true)
	for _, user := range refused {
		if hash := checked(user, false); hash != "$6$ann" {
			t.Errorf("%s after ann: %q", user, hash)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", v, v, v); strings.Contains(text, "$6$") {
		t.Error("the hash of ann is printed")
	}
	learnsOfMany(t, d, checked)
}

// learnsOfMany: unknown names have the hashes of several users, each name its own, and a client
// that logs on under one account doesn't change them.
func learnsOfMany(t *testing.T, d *database, checked func(user string, letIn bool) string) {
	for i := range 100 {
		name := fmt.Sprint("user", i)
		d.rows[name] = [][]driver.Value{{"$5$" + name, nil}}
		checked(name, true)
	}
	before := make(map[string]string)
	seen := make(map[string]bool)
	for i := range 100 {
		name := fmt.Sprint("unknown", i)
		before[name] = checked(name, false)
		seen[before[name]] = true
	}
	if len(seen) < 10 {
		t.Errorf("100 unknown names have the hashes of %d users", len(seen))
	}
	d.rows["ann"][0][0], d.rows["ANN"][0][0] = "$1$new", "$1$new"
	changed := 0
	for _, own := range []string{"ann", "ANN", "ann"} {
		checked(own, true)
		for name := range before {
			if checked(name, false) == "$1$new" {
				changed++
			}
		}
	}
	if changed > 60 {
		t.Errorf("one account changed the hashes of %d unknown names", changed/3)
	}
}

func Example() {
	db := sql.OpenDB(users()) // in a program: sql.Open with the name of a driver
	v := &sqldb.Verifier{DB: db, Query: "SELECT hash, name, groups, addresses FROM users WHERE name = $1 AND active"}
	id, err := v.Verify(context.Background(), auth.Credentials{Username: "ann@contoso.com", Password: "tea"}, auth.Channel{TLS: true})
	fmt.Println(id.Name, id.Addresses, id.Domains, err)
	// Output: ann [ann@contoso.com] [fabrikam.com] <nil>
}
