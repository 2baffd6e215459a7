package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
)

// openDirectory reads the settings of a directory. dial connects to it; nil: as usual.
func openDirectory(path string, dial dialFunc) (s userSource, err error) {
	v, secrets, err := ldap.Load(path)
	if err != nil {
		return s, err
	}
	v.Dial = dial
	s.store = v
	for _, name := range secrets {
		s.secrets = append(s.secrets, secretFile{name, "the password of -ldap"})
	}
	return s, nil
}

// unreachable returns why the directory, if the users are in one, can't be asked about them.
func (s userSource) unreachable(ctx context.Context) error {
	v, ok := s.store.(*ldap.Verifier)
	if !ok {
		return nil
	}
	_, err := v.Identity(ctx, "gateway check") // that it has no such user is a good answer
	if errors.Is(err, auth.ErrBadCredentials) {
		return nil
	}
	return err
}

// The codes of findings about users.
const (
	codeUsersUnused     source.Code = "users-unused"
	codeDirectoryFailed source.Code = "directory-failed"
)

// userFindings returns the findings about the place of the users.
func (l *loaded) userFindings(m material) (found source.Diagnostics) {
	if m.users.store == nil {
		return nil
	}
	position := source.Position{File: m.users.file}
	used := false
	for in := range l.Policy.Receive() {
		r := in.Settings()
		used = used || r.Enabled.Or(true) && r.AuthMechanism.Or(0).LogsOn()
	}
	if !used {
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
