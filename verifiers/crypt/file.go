package crypt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/decoy"
	"github.com/interchange-smtp/interchange/internal/readlimit"
	"github.com/interchange-smtp/interchange/permission"
)

// Bounds of a file.
const (
	maxFile     = 64 << 20
	maxMistakes = 50
)

// File has the users of a file like /etc/shadow or Dovecot's passwd-file: lines of fields with
// colons between, of which the first is the name and the second the hash. A verified user has
// the identity of userfile.Identify without groups: its name, and as its address its name if
// that is one. A File doesn't change and is safe for concurrent use. The zero File has no users.
type File struct {
	checker Checker
	users   []user
	byName  map[permission.SID]int
	models  []model           // whose hashes are checked for names that can't log on, by kind
	key     [sha256.Size]byte // decides which of them
}

// model is a hash and its text, which begins with its kind and cost.
type model struct {
	text string
	hash parsed
}

type user struct {
	hash     parsed
	identity auth.Identity
}

// Load reads the file at path. Where the file is to blame the error is source.Diagnostics, with
// the mistakes of up to 50 lines.
func Load(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, source.FileError(path, err)
	}
	defer f.Close()
	return Parse(path, f)
}

// Parse reads a file from r; errors call it name. They are those of Load and of r.
func Parse(name string, r io.Reader) (*File, error) {
	text, err := readlimit.All(r, maxFile)
	switch {
	case errors.Is(err, readlimit.ErrTooLarge):
		d := source.Mistake("", source.CodeLimitExceeded, "too large; give at most %d bytes", maxFile)
		d.Position.File = name
		return nil, source.Diagnostics{d}
	case err != nil:
		return nil, source.FileError(name, err)
	}
	f := &File{byName: make(map[permission.SID]int)}
	var list source.Diagnostics
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if err := f.add(strings.TrimRight(string(line), "\r\n")); err != nil {
			d := source.Wrap("", source.CodeValueInvalid, err)
			d.Position = source.Position{File: name, Line: number}
			if list = append(list, d); len(list) == maxMistakes {
				break
			}
		}
	}
	if len(list) > 0 {
		return nil, list
	}
	if len(f.models) > 0 { // as secret as the hashes; it stays if users are added below
		f.key = sha256.Sum256([]byte(f.models[0].text))
	}
	slices.SortFunc(f.models, func(a, b model) int { return strings.Compare(a.text, b.text) })
	return f, nil
}

func (f *File) add(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	name, rest, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("no colon; write name:hash")
	}
	hash, _, _ := strings.Cut(rest, ":")
	p, err := parse(hash)
	if err != nil {
		return err
	}
	id, err := userfile.Identify(name, nil, nil)
	if err != nil {
		return err
	}
	sid := permission.NameSID(name)
	if _, twice := f.byName[sid]; twice {
		return fmt.Errorf("user %q exists above; give each name once", name)
	}
	f.byName[sid] = len(f.users)
	f.users = append(f.users, user{p, id})
	if !p.locked() {
		f.models = append(f.models, model{hash, p})
	}
	return nil
}

// Verify implements auth.Verifier. For an unknown name, and for a user who can't log on, it checks
// the hash of some user, always the same one while the file stays the same. As users come and go
// few names get a hash of another kind, unless the first hash of the file changes.
func (f *File) Verify(ctx context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	sid := permission.NameSID(c.Username)
	checked := f.model(sid) // also for users: it takes time
	var u user
	i, known := f.byName[sid]
	if known = known && !f.users[i].hash.locked(); known {
		u = f.users[i]
		checked = u.hash
	}
	err := f.checker.check(ctx, checked, c.Password)
	if err == nil && (!known || c.AsOther()) {
		err = auth.ErrBadCredentials
	}
	if err != nil {
		return auth.Identity{}, err
	}
	return u.identity, nil
}

// model returns the hash that is checked for a name that can't log on: the name decides how far
// down the models it stands.
func (f *File) model(sid permission.SID) parsed {
	at := decoy.Index(f.key[:], string(sid), len(f.models))
	if len(f.models) == 0 {
		return parsed{}
	}
	return f.models[at].hash
}

// Identity returns the identity of a user who has logged on without a password, such as with a
// token. For an unknown user the error wraps auth.ErrNoUser, and for one whose hash says that it
// can't log on only auth.ErrBadCredentials.
func (f *File) Identity(_ context.Context, name string) (auth.Identity, error) {
	i, known := f.byName[permission.NameSID(name)]
	switch {
	case !known:
		return auth.Identity{}, fmt.Errorf("the file has %w", auth.ErrNoUser)
	case f.users[i].hash.locked():
		return auth.Identity{}, fmt.Errorf("the file has no password of the user, who can't log on: %w", auth.ErrBadCredentials)
	}
	return f.users[i].identity, nil
}

// String returns the number of users.
func (f *File) String() string {
	return fmt.Sprintf("file of %d users with foreign hashes", len(f.users))
}

// Format writes the text of String for every verb, so that no hash is printed.
func (f *File) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, f.String()) // fmt keeps no error of a State
}
