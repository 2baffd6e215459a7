package oauth

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Secret says where a secret is. One field is set; the zero Secret says that there is no
// secret.
type Secret struct {
	File        string      // a file that has the secret and nothing else; a line end after it doesn't count
	Environment string      // an environment variable
	Credential  string      // a name in the directory $CREDENTIALS_DIRECTORY, as systemd's LoadCredential gives it
	Value       auth.Secret // the secret itself, which everyone who reads the settings sees
}

// maxSecret bounds a secret, in bytes.
const maxSecret = 64 << 10

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s == Secret{} }

// String names the place of the secret.
func (s Secret) String() string {
	switch {
	case s.File != "":
		return "file " + s.File
	case s.Environment != "":
		return "environment variable " + s.Environment
	case s.Credential != "":
		return "systemd credential " + s.Credential
	case s.Value != "":
		return "the settings"
	}
	return "nowhere"
}

// places returns how many fields are set.
func (s Secret) places() int {
	n := 0
	for _, set := range []bool{s.File != "", s.Environment != "", s.Credential != "", s.Value != ""} {
		if set {
			n++
		}
	}
	return n
}

// Read returns the secret. An error says which place has none.
func (s Secret) Read() (auth.Secret, error) {
	switch {
	case s.File != "":
		return readSecretFile(s.File)
	case s.Environment != "":
		if text := os.Getenv(s.Environment); text != "" {
			return auth.Secret(text), nil
		}
		return "", fmt.Errorf("the environment variable %s is not set", s.Environment)
	case s.Credential != "":
		return s.readCredential()
	case s.Value != "":
		return s.Value, nil
	}
	return "", errors.New("no place of the secret is given")
}

// readCredential reads a credential that systemd has passed to this process.
func (s Secret) readCredential() (auth.Secret, error) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", fmt.Errorf("systemd has passed no credentials to this process; give LoadCredential=%s:FILE in the unit", s.Credential)
	}
	if !filepath.IsLocal(s.Credential) {
		return "", fmt.Errorf("%q is not the name of a credential", s.Credential)
	}
	return readSecretFile(filepath.Join(dir, s.Credential))
}

func readSecretFile(name string) (auth.Secret, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", source.FileError(name, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch secret := strings.TrimRight(string(text), "\r\n"); {
	case err != nil:
		return "", source.FileError(name, err)
	case len(text) > maxSecret:
		return "", fmt.Errorf("%s: it has more than %d bytes, so it isn't a secret", name, maxSecret)
	case secret == "":
		return "", fmt.Errorf("%s: the file is empty", name)
	default:
		return auth.Secret(secret), nil
	}
}
