package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// permissionPath names the permissions of a connector, as an export identifies it.
func permissionPath(identity string) source.Path {
	return source.Named("Permission", identity)
}

// permission reads an object of Get-ADPermission.
func (s *subject) permission() {
	identity := s.text("Identity")
	s.path = permissionPath(identity)
	if identity == "" {
		s.fail("Identity", source.CodeParameterMissing, "it is missing, so the connector of this permission is unknown; export all properties")
		return
	}
	rights := s.rights()
	if len(rights) == 0 {
		return
	}
	to, err := s.trustee()
	if err != nil {
		s.invalid("User", err)
		return
	}
	e := entry{Position: s.at(s.doc.Line(s.o)), identity: identity, to: to,
		deny: s.flag("Deny"), inherited: s.flag("IsInherited")}
	for _, e.right = range rights {
		s.export.entries = append(s.export.entries, e)
	}
}

// trustee returns the SID of the entry's principal. If the export has a well-known SID
// next to the name, the SID counts, because Windows translates names. SIDs of a
// domain's users don't count: here users are known by name.
func (s *subject) trustee() (permission.SID, error) {
	v, _ := s.o.Get("User")
	if sid, ok := wellKnownSID(v, 2); ok {
		return sid, nil
	}
	for _, name := range s.o.Names() {
		if folded := strings.ToLower(name); strings.HasSuffix(folded, "sid") || strings.HasSuffix(folded, "securityidentifier") {
			beside, _ := s.o.Get(name)
			if sid, ok := wellKnownSID(beside, 2); ok {
				return sid, nil
			}
		}
	}
	user, err := scalarText(v)
	if err != nil {
		return "", err
	}
	who, err := permission.ParsePrincipal(user)
	if err != nil {
		return "", err
	}
	return who.SIDs[0], nil
}

// wellKnownSID returns the SID of a well-known principal that v is, or holds within
// some levels.
func wellKnownSID(v object.Value, levels int) (permission.SID, bool) {
	if sid, err := permission.ParseSID(strings.TrimSpace(object.Text(v))); err == nil && sid.IsWellKnown() {
		return sid, true
	}
	o, ok := v.(*object.Object)
	if !ok || levels == 0 {
		return "", false
	}
	for _, name := range o.Names() {
		inner, _ := o.Get(name)
		if sid, ok := wellKnownSID(inner, levels-1); ok {
			return sid, true
		}
	}
	return "", false
}

// rights returns the extended rights of the entry that connectors know.
func (s *subject) rights() []permission.Right {
	names := s.names("ExtendedRights")
	access := s.names("AccessRights")
	isExtended := slices.ContainsFunc(access, func(a string) bool { return strings.EqualFold(a, "ExtendedRight") })
	if len(names) == 0 {
		if isExtended {
			s.warn("ExtendedRights", source.CodeIgnored, "no right is named, which in Active Directory means all rights; the entry is ignored")
		} else {
			s.note("AccessRights", source.CodeIgnored, "rights to the directory object are ignored; connectors change here with the configuration only")
		}
		return nil
	}
	var rights []permission.Right
	for _, name := range names {
		if right, err := permission.ParseRight(name); err == nil {
			rights = append(rights, right)
		} else {
			s.note("ExtendedRights", source.CodeIgnored, fmt.Sprintf("the right %s is not a right of connectors and is ignored", name))
		}
	}
	return rights
}

// names returns the elements of a property as text.
func (s *subject) names(property source.Path) []string {
	v, _ := s.o.Get(string(property))
	if v == nil {
		return nil
	}
	elements, err := elementsOf(string(property), v)
	if err != nil {
		s.invalid(property, err)
		return nil
	}
	var names []string
	for _, element := range elements {
		name, err := scalarText(element)
		if err != nil {
			s.invalid(property, err)
		} else if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// flag returns a property that is True or False; one that is left out is False.
func (s *subject) flag(property source.Path) bool {
	v, _ := s.o.Get(string(property))
	text := strings.TrimSpace(object.Text(v))
	if text == "" {
		return false
	}
	b, err := parseBool(text)
	if err != nil {
		s.invalid(property, err)
	}
	return b
}
