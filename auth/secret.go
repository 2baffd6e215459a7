package auth

import (
	"fmt"
	"log/slog"
)

// Secret is a password or token. It is printed, logged and marshalled as
// REDACTED; Reveal returns the text. Don't keep a Secret in unexported fields
// of structs that might be printed: package fmt prints such fields without
// calling their methods, even behind a pointer.
type Secret string

const redacted = "REDACTED"

// Reveal returns the text of s.
func (s Secret) Reveal() string { return string(s) }

// String returns "REDACTED".
func (s Secret) String() string { return redacted }

// GoString returns "REDACTED".
func (s Secret) GoString() string { return redacted }

// Format writes "REDACTED" for every verb.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte(redacted)) // fmt keeps no error of a State
}

// LogValue returns "REDACTED".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "REDACTED", so that no configuration is exported with its
// secrets by oversight. Its error is always nil.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes text as the secret.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// Credentials are the user name and password that a client sends in AUTH. They
// print without the password.
type Credentials struct {
	Mechanism string // SASL name, "PLAIN"
	AuthzID   string // the user that the client wants to act as; usually empty
	Username  string
	Password  Secret
}

// AsOther reports whether the client wants to act as another user than Username, letter case of
// ASCII aside. A Verifier refuses that: Exchange has no right for it.
func (c Credentials) AsOther() bool { return c.AuthzID != "" && !equalFold(c.AuthzID, c.Username) }
