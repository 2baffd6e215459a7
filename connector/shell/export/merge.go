package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Merge appends the content of exports to dst; limits of the organisation and of its
// Transport services override the limits in dst. Then it adds the permissions to the
// connectors of dst, also to those that were there before, and adds the servers that
// connectors name and dst doesn't list. If origins isn't nil, Merge enters the
// positions of all that it added.
//
// Permissions depend on the profile and the servers of dst, so those must be set
// before. Merge returns the warnings of the exports and its own. The error is
// source.Diagnostics, and then dst is unchanged.
func Merge(dst *connector.Config, origins source.Map, exports ...*Export) (source.Diagnostics, error) {
	cfg := *dst
	m := &merger{cfg: &cfg, origins: source.Map{}, paths: map[string][]source.Path{}, given: map[source.Path][]entry{}}
	cfg.Receive = slices.Clone(cfg.Receive)
	cfg.Send = slices.Clone(cfg.Send)
	cfg.Servers = slices.Clone(cfg.Servers)
	cfg.Transport = cfg.Transport.Clone()
	cfg.Services, cfg.Remote = slices.Clone(cfg.Services), slices.Clone(cfg.Remote)
	before := make([]connector.Config, len(exports))
	for i, e := range exports {
		before[i] = cfg
		connector.Merge(&cfg, connector.Config{Transport: e.Config.Transport, Services: e.Config.Services, Remote: e.Config.Remote})
		cfg.Receive = append(cfg.Receive, e.Config.Receive...)
		cfg.Send = append(cfg.Send, e.Config.Send...)
		cfg.Accepted = append(slices.Clip(cfg.Accepted), e.Config.Accepted...)
		m.warnings = append(m.warnings, e.Warnings...)
	}
	m.servers()
	for _, list := range []string{"Receive", "Send"} {
		m.paths[list] = cfg.ElementPaths(list)
	}
	for i, e := range exports {
		m.origins.Add(e.Places, cfg.MovedPaths(&before[i], &e.Config))
	}
	m.index()
	for _, e := range exports {
		for _, entry := range e.entries {
			m.assign(entry)
		}
	}
	m.grant()
	if len(m.errors) > 0 {
		return nil, m.errors
	}
	*dst = cfg
	if origins != nil {
		maps.Copy(origins, m.origins)
	}
	return m.warnings, nil
}

type merger struct {
	cfg      *connector.Config
	origins  source.Map
	paths    map[string][]source.Path // of the connectors of cfg
	warnings source.Diagnostics
	errors   source.Diagnostics
	names    map[string][]source.Path // paths of connectors by folded identity
	given    map[source.Path][]entry  // entries by path of the connector
	unknown  map[string]bool          // identities without a connector
}

func fold(s string) string { return strings.ToLower(s) }

// servers lists the servers that connectors name, and this one.
func (m *merger) servers() {
	for _, r := range m.cfg.Receive {
		m.addServer(r.Server, fqdnOf(r))
	}
	for _, s := range m.cfg.Send {
		for _, name := range s.SourceTransportServers {
			m.addServer(name, "")
		}
	}
	for _, s := range m.cfg.Services {
		m.addServer(s.Name, "")
	}
	m.addServer(m.cfg.Server, "")
}

// addServer lists a server unless it is listed. A name with a dot is an FQDN.
func (m *merger) addServer(name, fqdn string) {
	short, _, dotted := strings.Cut(name, ".")
	if dotted {
		fqdn = name
	}
	for i, s := range m.cfg.Servers {
		switch {
		case strings.EqualFold(s.Name, name), s.FQDN != "" && strings.EqualFold(s.FQDN, name),
			s.FQDN == "" && strings.EqualFold(s.Name, short):
			if s.FQDN == "" {
				m.cfg.Servers[i].FQDN = fqdn
			}
			return
		}
	}
	if name != "" {
		m.cfg.Servers = append(m.cfg.Servers, routing.Server{Name: short, FQDN: fqdn})
	}
}

