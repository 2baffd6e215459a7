package object

import (
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/auth"
)

// secureText is the text that PowerShell shows for a SecureString.
const secureText = "System.Security.SecureString"

// Secure is a SecureString. However it is printed, formatted or marshalled, the
// type's name comes out; Reveal gives the secret.
type Secure struct {
	// A function, because package fmt prints unexported fields of structs around
	// a value without asking the value; of a function it can only print the
	// address.
	reveal func() auth.Secret
}

// NewSecure returns s as a SecureString.
func NewSecure(s auth.Secret) *Secure {
	return &Secure{reveal: func() auth.Secret { return s }}
}

// Reveal returns the secret, the empty one for a nil or zero Secure.
func (s *Secure) Reveal() auth.Secret {
	if s == nil || s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String returns the type's name.
func (*Secure) String() string { return secureText }

// GoString returns the type's name.
func (*Secure) GoString() string { return secureText }

// Format writes the type's name for every verb.
func (*Secure) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secureText) }

// MarshalText returns the type's name. Its error is always nil.
func (*Secure) MarshalText() ([]byte, error) { return []byte(secureText), nil }

// credentialType is the type of the objects that NewCredential makes.
const credentialType = "PSCredential"

// NewCredential returns the result of Get-Credential and New-Object PSCredential:
// an object of type PSCredential with UserName and Password.
func NewCredential(user string, password auth.Secret) *Object {
	o := NewObject(credentialType, 2)
	o.Text = "System.Management.Automation.PSCredential"
	o.Set("UserName", user)
	o.Set("Password", NewSecure(password))
	return o
}

// AsCredential returns user name and password of an object that NewCredential made.
func AsCredential(v Value) (user string, password auth.Secret, ok bool) {
	o, isObject := v.(*Object)
	if !isObject || o.Type != credentialType {
		return "", "", false
	}
	name, _ := o.Get("UserName")
	p, _ := o.Get("Password")
	secure, isSecure := p.(*Secure)
	return Text(name), secure.Reveal(), isSecure
}
