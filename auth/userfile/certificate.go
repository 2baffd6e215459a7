package userfile

import (
	"context"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
)

// VerifyCertificate implements auth.CertificateVerifier: a client with a Verified certificate
// is the user whose name is an address or a DNS name of the certificate. user may say which,
// if there are several; else it is the first, addresses before DNS names. A certificate
// that isn't Verified, and one of no user, is ErrBadCredentials.
func (f *File) VerifyCertificate(_ context.Context, user string, ch auth.Channel) (auth.Identity, error) {
	c := ch.Certificate
	if c == nil || !c.Verified {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, name := range slices.Concat(c.Emails, c.Names) {
		if e := f.byName[fold(name)]; e != nil && (user == "" || fold(user) == fold(name)) {
			return e.identity, nil
		}
	}
	return auth.Identity{}, auth.ErrBadCredentials
}
