package permission

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Principal is a user, group or server that can hold rights. The zero Principal holds
// no right. Don't change its SIDs after passing it on.
type Principal struct {
	Name string // for people: no decision depends on it
	SIDs []SID  // its own SID and those of the groups it belongs to
}

// Anonymous returns the principal of a session that hasn't authenticated.
func Anonymous() Principal { return wellKnownPrincipal(SIDAnonymous) }

// ExternallySecured returns the principal of every session of a connector with
// the mechanism ExternalAuthoritative.
func ExternallySecured() Principal { return wellKnownPrincipal(SIDExternallySecured) }

// Partner returns the principal of a host known by a verified certificate. The
// name, which may be empty, is the certificate's.
func Partner(name string) Principal {
	p := wellKnownPrincipal(SIDPartners)
	if name != "" {
		p.Name = name
	}
	return p
}

func wellKnownPrincipal(sid SID) Principal { return Principal{Name: sid.Name(), SIDs: []SID{sid}} }

// Authenticated returns the principal of an authenticated user: its SIDs are
// the user's NameSID, Authenticated Users, and the groups.
func Authenticated(name string, groups ...SID) Principal {
	return Principal{Name: name, SIDs: append([]SID{NameSID(name), SIDAuthenticatedUsers}, groups...)}
}

const maxNameLen = 256

// ParsePrincipal reads the User parameter of Add-ADPermission: a SID, a
// well-known name as LookupSID knows it, or another user or group, which gets
// its NameSID. The result has one SID. Everyone is an error, and so is an
// unknown name of NT AUTHORITY or MS Exchange: the grant would have no effect.
func ParsePrincipal(s string) (Principal, error) {
	name := strings.TrimSpace(s)
	if len(name) >= 2 && strings.EqualFold(name[:2], "S-") {
		sid, err := ParseSID(name)
		if err != nil {
			return Principal{}, err
		}
		if sid == sidEveryone {
			return Principal{}, everyoneError()
		}
		return wellKnownPrincipal(sid), nil
	}
	if sid, ok := LookupSID(name); ok {
		return Principal{Name: name, SIDs: []SID{sid}}, nil
	}
	if err := cmp.Or(checkName(name), checkUnknown(name)); err != nil {
		return Principal{}, err
	}
	return Principal{Name: name, SIDs: []SID{NameSID(name)}}, nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf(`empty principal: give a SID or a name such as %s`, SIDAnonymous.Name())
	case len(name) > maxNameLen:
		return fmt.Errorf("principal %q is longer than %d bytes", clip(name), maxNameLen)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("principal %q contains characters that can't be printed", clip(name))
	case strings.Count(name, `\`) > 1 || strings.HasPrefix(name, `\`) || strings.HasSuffix(name, `\`):
		return fmt.Errorf(`principal %q: give DOMAIN\name`, clip(name))
	}
	return nil
}

// CheckName returns an error unless name can be that of a user or group from elsewhere, such as a
// directory: [ParsePrincipal] must read it as its NameSID. The name of a well-known principal, such
// as Exchange Servers, would make a server of a user.
func CheckName(name string) error {
	p, err := ParsePrincipal(name)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("%q has blanks around it", clip(name))
	case p.SIDs[0] != NameSID(name):
		return fmt.Errorf("%q is a well-known principal or a SID", clip(name))
	}
	return nil
}

// Is reports whether sid is one of p's SIDs; never for the zero SID.
func (p Principal) Is(sid SID) bool { return sid != "" && slices.Contains(p.SIDs, sid) }

// IsZero reports whether p is the zero Principal.
func (p Principal) IsZero() bool { return p.Name == "" && len(p.SIDs) == 0 }

// String returns the name of p, or else that of its first SID; "" for the zero Principal.
func (p Principal) String() string {
	switch {
	case p.Name != "":
		return p.Name
	case len(p.SIDs) > 0:
		return p.SIDs[0].Name()
	}
	return ""
}
