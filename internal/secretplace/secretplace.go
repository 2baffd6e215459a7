// Package secretplace reads secrets from the places that settings name: files, environment variables
// and systemd's credentials directory. Begin with [Reader].
package secretplace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// Max bounds a secret, in bytes.
const Max = 64 << 10

// DirectoryVariable is the environment variable with the directory of the credentials that systemd
// passes to a process.
const DirectoryVariable = "CREDENTIALS_DIRECTORY"

// Reader reads secrets. The zero Reader reads the files and the environment of this process. It is
// safe for concurrent use if its functions are.
type Reader struct {
	ReadFile  func(name string) ([]byte, error)          // nil: the file system
	LookupEnv func(name string) (value string, set bool) // nil: os.LookupEnv
}

// Read returns the secret at a place. An error names the place and has no part of the secret.
func (r Reader) Read(p param.SecretPlace) (auth.Secret, error) {
	switch {
	case p.File != "":
		return r.file(p.File)
	case p.Environment != "":
		if text, _ := r.lookupEnv(p.Environment); text != "" {
			return auth.Secret(text), nil
		}
		return "", fmt.Errorf("the environment variable %s is not set", p.Environment)
	case p.Credential != "":
		return r.credential(p.Credential)
	}
	return "", errors.New("no place of the secret is given")
}

// credential reads a credential that systemd has passed.
func (r Reader) credential(name string) (auth.Secret, error) {
	dir, _ := r.lookupEnv(DirectoryVariable)
	if dir == "" {
		return "", fmt.Errorf("systemd has passed no credentials to this process; give LoadCredential=%s:FILE in the unit", name)
	}
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q is not the name of a credential", name)
	}
	return r.file(filepath.Join(dir, name))
}

// file reads a file that has a secret and nothing else; line ends after it don't count.
func (r Reader) file(name string) (auth.Secret, error) {
	read := r.ReadFile
	if read == nil {
		read = func(name string) ([]byte, error) { return readlimit.File(name, Max) }
	}
	text, err := read(name)
	switch secret := strings.TrimRight(string(text), "\r\n"); {
	case len(text) > Max, errors.Is(err, readlimit.ErrTooLarge):
		return "", fmt.Errorf("%s: it has more than %d bytes, so it isn't a secret", name, Max)
	case err != nil:
		return "", source.FileError(name, err)
	case secret == "":
		return "", fmt.Errorf("%s: the file is empty", name)
	default:
		return auth.Secret(secret), nil
	}
}

func (r Reader) lookupEnv(name string) (string, bool) {
	if r.LookupEnv != nil {
		return r.LookupEnv(name)
	}
	return os.LookupEnv(name)
}
