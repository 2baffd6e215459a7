package auth

import "slices"

// The SASL names of the mechanisms that Interchange knows.
const (
	Plain       = "PLAIN"              // RFC 4616
	Login       = "LOGIN"              // draft-murchison-sasl-login-00
	ScramPlus   = "SCRAM-SHA-256-PLUS" // RFC 7677, bound to the TLS connection (RFC 9266)
	Scram       = "SCRAM-SHA-256"      // RFC 7677
	OAuthBearer = "OAUTHBEARER"        // RFC 7628
	XOAuth2     = "XOAUTH2"            // Google's and Microsoft's form of OAUTHBEARER
	External    = "EXTERNAL"           // RFC 4422, appendix A
)

// SASL is a SASL mechanism that a server can run, and when a connector offers it. The zero
// SASL is never offered.
type SASL struct {
	Name     string    // in upper case, as in RFC 4422, section 3.1
	Flags    Mechanism // a connector offers it if its AuthMechanism has one of these flags
	NeedsTLS bool      // offered within TLS only
}

// known are the mechanisms that Methods run, the strongest first.
var known = []SASL{
	{Name: ScramPlus, Flags: BasicAuth | BasicAuthRequireTLS, NeedsTLS: true},
	{Name: Scram, Flags: BasicAuth | BasicAuthRequireTLS},
	{Name: OAuthBearer, Flags: OAuth, NeedsTLS: true},
	{Name: XOAuth2, Flags: OAuth, NeedsTLS: true},
	{Name: External, Flags: ClientCertificate, NeedsTLS: true},
}

// knownSASL returns the known mechanism of a name.
func knownSASL(name string) SASL {
	i := slices.IndexFunc(known, func(s SASL) bool { return s.Name == name })
	return known[i]
}

// WithoutPassword returns the mechanisms by which clients log on without a password, those of
// OAuth and ClientCertificate, as a fresh slice. They are the Further of a Channel where
// every server is meant.
func WithoutPassword() []SASL {
	return []SASL{knownSASL(OAuthBearer), knownSASL(XOAuth2), knownSASL(External)}
}

// fits reports whether a connector with the flags m offers s on ch.
func (s SASL) fits(m Mechanism, ch Channel) bool {
	switch {
	case m.Has(ExternalAuthoritative): // the network has authenticated the client already
		return false
	case s.NeedsTLS && !ch.TLS:
		return false
	case m.Has(BasicAuthRequireTLS) && !ch.TLS:
		m &^= BasicAuth | BasicAuthRequireTLS
	}
	return s.Name != "" && m&s.Flags != 0
}
