package main

import (
	"context"
	"errors"

	"github.com/interchange-smtp/interchange/auth"
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
