package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Identity describes an authenticated client. The zero Identity holds no rights
// and has no addresses and domains. Its slices must not be changed once others have it.
type Identity struct {
	permission.Principal
	Addresses []routing.Address // the addresses it may send as without further rights
	Domains   []SenderDomain    // it may send as any address of these, without further rights
}

// Named returns the identity of a user of which only the name and groups are known. The user may send as the
// name, if that is an address.
func Named(name string, groups ...permission.SID) Identity {
	id := Identity{Principal: permission.Authenticated(name, groups...)}
	if a, err := routing.ParseAddress(name); err == nil {
		id.Addresses = []routing.Address{a}
	}
	return id
}

// Owns reports whether a is one of id's addresses, the letter case of the local
// part aside; never for the null sender.
func (id Identity) Owns(a routing.Address) bool {
	return a.IsValid() && slices.ContainsFunc(id.Addresses, a.EqualFold)
}

// SenderDomain returns the first of id's Domains that covers d; ok is false if none does.
func (id Identity) SenderDomain(d routing.Domain) (_ SenderDomain, ok bool) {
	for _, s := range id.Domains {
		if s.Covers(d) {
			return s, true
		}
	}
	return SenderDomain{}, false
}

var (
	// ErrBadCredentials means an unknown user or a wrong password; the error
	// doesn't say which.
	ErrBadCredentials = errors.New("bad credentials")

	// ErrNoUser is an ErrBadCredentials for a name that no user has. Functions that find
	// a user without a password return it, so that their callers can tell an unknown user
	// from a locked one; a Verifier doesn't.
	ErrNoUser = fmt.Errorf("no such user: %w", ErrBadCredentials)

	// ErrMalformed means that the client broke the rules of the mechanism, or
	// that the exchange was over already. No password was checked.
	ErrMalformed = errors.New("malformed response")
)

// Verifier checks credentials. It is the only place where passwords are
// compared. Verify returns an error that wraps ErrBadCredentials if they are
// wrong; any other error means that they couldn't be checked now. It may be
// called concurrently, must take the same time for unknown users as for wrong
// passwords, and must return when ctx ends. It must not keep or print the
// password.
type Verifier interface {
	Verify(ctx context.Context, c Credentials, ch Channel) (Identity, error)
}

// VerifierFunc is a function used as a Verifier.
type VerifierFunc func(ctx context.Context, c Credentials, ch Channel) (Identity, error)

// Verify calls f.
func (f VerifierFunc) Verify(ctx context.Context, c Credentials, ch Channel) (Identity, error) {
	return f(ctx, c, ch)
}

// Channel describes the connection on which a client authenticates: its
// addresses and its TLS state. The zero Channel has no TLS and no addresses.
type Channel struct {
	Local, Remote netip.AddrPort
	TLS           bool
	PeerNames     []string // verified names of the client's certificate; not to be changed
	NoCertificate bool     // the server has no certificate, so it can't offer STARTTLS
	NoVerifier    bool     // the server can't check passwords, so it can't offer LOGIN and PLAIN

	Further     []SASL       // what the server can run beside LOGIN and PLAIN, by Methods.On; not to be changed
	Exporter    []byte       // the tls-exporter of the connection (RFC 9266); nil: it has none
	Certificate *Certificate // the client's; nil: it has shown none
}
