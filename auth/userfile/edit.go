package userfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
)

var (
	// ErrExists says that a user to be added is there already.
	ErrExists = errors.New("userfile: user exists")

	// ErrNotFound says that there is no such user.
	ErrNotFound = errors.New("userfile: no such user")
)

// The longest and shortest passwords that Add takes, in bytes. A client can't
// send more than the longest.
const (
	minPassword = 1
	maxPassword = 1024
)

// Add appends a user with a new hash of password, which must have 1 to 1024
// bytes and no NUL. Groups and addresses may be nil; they are copied. It fails
// with an error that wraps ErrExists if the user exists, and with all mistakes
// joined if the name, a group or an address isn't one. It changes nothing on
// disk before Save.
func (f *File) Add(name string, password auth.Secret, groups, addresses []string) error {
	user, err := newUser(name, slices.Clone(groups), addresses)
	if n := len(password.Reveal()); n < minPassword || n > maxPassword || strings.Contains(password.Reveal(), "\x00") {
		err = errors.Join(err, fmt.Errorf("password of %d bytes; want %d to %d without NUL", n, minPassword, maxPassword))
	}
	if err != nil {
		return fmt.Errorf("userfile: %w", err)
	}
	if f.exists(name) {
		return fmt.Errorf("%w: %q", ErrExists, name)
	}
	text := user.format(newHash(password.Reveal()))
	e, err := parseLine(text)
	if err != nil {
		return fmt.Errorf("userfile: %w", err)
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
	f.rekey()
	return nil
}

func (f *File) exists(name string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.byName[fold(name)] != nil
}

// clashesWith returns an error if e would make a name that of a user and of a
// group.
func (f *File) clashesWith(e *entry) error {
	if err := f.clashes(groupsOf([]*entry{e})); err != nil {
		return fmt.Errorf("userfile: %w", err)
	}
	name := fold(e.user.Name)
	if groupsOf(f.users)[name] || groupsOf([]*entry{e})[name] {
		return fmt.Errorf("userfile: user %q has the name of a group; want names that differ", e.user.Name)
	}
	return nil
}

// Remove takes the user of that name out, in any letter case. It fails with an
// error that wraps ErrNotFound if there is none. It changes nothing on disk
// before Save.
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
	f.rekey()
	return nil
}

// WriteTo writes the text of the file, comments and the order of lines kept.
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

// Save writes the file to path so that a reader, or a crash, sees the old text
// or the new one and nothing between: to a new file of mode 0600 beside it,
// which then takes its name. The file belongs to whoever calls Save. A symbolic
// link stays and its target is replaced.
func (f *File) Save(path string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("userfile: %w", err)
		}
	}()
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	temp, err := os.CreateTemp(dir, "."+base+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, err = f.WriteTo(temp)
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	syncDir(dir)
	return nil
}

// syncDir makes a rename in dir last. Systems that can't sync a directory say
// so with an error that doesn't matter here: the rename itself succeeded.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
