package userfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/atomicfile"
)

var (
	// ErrExists means that the file has a user of that name already.
	ErrExists = errors.New("user exists")

	// ErrNotFound means that the file has no user of that name.
	ErrNotFound = errors.New("no such user")
)

// The shortest and longest passwords that Add takes, in bytes.
const (
	minPassword = 1
	maxPassword = 1024
)

// Add appends a user with a new hash and new SCRAM keys of password, which must have 1 to 1024
// bytes and no NUL. Groups and addresses may be nil; they are copied. Addresses may hold
// domains, such as @contoso.com, as in the file. It fails with an error that wraps ErrExists
// if the user exists, and with all mistakes as source.Diagnostics if the name, a group or an
// address isn't one. It changes nothing on disk before Save.
func (f *File) Add(name string, password auth.Secret, groups, addresses []string) error {
	user, err := newUser(name, slices.Clone(groups), addresses)
	if err := errors.Join(err, checkPassword(password)); err != nil {
		return diagnostics(source.Position{}, err)
	}
	if f.exists(name) { // before newSecret, which takes time
		return fmt.Errorf("%w: %q", ErrExists, name)
	}
	secret, err := newSecret(password)
	if err != nil {
		return err
	}
	return f.append(user, secret)
}

// AddWithoutPassword is Add for a user that logs on with a certificate or a token only, until
// it has a password by SetPassword.
func (f *File) AddWithoutPassword(name string, groups, addresses []string) error {
	user, err := newUser(name, slices.Clone(groups), addresses)
	if err != nil {
		return diagnostics(source.Position{}, err)
	}
	return f.append(user, noPassword)
}

// append appends a user unless its name is taken.
func (f *File) append(user User, secret string) error {
	name, text := user.Name, user.format(secret)
	e, err := parseLine(text)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[fold(name)] != nil {
		return fmt.Errorf("%w: %q", ErrExists, name)
	}
	if err := f.clashesWith(e); err != nil {
		return err
	}
	f.insert(text, e)
	f.changed()
	return nil
}

func checkPassword(password auth.Secret) error {
	n := len(password.Reveal())
	if n < minPassword || n > maxPassword || strings.Contains(password.Reveal(), "\x00") {
		return mistake(source.CodeValueInvalid, "password of %d bytes; give %d to %d without NUL", n, minPassword, maxPassword)
	}
	return nil
}

// SetPassword gives the user of that name, in any letter case, a new hash and new SCRAM keys of
// password, for which the rules of Add hold. Groups, addresses and the place in the file stay.
// It fails with an error that wraps ErrNotFound if there is no such user. It changes nothing on
// disk before Save.
func (f *File) SetPassword(name string, password auth.Secret) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if !f.exists(name) { // before newSecret, which takes time
		return fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	secret, err := newSecret(password)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.byName[fold(name)]
	at := slices.IndexFunc(f.lines, func(l line) bool { return l.user != nil && l.user == old })
	if at < 0 {
		return fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	fields := strings.SplitN(f.lines[at].text, ":", 3)
	fields[1] = secret
	text := strings.Join(fields, ":")
	e, err := parseLine(strings.TrimSuffix(text, "\r"))
	if err != nil {
		return err
	}
	f.lines[at] = line{text, e}
	f.users[slices.Index(f.users, old)] = e
	f.byName[fold(name)] = e
	f.changed()
	return nil
}

func (f *File) exists(name string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.byName[fold(name)] != nil
}

// clashesWith returns an error if adding e gave a user and a group the same name.
func (f *File) clashesWith(e *entry) error {
	if line, err := f.clashes(groupsOf([]*entry{e})); err != nil {
		return diagnostics(source.Position{File: f.name, Line: line}, err)
	}
	name := fold(e.user.Name)
	if groupsOf(f.users)[name] || groupsOf([]*entry{e})[name] {
		return clash(e)
	}
	return nil
}

// Remove removes the user of that name, in any letter case. It fails with an
// error that wraps ErrNotFound if there is no such user. It changes nothing on
// disk before Save.
func (f *File) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.byName[fold(name)]
	if e == nil {
		return fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	delete(f.byName, fold(name))
	f.users = slices.DeleteFunc(f.users, func(other *entry) bool { return other == e })
	f.lines = slices.DeleteFunc(f.lines, func(l line) bool { return l.user == e })
	f.changed()
	return nil
}

// WriteTo writes the text of the file, comments and the order of lines kept. After a change of the
// users it begins with the line of the secret, see the package documentation, if there was none.
func (f *File) WriteTo(w io.Writer) (int64, error) {
	f.mu.RLock()
	var b strings.Builder
	for _, l := range f.lines {
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	f.mu.RUnlock()
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// Save writes the file to path atomically: it writes a new file beside it and
// renames that, so a reader, or a crash, sees the old text or the new one. The new
// file keeps the owner, the group and the mode of the old one; if the caller isn't
// allowed to set them, Save fails. Where there was no file, the new one belongs to the
// caller and has mode 0600. A symbolic link stays and its target is replaced.
func (f *File) Save(path string) error { return atomicfile.Write(path, f, "") }
