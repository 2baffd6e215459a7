package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/verifiers/crypt"
)

// userFlags say where the users of the gateway are. One of them may be given: with two places a
// name could stand for two people, and the time of a refusal would tell which place has it.
type userFlags struct {
	users  string // a users file
	passwd string // a file of Dovecot or Unix
	ldap   string // the settings of a directory
}

func (f *userFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.users, "users", "", "the users `FILE`, which gateway user maintains: passwords, groups and addresses of the users")
	fs.StringVar(&f.passwd, "passwd", "", "in place of -users: a passwd-file of Dovecot or a shadow `FILE` with the hashes of the users' passwords")
	fs.StringVar(&f.ldap, "ldap", "", "in place of -users: ask the LDAP directory that this JSON `FILE` describes about passwords, groups and addresses")
}

// noUserFlags says in messages that none of them is given.
const noUserFlags = "no -users, -passwd or -ldap"

// places returns the three flags.
func (f *userFlags) places() []flagFile {
	return []flagFile{{"-users", f.users}, {"-passwd", f.passwd}, {"-ldap", f.ldap}}
}

// given returns the flag that is given and its file, or an error if there are several.
func (f *userFlags) given() (flag, file string, err error) {
	var flags []string
	for _, one := range f.places() {
		if one.file != "" {
			flag, file = one.flag, one.file
			flags = append(flags, flag)
		}
	}
	if len(flags) > 1 {
		return "", "", fmt.Errorf("%s: users are in one place only; give one of them", strings.Join(flags, " and "))
	}
	return flag, file, nil
}

// userStore has users: it checks their passwords, and knows those who have proved who they are
// in another way. The error of Identity wraps auth.ErrNoUser if there is no such user, and only
// auth.ErrBadCredentials if there is one that can't log on.
type userStore interface {
	auth.Verifier
	Identity(ctx context.Context, name string) (auth.Identity, error)
}

// usersFile is the file of -users.
type usersFile struct{ *userfile.File }

// Identity implements userStore.
func (f usersFile) Identity(_ context.Context, name string) (auth.Identity, error) {
	id, err := f.File.Identity(name)
	if errors.Is(err, userfile.ErrNotFound) {
		err = fmt.Errorf("the users file has %w", auth.ErrNoUser)
	}
	return id, err
}

// userSource is the place of the users; the zero userSource has none.
type userSource struct {
	store   userStore // nil: no users
	flag    string    // that names the place, as in -ldap
	file    string    // of the flag
	secrets []secretFile
}

// dialFunc connects to a host by name.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// loadUsers reads the file that is given. dial connects to the directory; nil: as usual.
func (f *userFlags) loadUsers(dial dialFunc) (s userSource, err error) {
	flag, file, err := f.given()
	if err != nil {
		return s, err
	}
	hashes := []secretFile{{file, "hashes of passwords"}}
	switch flag {
	case "-users":
		var users *userfile.File
		users, err = userfile.Load(file)
		s = userSource{store: usersFile{users}, secrets: hashes}
	case "-passwd":
		var users *crypt.File
		users, err = crypt.Load(file)
		s = userSource{store: users, secrets: hashes}
	case "-ldap":
		s, err = openDirectory(file, dial)
	}
	if err != nil {
		return userSource{}, err
	}
	s.flag, s.file = flag, file
	return s, nil
}

// usersFile returns the file of -users; nil if the users are elsewhere.
func (s userSource) usersFile() *userfile.File {
	f, _ := s.store.(usersFile)
	return f.File
}

// find returns the identity that a user has after a log-on with its password, or why it can't
// log on with one.
func (s userSource) find(name string) (auth.Identity, error) {
	id, err := s.store.Identity(context.Background(), name)
	if errors.Is(err, auth.ErrBadCredentials) {
		return id, fmt.Errorf("%q: %s", name, strings.TrimSuffix(err.Error(), ": "+auth.ErrBadCredentials.Error()))
	}
	if err == nil && s.lacksPassword(id) {
		err = fmt.Errorf("%s has no password; give -auth EXTERNAL and its certificate, or its token", name)
	}
	return id, err
}

// lacksPassword reports whether a user of the file of -users has no password.
func (s userSource) lacksPassword(id auth.Identity) bool {
	file := s.usersFile()
	return file != nil && slices.ContainsFunc(file.List(), func(u userfile.User) bool { return u.Name == id.Name && u.NoPassword })
}

// close ends the connections to a directory. Sessions that go on may still ask it.
func (s userSource) close() {
	if c, ok := s.store.(io.Closer); ok {
		_ = c.Close() // nothing is lost
	}
}

// The codes of findings about users.
const (
	codeUsersUnused     source.Code = "users-unused"
	codeDirectoryFailed source.Code = "directory-failed"
)

// logonConnectors returns the enabled Receive connectors of this server with an AuthMechanism that fits.
func (l *loaded) logonConnectors(fits func(auth.Mechanism) bool) (all []*connector.Inbound) {
	for in := range l.Policy.Receive() {
		if r := in.Settings(); r.Enabled.Or(true) && fits(r.AuthMechanism.Or(auth.None)) {
			all = append(all, in)
		}
	}
	return all
}

// userFindings returns the findings about the place of the users.
func (l *loaded) userFindings(m material) (found source.Diagnostics) {
	if m.users.store == nil {
		return nil
	}
	position := source.Position{File: m.users.file}
	if len(l.logonConnectors(auth.Mechanism.LogsOn)) == 0 {
		found = append(found, source.Diagnostic{
			Severity: source.SeverityWarning, Position: position, Code: codeUsersUnused,
			Detail: m.users.flag + " has no effect: no Receive connector of this server lets users log on",
			Fix:    "Set-ReceiveConnector NAME -AuthMechanism Tls, BasicAuth, BasicAuthRequireTLS",
		})
	}
	if m.directoryErr != nil {
		found = append(found, source.Diagnostic{
			Severity: source.SeverityWarning, Position: position, Code: codeDirectoryFailed,
			Detail: fmt.Sprintf("no user can log on: %v", m.directoryErr),
			Fix:    "correct the settings, or let this machine reach the directory",
		})
	}
	return found
}
