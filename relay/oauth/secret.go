package oauth

import (
	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/secretplace"
)

// Secret says where a secret is. One field is set; the zero Secret says that there is no
// secret.
type Secret struct {
	File        string      // a file that has the secret and nothing else; a line end after it doesn't count
	Environment string      // an environment variable
	Credential  string      // a name in the directory $CREDENTIALS_DIRECTORY, as systemd's LoadCredential gives it
	Value       auth.Secret // the secret itself, which everyone who reads the settings sees
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s == Secret{} }

// String names the place of the secret.
func (s Secret) String() string {
	if s.place().IsZero() && s.Value != "" {
		return "the settings"
	}
	return s.place().String()
}

// place returns the place without the Value.
func (s Secret) place() param.SecretPlace {
	return param.SecretPlace{File: s.File, Environment: s.Environment, Credential: s.Credential}
}

// single reports whether one field is set, or none.
func (s Secret) single() bool {
	return s.place().IsZero() || s.place().IsValid() && s.Value == ""
}

// Read returns the secret. An error says which place has none.
func (s Secret) Read() (auth.Secret, error) {
	if s.place().IsZero() && s.Value != "" {
		return s.Value, nil
	}
	return secretplace.Reader{}.Read(s.place())
}
