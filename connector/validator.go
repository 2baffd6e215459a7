package connector

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// validator collects the problems of one Config.
type validator struct {
	cfg            *Config
	errs, warnings source.Diagnostics
}

func (v *validator) fail(path source.Path, code source.Code, format string, args ...any) {
	v.errs = append(v.errs, source.Mistake(path, code, format, args...))
}

func (v *validator) warn(path source.Path, code source.Code, format string, args ...any) {
	d := source.Mistake(path, code, format, args...)
	d.Severity = source.SeverityWarning
	v.warnings = append(v.warnings, d)
}

// connectorValidator collects the problems of the connector at a path.
type connectorValidator struct {
	*validator
	path source.Path
}

func (c *connectorValidator) bad(field source.Path, code source.Code, format string, args ...any) {
	c.fail(c.path+"."+field, code, format, args...)
}

func (c *connectorValidator) doubt(field source.Path, code source.Code, format string, args ...any) {
	c.warn(c.path+"."+field, code, format, args...)
}

// name applies the rules for all names.
func (v *validator) name(path source.Path, name string) {
	switch {
	case name == "":
		v.fail(path+".Name", source.CodeNameMissing, "give it a name of up to 64 characters")
	case utf8.RuneCountInString(name) > 64:
		v.fail(path+".Name", source.CodeNameInvalid, "the name has %d characters; 64 are allowed", utf8.RuneCountInString(name))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		v.fail(path+".Name", source.CodeNameInvalid, "the name has control characters or isn't UTF-8")
	case strings.TrimSpace(name) != name:
		v.fail(path+".Name", source.CodeNameInvalid, "the name begins or ends with a blank")
	}
}

// nameSet records the first element of a list with each name.
type nameSet struct {
	list  source.Path
	paths []source.Path     // of the elements
	first map[[2]string]int // index by scope and name, both in lower case
}

func (v *validator) names(list string) nameSet {
	return nameSet{source.Path(list), v.cfg.ElementPaths(list), map[[2]string]int{}}
}

// unique checks that no earlier element in the scope has the name of element i. The
// text gives the index of the earlier one, because both have the same name.
func (v *validator) unique(names nameSet, i int, scope, name string) {
	if name == "" {
		return
	}
	key := [2]string{strings.ToLower(scope), strings.ToLower(name)}
	if first, taken := names.first[key]; taken {
		v.fail(names.paths[i]+".Name", source.CodeNameDuplicate, "%q is the name of %s already; give it another", name, names.list.Index(first))
		return
	}
	names.first[key] = i
}

// knownServer checks that a server is listed. If Servers is empty, only the name of
// this server is known.
func (v *validator) knownServer(path source.Path, name string) {
	if name == "" {
		return
	}
	if _, ok := v.cfg.server(name); ok {
		return
	}
	switch {
	case len(v.cfg.Servers) > 0:
		v.fail(path, source.CodeServerUnknown, "%q is not one of Servers; add it there or correct the name", name)
	case !strings.EqualFold(name, v.cfg.local().Name):
		v.fail(path, source.CodeServerUnknown, "%q is not this server, %q, and Servers lists no other", name, v.cfg.local().Name)
	}
}

// fqdn checks a host name. Names of one label pass, as NetBIOS names do.
func (v *validator) fqdn(path source.Path, name string) {
	if name == "" {
		return
	}
	if d, err := routing.ParseDomain(name); err != nil {
		v.fail(path, CodeFqdnInvalid, "%w", err)
	} else if d.IsLiteral() {
		v.fail(path, CodeFqdnInvalid, "%q is an address; give a host name", name)
	}
}

// certificate checks a TlsCertificateName.
func (v *validator) certificate(path source.Path, name string) {
	if name == "" {
		return
	}
	if _, err := param.ParseSmtpX509Identifier(name); err != nil {
		v.fail(path, CodeCertificateName, "%w", err)
	}
}

// permissions checks grants of Add-ADPermission.
func (v *validator) permissions(path source.Path, grants []permission.Grant) {
	for i, g := range grants {
		if _, err := permission.NewACL(v.cfg.Profile, 0, g); err != nil {
			v.fail(path.Index(i), CodePermissionInvalid, "%w", err)
		}
		if idle := g.Allow.Intersect(permission.NotEnforced); idle != 0 {
			v.warn(path.Index(i), CodeNotEnforced, "%v has no effect: no decision asks for it", idle)
		}
	}
}
