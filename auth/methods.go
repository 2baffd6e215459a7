package auth

import (
	"context"
	"fmt"
	"slices"
)

// Methods are the ways in which a server checks who its clients are. A field that is nil or
// empty checks nothing, and the mechanisms that need it aren't offered; the zero Methods
// check nothing. As a Verifier, Methods check passwords only. Its fields must not change
// once a server has it.
type Methods struct {
	Passwords    Verifier            // LOGIN and PLAIN
	Keys         KeyStore            // SCRAM-SHA-256 and SCRAM-SHA-256-PLUS
	Tokens       TokenVerifier       // OAUTHBEARER and XOAUTH2
	Certificates CertificateVerifier // EXTERNAL
	Others       []Method            // further mechanisms
}

// Method is a further SASL mechanism of a server, such as GSSAPI or NTLM.
type Method struct {
	SASL
	// Begin returns the server's side of one exchange on ch. The exchange calls attempt
	// once it has everything that proves who the client is, and its Next returns the
	// error of attempt.
	Begin func(ch Channel, attempt Attempt) Exchange
}

// Attempt counts and limits guesses at a user: it calls check, unless the client's source or
// the user has had too many failures lately. It returns nil if the client is who check says;
// an error that wraps ErrBadCredentials from check is a wrong guess.
type Attempt func(user string, check func(context.Context) (Identity, error)) error

// MethodsOf returns v itself if it is a Methods. Otherwise v checks passwords, and whatever
// of KeyStore, TokenVerifier and CertificateVerifier it implements beside. Of nil it returns
// the zero Methods.
func MethodsOf(v Verifier) Methods {
	switch v := v.(type) {
	case nil:
		return Methods{}
	case Methods:
		return v
	case *Methods:
		return *v
	}
	m := Methods{Passwords: v}
	m.Keys, _ = v.(KeyStore)
	m.Tokens, _ = v.(TokenVerifier)
	m.Certificates, _ = v.(CertificateVerifier)
	return m
}

// Verify implements Verifier with Passwords. Without Passwords every password is wrong.
func (m Methods) Verify(ctx context.Context, c Credentials, ch Channel) (Identity, error) {
	if m.Passwords == nil {
		return Identity{}, ErrBadCredentials
	}
	return m.Passwords.Verify(ctx, c, ch)
}

// On returns ch with the mechanisms that m can run on it: it sets NoVerifier and
// Further, and keeps the other fields.
func (m Methods) On(ch Channel) Channel {
	ch.NoVerifier = m.Passwords == nil
	ch.Further = nil
	add := func(can bool, names ...string) {
		for _, name := range names {
			if can {
				ch.Further = append(ch.Further, knownSASL(name))
			}
		}
	}
	keys := m.Keys != nil && m.Keys.HasKeys()
	add(keys && len(ch.Exporter) > 0, ScramPlus)
	add(keys, Scram)
	add(m.Tokens != nil, OAuthBearer, XOAuth2)
	add(m.Certificates != nil && ch.Certificate != nil, External)
	for _, other := range m.Others {
		ch.Further = append(ch.Further, other.SASL)
	}
	return ch
}

// Begin returns the server's side of an exchange of the mechanism of that name, in any
// letter case, on ch. The exchange calls attempt at most once. A name that m lacks is an
// error. So are the names of SCRAM, which needs a library that this package doesn't have.
func (m Methods) Begin(name string, ch Channel, attempt Attempt) (Exchange, error) {
	if i := slices.IndexFunc(m.Others, func(o Method) bool { return equalFold(name, o.Name) }); i >= 0 {
		return m.Others[i].Begin(ch, attempt), nil
	}
	switch {
	case m.Tokens != nil && (equalFold(name, OAuthBearer) || equalFold(name, XOAuth2)):
		return m.beginToken(name, ch, attempt), nil
	case m.Certificates != nil && equalFold(name, External):
		return m.beginExternal(ch, attempt), nil
	case m.Passwords != nil:
		return NewExchange(name, func(c Credentials) error {
			return attempt(c.Username, func(ctx context.Context) (Identity, error) { return m.Passwords.Verify(ctx, c, ch) })
		})
	}
	return nil, fmt.Errorf("the server has no SASL mechanism %q", name[:min(len(name), 40)])
}
