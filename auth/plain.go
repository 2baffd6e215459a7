package auth

import "bytes"

// plainServer is the server's side of PLAIN, RFC 4616.
type plainServer struct {
	verify   func(Credentials) error
	prompted bool
	over     bool
}

func (x *plainServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.over:
		return nil, true, ErrMalformed
	case response == nil && !x.prompted:
		x.prompted = true
		return []byte{}, false, nil
	}
	x.over = true
	c, err := parsePlain(response)
	if err != nil {
		return nil, true, err
	}
	return nil, true, x.verify(c)
}

// parsePlain reads "authzid NUL authcid NUL passwd", RFC 4616 section 2.
func parsePlain(response []byte) (Credentials, error) {
	parts := bytes.SplitN(response, []byte{0}, 4)
	if len(parts) != 3 {
		return Credentials{}, ErrMalformed
	}
	authzid, authcid, passwd := parts[0], parts[1], parts[2]
	if !wellFormed(authcid, maxUsername) || !wellFormed(passwd, maxPassword) {
		return Credentials{}, ErrMalformed
	}
	if len(authzid) > 0 && !wellFormed(authzid, maxUsername) {
		return Credentials{}, ErrMalformed
	}
	// A user can't act as another user: Exchange has no right for that.
	if len(authzid) > 0 && !equalFold(string(authzid), string(authcid)) {
		return Credentials{}, ErrBadCredentials
	}
	return Credentials{Mechanism: Plain, AuthzID: string(authzid), Username: string(authcid), Password: Secret(passwd)}, nil
}
