package oauth

import (
	"fmt"
	"slices"
	"strings"
)

// Grant is the way in which a connector gets its tokens. The zero Grant is not a valid one.
type Grant uint8

// The grants.
const (
	ClientCredentials Grant = iota + 1 // an application with a secret or a certificate
	DeviceCode                         // a person who logs on with a code, once
	RefreshToken                       // a refresh token that was got elsewhere
	ServiceAccount                     // a service account of Google, for a mailbox
	Command                            // a program that prints a token
)

var grantNames = []string{"ClientCredentials", "DeviceCode", "RefreshToken", "ServiceAccount", "Command"}

// String returns the name, or "" for a Grant that isn't valid.
func (g Grant) String() string {
	if g == 0 || int(g) > len(grantNames) {
		return ""
	}
	return grantNames[g-1]
}

// MarshalText returns the name. Its error is always nil.
func (g Grant) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads a name in any letter case.
func (g *Grant) UnmarshalText(text []byte) error {
	i := slices.IndexFunc(grantNames, func(name string) bool { return strings.EqualFold(name, string(text)) })
	if i < 0 {
		return fmt.Errorf("%.40q is not a grant; give one of %s", text, strings.Join(grantNames, ", "))
	}
	*g = Grant(i + 1)
	return nil
}

// stores reports whether a refresh token is kept for the grant.
func (g Grant) stores() bool { return g == DeviceCode || g == RefreshToken }
