package object

import (
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
)

// secureText is the text that PowerShell shows for a SecureString.
const secureText = "System.Security.SecureString"

// Secure is a SecureString, or the place where its secret is. However it is printed,
// formatted or marshalled, the type's name comes out; Reveal gives the secret.
type Secure struct {
	// A function, because package fmt prints unexported fields of structs around
	// a value without asking the value; of a function it can only print the
	// address.
	reveal func() auth.Secret
	place  param.SecretPlace
}

// NewSecure returns s as a SecureString.
func NewSecure(s auth.Secret) *Secure {
	return &Secure{reveal: func() auth.Secret { return s }}
}

// SecureAt returns a SecureString whose secret is at p and isn't read here.
func SecureAt(p param.SecretPlace) *Secure { return &Secure{place: p} }

// Reveal returns the secret, the empty one for a nil or zero Secure and for that of a place.
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
func NewCredential(user string, password *Secure) *Object {
	o := NewObject(credentialType, 2)
	o.Text = "System.Management.Automation.PSCredential"
	o.Set("UserName", user)
	o.Set("Password", password)
	return o
}

// CredentialObject returns c as NewCredential makes it.
func CredentialObject(c param.Credential) *Object {
	if !c.PasswordFrom.IsZero() {
		return NewCredential(c.UserName, SecureAt(c.PasswordFrom))
	}
	return NewCredential(c.UserName, NewSecure(c.Password))
}

// AsCredential returns the credential of an object that NewCredential made.
func AsCredential(v Value) (c param.Credential, ok bool) {
	o, isObject := v.(*Object)
	if !isObject || o.Type != credentialType {
		return c, false
	}
	name, _ := o.Get("UserName")
	p, _ := o.Get("Password")
	secure, isSecure := p.(*Secure)
	if !isSecure || secure == nil {
		return c, false
	}
	return param.Credential{UserName: Text(name), Password: secure.Reveal(), PasswordFrom: secure.place}, true
}
