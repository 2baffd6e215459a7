package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
)

// ScramKeys is the form in which a server keeps a password for SCRAM-SHA-256 (RFC 5802,
// section 3; RFC 7677). A thief of the ServerKey can play the server, and one of the StoredKey
// can search for the password; so ScramKeys print as REDACTED.
type ScramKeys struct {
	Salt       []byte
	Iterations int // of PBKDF2, at least 4096
	StoredKey  [32]byte
	ServerKey  [32]byte
}

// Format writes "REDACTED" for every verb.
func (ScramKeys) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte(redacted)) // fmt keeps no error of a State
}

// LogValue returns "REDACTED".
func (ScramKeys) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "REDACTED". Its error is always nil.
func (ScramKeys) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// KeyStore has the SCRAM keys of users.
type KeyStore interface {
	// HasKeys reports whether every user has keys. SCRAM is offered only then, because
	// clients choose it before PLAIN and give up if it fails.
	HasKeys() bool

	// ScramKeys returns a user's keys and who the user is. For an unknown user it returns
	// the keys of UnknownKeys and an error that wraps ErrBadCredentials, and takes the
	// same time, so that clients can't find out who exists. Any other error means that
	// the keys can't be read now.
	ScramKeys(ctx context.Context, user string, ch Channel) (ScramKeys, Identity, error)
}

// UnknownKeys returns keys for a user that doesn't exist: no password fits them, and they
// are the same each time. secret is kept secret and doesn't change; iterations are those of
// the users that exist.
func UnknownKeys(secret []byte, user string, iterations int) ScramKeys {
	derive := func(purpose string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(purpose + "\x00" + user))
		return mac.Sum(nil)
	}
	k := ScramKeys{Salt: derive("salt")[:16], Iterations: iterations}
	copy(k.StoredKey[:], derive("stored key"))
	copy(k.ServerKey[:], derive("server key"))
	return k
}
