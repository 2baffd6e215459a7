package userfile

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/stringprep"

	"github.com/interchange-smtp/interchange/auth"
)

// keysPrefix begins the SCRAM keys of a user, which stand behind the hash.
const keysPrefix = "$scram-sha-256$"

// The iterations of keys: RFC 7677 needs 4096; the client has to make them, and the SASL
// library of many mail programs, Cyrus, makes at most 65,536.
const (
	minIterations = 4096
	newIterations = 1 << 16
	maxIterations = 1 << 22
)

// newKeys returns the text of new SCRAM keys of password.
func newKeys(password string) (string, error) {
	salt := make([]byte, newSalt)
	_, _ = rand.Read(salt) // never fails
	k, err := deriveKeys(password, salt, newIterations)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("%si=%d$%s$%s$%s", keysPrefix, k.Iterations, enc(k.Salt), enc(k.StoredKey[:]), enc(k.ServerKey[:])), nil
}

// deriveKeys returns the SCRAM keys of password (RFC 5802, section 3).
func deriveKeys(password string, salt []byte, iterations int) (auth.ScramKeys, error) {
	prepared, err := stringprep.SASLprep.Prepare(password)
	if err != nil {
		prepared = password // clients with such a password can't prepare it either
	}
	salted, err := pbkdf2.Key(sha256.New, prepared, salt, iterations, sha256.Size)
	if err != nil {
		return auth.ScramKeys{}, err
	}
	mac := func(text string) []byte {
		m := hmac.New(sha256.New, salted)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	return auth.ScramKeys{
		Salt: salt, Iterations: iterations,
		StoredKey: sha256.Sum256(mac("Client Key")), ServerKey: [32]byte(mac("Server Key")),
	}, nil
}

// parseKeys reads "$scram-sha-256$i=65536$salt$stored key$server key".
func parseKeys(s string) (*auth.ScramKeys, error) {
	const form = "give " + keysPrefix + "i=…$salt$stored key$server key"
	rest, ok := strings.CutPrefix(s, keysPrefix)
	parts := strings.Split(rest, "$")
	if !ok || len(parts) != 4 {
		return nil, errors.New("broken SCRAM keys; " + form)
	}
	digits, ok := strings.CutPrefix(parts[0], "i=")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || !isDigits(digits) || n < minIterations || n > maxIterations {
		return nil, fmt.Errorf("SCRAM keys with broken iterations; give i=%d to i=%d", minIterations, maxIterations)
	}
	var decoded [3][]byte
	for i, part := range parts[1:] {
		if decoded[i], err = base64.RawStdEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return nil, errors.New("broken base64 in SCRAM keys; leave out the padding")
		}
	}
	salt, stored, server := decoded[0], decoded[1], decoded[2]
	if len(salt) < minSalt || len(salt) > maxSalt || len(stored) != sha256.Size || len(server) != sha256.Size {
		return nil, fmt.Errorf("SCRAM keys with a salt of %d and keys of %d and %d bytes; give %d to %d, %d and %d",
			len(salt), len(stored), len(server), minSalt, maxSalt, sha256.Size, sha256.Size)
	}
	return &auth.ScramKeys{Salt: salt, Iterations: n, StoredKey: [32]byte(stored), ServerKey: [32]byte(server)}, nil
}

// HasKeys implements auth.KeyStore: it reports whether the file has users with a password and
// every one of them has SCRAM keys.
func (f *File) HasKeys() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return len(f.models) > 0 && f.withoutKeys == 0
}

// ScramKeys implements auth.KeyStore.
func (f *File) ScramKeys(_ context.Context, user string, _ auth.Channel) (auth.ScramKeys, auth.Identity, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	folded := fold(user)
	unknown := f.unknownKeys(folded) // also for users: it takes time
	e := f.byName[folded]
	if e == nil || e.keys == nil {
		return unknown, auth.Identity{}, auth.ErrBadCredentials
	}
	return *e.keys, e.identity, nil
}
