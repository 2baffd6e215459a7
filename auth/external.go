package auth

import (
	"context"
	"errors"
)

// Certificate is the client's TLS certificate, as far as a check of its owner needs it.
type Certificate struct {
	Verified bool     // an authority that the server accepts has issued it
	Names    []string // DNS names
	Emails   []string // addresses
	Subject  string   // distinguished name, RFC 2253
	Issuer   string   // the same
	SPKI     [32]byte // SHA-256 of its public key with the algorithm, as in pins (RFC 7469)
}

// CertificateVerifier checks certificates of clients. VerifyCertificate gets the user name with
// which the client logs on, "" if the certificate says who it is, and the channel, which has a
// Certificate whose key the client has proved to have. A certificate that isn't Verified proves
// nothing unless its SPKI is known. Otherwise the rules of Verifier apply.
type CertificateVerifier interface {
	VerifyCertificate(ctx context.Context, user string, ch Channel) (Identity, error)
}

// externalServer is the server's side of EXTERNAL.
type externalServer struct {
	verify   func(user string) error
	prompted bool
	over     bool
}

// beginExternal returns the exchange of EXTERNAL.
func (m Methods) beginExternal(ch Channel, attempt Attempt) Exchange {
	return &externalServer{verify: func(user string) error {
		return attempt(user, func(ctx context.Context) (Identity, error) {
			if ch.Certificate == nil {
				return Identity{}, ErrBadCredentials
			}
			return m.Certificates.VerifyCertificate(ctx, user, ch)
		})
	}}
}

// Next implements Exchange.
func (x *externalServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.over:
		return nil, true, ErrMalformed
	case response == nil && !x.prompted:
		x.prompted = true
		return []byte{}, false, nil
	}
	x.over = true
	if len(response) > 0 && !wellFormed(response, maxUsername) {
		return nil, true, ErrMalformed
	}
	return nil, true, x.verify(string(response))
}

// NewExternalClient returns the client's side of EXTERNAL: the server takes the client for
// the owner of its TLS certificate. user is the user name to log on with; "": the certificate
// says it. A name that can't be sent is an error.
func NewExternalClient(user string) (Client, error) {
	if user != "" && !wellFormed([]byte(user), maxUsername) {
		return nil, errors.New("the user name can't be sent")
	}
	return &externalClient{user: user}, nil
}

// externalClient is the client's side of EXTERNAL.
type externalClient struct {
	user string
	over bool
}

// Start implements Client.
func (x *externalClient) Start() ([]byte, error) {
	if x.over {
		return nil, errUnexpected
	}
	x.over = true
	return []byte(x.user), nil
}

// Next implements Client.
func (x *externalClient) Next([]byte) ([]byte, error) { return nil, errUnexpected }
