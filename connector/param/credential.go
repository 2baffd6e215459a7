package param

import (
	"fmt"

	"github.com/interchange-smtp/interchange/auth"
)

// Credential is a user name and a password.
type Credential struct {
	UserName string
	Password auth.Secret

	// PasswordFrom says where the password is instead. Package connector/load reads it, a relative
	// File beside the file that sets it, puts it into Password and clears PasswordFrom; Compile
	// refuses a place that wasn't read.
	PasswordFrom SecretPlace
}

// Format writes the user name and REDACTED for every verb. The password redacts
// itself, but package fmt doesn't ask the fields of what it has no verb for.
func (c Credential) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{%s REDACTED}", c.UserName)
}

// SmartHostCredential is the Credential for one of several smart hosts.
type SmartHostCredential struct {
	Host SmartHost
	Credential
}

// Format writes the host, the user name and REDACTED for every verb.
func (c SmartHostCredential) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{%v %v}", c.Host, c.Credential)
}

// SecretPlace says where a secret is. One field is set; the zero SecretPlace names none.
type SecretPlace struct {
	File        string // a file that has the secret and nothing else; a line end after it doesn't count
	Environment string // an environment variable
	Credential  string // a name in the directory $CREDENTIALS_DIRECTORY, as systemd's LoadCredential gives it
}

// IsZero reports whether p names no place.
func (p SecretPlace) IsZero() bool { return p == SecretPlace{} }

// IsValid reports whether p names one place.
func (p SecretPlace) IsValid() bool {
	n := 0
	for _, name := range []string{p.File, p.Environment, p.Credential} {
		if name != "" {
			n++
		}
	}
	return n == 1
}

// String names the place.
func (p SecretPlace) String() string {
	switch {
	case p.File != "":
		return "file " + p.File
	case p.Environment != "":
		return "environment variable " + p.Environment
	case p.Credential != "":
		return "systemd credential " + p.Credential
	}
	return "nowhere"
}