// fqdnOf returns the FQDN of a connector's server, if the connector shows it: one
// with ExchangeServer must have the server's own as Fqdn, or its short name.
func fqdnOf(r connector.Receive) string {
	host, _, dotted := strings.Cut(r.Fqdn, ".")
	if dotted && strings.EqualFold(host, r.Server) && r.AuthMechanism.Or(0).Has(auth.ExchangeServer) {
		return r.Fqdn
	}
	return ""
}

// index lists the connectors by the identities that Get-ADPermission prints.
func (m *merger) index() {
	m.names = map[string][]source.Path{}
	add := func(identity string, path source.Path) {
		if key := fold(identity); !slices.Contains(m.names[key], path) {
			m.names[key] = append(m.names[key], path)
		}
	}
	for i, r := range m.cfg.Receive {
		path := m.paths["Receive"][i]
		add(r.Name, path)
		add(m.serverName(r.Server)+`\`+r.Name, path)
	}
	for i, s := range m.cfg.Send {
		path := m.paths["Send"][i]
		add(s.Name, path)
		for _, server := range s.SourceTransportServers { // as on an Edge server
			add(m.serverName(server)+`\`+s.Name, path)
		}
	}
	m.unknown = map[string]bool{}
}

// server returns a server by name; "" is this server.
func (m *merger) server(name string) routing.Server {
	if name == "" {
		name = m.cfg.Server
	}
	for _, s := range m.cfg.Servers {
		if name == "" || strings.EqualFold(s.Name, name) || s.FQDN != "" && strings.EqualFold(s.FQDN, name) {
			return s
		}
	}
	return routing.Server{Name: name}
}

func (m *merger) serverName(name string) string { return m.server(name).Name }

// assign finds the connector of an entry.
func (m *merger) assign(e entry) {
	identity := plainIdentity(e.identity)
	switch paths := m.names[fold(identity)]; len(paths) {
	case 1:
		m.given[paths[0]] = append(m.given[paths[0]], e)
	case 0:
		if !m.unknown[fold(identity)] {
			m.unknown[fold(identity)] = true
			m.warnings = append(m.warnings, source.Diagnostic{Severity: source.SeverityWarning, Position: e.Position, Path: permissionPath(e.identity), Code: source.CodeNotFound,
				Detail: "there is no connector of that name, so its permissions are ignored; read the export of the connectors, too"})
		}
	default:
		m.errors = append(m.errors, source.Diagnostic{Severity: source.SeverityError, Position: e.Position, Path: permissionPath(e.identity) + ".Identity", Code: source.CodeAmbiguous,
			Detail: fmt.Sprintf("%d connectors have that name; export the permissions with Identity in the form SERVER\\Name", len(paths))})
	}
}

// plainIdentity turns the distinguished name of a Receive connector into SERVER\Name,
// and that of a Send connector into Name.
func plainIdentity(s string) string {
	if len(s) < 3 || !strings.EqualFold(s[:3], "CN=") {
		return s
	}
	parts := strings.Split(s, ",CN=")
	name := parts[0][3:]
	if len(parts) > 3 && strings.EqualFold(parts[1], "SMTP Receive Connectors") {
		return parts[3] + `\` + name
	}
	return name
}

// grant makes Permissions of the entries of each connector.
func (m *merger) grant() {
	for i := range m.cfg.Receive {
		r := &m.cfg.Receive[i]
		path := m.paths["Receive"][i]
		entries := m.given[path]
		given := draft.GroupGrants(m.cfg, *r)
		r.Permissions = m.permissions(path, r.Permissions, entries, given)
		for _, g := range given {
			if had := rightsOf(entries, g.To); had.Intersect(g.Allow) != 0 {
				r.Permissions = m.take(path, r.Permissions, g, had, entries)
			} else if had != 0 {
				m.warn(entries, path, fmt.Sprintf("%s gives %s rights of which the list names none, so the list is taken for a part; export all entries", g.Group, g.To.Name()))
			}
		}
		if r.PermissionGroups.Or(0).Has(permission.Custom) && len(entries) == 0 && len(r.Permissions) == 0 {
			at, _ := m.origins.Find(path + ".PermissionGroups")
			m.warnings = append(m.warnings, source.Diagnostic{Severity: source.SeverityWarning, Position: at, Path: path + ".PermissionGroups", Code: CodePermissionsMissing,
				Detail: "Custom says that Add-ADPermission granted rights, and no export that was read has them; export Get-ADPermission of the connector, too"})
		}
	}
	for i := range m.cfg.Send {
		s := &m.cfg.Send[i]
		path := m.paths["Send"][i]
		entries := m.given[path]
		given := draft.UsageGrants(m.cfg, *s)
		s.Permissions = m.permissions(path, s.Permissions, entries, given)
		if !slices.ContainsFunc(given, func(g permission.Grant) bool { return rightsOf(entries, g.To).Intersect(g.Allow) != 0 }) {
			continue // no list, or one of something else
		}
		for _, g := range given {
			s.Permissions = m.take(path, s.Permissions, g, rightsOf(entries, g.To), entries)
		}
	}
}

// rightsOf returns the rights that entries allow to a principal.
func rightsOf(entries []entry, to permission.SID) permission.Set {
	var had permission.Set
	for _, e := range entries {
		if e.to == to && !e.deny {
			had = had.Union(permission.SetOf(e.right))
		}
	}
	return had
}

// take takes away what a connector gives here and the list of the old server, which is
// a whole one, doesn't have. The lists of older editions lack the grants that came
// later.
func (m *merger) take(path source.Path, grants []permission.Grant, g permission.Grant, had permission.Set, entries []entry) []permission.Grant {
	gone := g.Allow.Minus(had)
	for _, by := range grants {
		if by.To == g.To {
			gone = gone.Minus(by.Removed)
		}
	}
	if gone == 0 {
		return grants
	}
	at := entries[0].Position
	m.origins[(path + ".Permissions").Index(len(grants))] = at
	m.warnings = append(m.warnings, source.Diagnostic{Severity: source.SeverityNote, Position: at, Path: path + ".Permissions", Code: CodeWorksDifferently,
		Detail: fmt.Sprintf("the old server's list doesn't give %s to %s, so it isn't given here either", gone, g.To.Name())})
	return append(grants, permission.Grant{To: g.To, Removed: gone})
}

func (m *merger) warn(entries []entry, path source.Path, detail string) {
	m.warnings = append(m.warnings, source.Diagnostic{Severity: source.SeverityWarning, Position: entries[0].Position, Path: path + ".Permissions", Code: CodePermissionsMissing, Detail: detail})
}

// permissions returns the existing grants, and after them one grant for each principal
// with the entries that no group gives.
func (m *merger) permissions(path source.Path, have []permission.Grant, entries []entry, byGroup []permission.Grant) []permission.Grant {
	grants := slices.Clone(have)
	for _, e := range entries {
		if !e.deny && holds(byGroup, e.to, e.right) || !e.deny && holds(have, e.to, e.right) {
			continue
		}
		if e.deny && e.inherited {
			m.warnings = append(m.warnings, source.Diagnostic{Severity: source.SeverityWarning, Position: e.Position, Path: path + ".Permissions", Code: CodeWorksDifferently,
				Detail: fmt.Sprintf("%s is denied to %s by inheritance; here that beats every grant, while in Active Directory a grant on the connector itself beats it", e.right, e.to.Name())})
		}
		g := permission.Grant{To: e.to, Allow: permission.SetOf(e.right)}
		if e.deny {
			g = permission.Grant{To: e.to, Deny: permission.SetOf(e.right)}
		}
		i := slices.IndexFunc(grants, func(o permission.Grant) bool { return o.To == g.To && (o.Deny != 0) == e.deny && o.Group == 0 })
		if i < 0 {
			i = len(grants)
			grants = append(grants, g)
			m.origins[(path + ".Permissions").Index(i)] = e.Position
			continue
		}
		grants[i].Allow = grants[i].Allow.Union(g.Allow)
		grants[i].Deny = grants[i].Deny.Union(g.Deny)
	}
	return grants
}

func holds(grants []permission.Grant, to permission.SID, right permission.Right) bool {
	return slices.ContainsFunc(grants, func(g permission.Grant) bool { return g.To == to && g.Allow.Has(right) })
}
