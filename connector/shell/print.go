package shell

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// CodeNoCommand is the code of what Print and PrintChanges can't express.
const CodeNoCommand source.Code = "no-command"

// Print returns the commands that make a configuration: the organisation that they
// leave compiles to the same policy. They begin by removing the connectors that setup
// makes, so that they may run on a fresh organisation or on an empty one. Parameters at
// their default are left out, except those that say what a connector is for.
//
// No cmdlet sets the profile, the servers, the site links and the acknowledgements
// outside of connectors: comments at the top name them, and a caller that runs the
// commands gives them in [Options], or in a configuration to [Open]. A connector that
// has its server's FQDN by default is printed with it, so that less depends on the
// servers, unless the connector belongs to other servers, too. If cfg lists no
// servers, the commands are written for an organisation of which nothing is known; an
// interpreter knows its own, and holds the commands to the rules about its name.
//
// A credential is printed as a Get-Credential that names the user, and the place of the
// password if it has one, each with a variable of its own; passwords are never printed. For OAuth, which uses no password, it
// is a PSCredential with an empty one. The error says what no command
// can express, as source.Diagnostics.
func Print(cfg connector.Config) ([]byte, error) {
	p := &printer{cfg: &cfg, variables: map[string]bool{}}
	p.heading()
	p.clear()
	p.transport()
	p.services()
	p.remote()
	p.accepted()
	for i := range cfg.Receive {
		p.receive(&cfg.Receive[i])
	}
	for i := range cfg.Send {
		p.send(&cfg.Send[i])
	}
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return p.out.Bytes(), nil
}

// heading prints the settings that no cmdlet makes, as comments.
func (p *printer) heading() {
	p.line("# Profile " + p.cfg.Profile.String() + ", server " + strconv.Quote(p.local()) + ".")
	for _, s := range p.cfg.Servers {
		text := fmt.Sprintf("# Server %q", s.Name)
		if s.FQDN != "" {
			text += fmt.Sprintf(", FQDN %q", s.FQDN)
		}
		if s.Site != "" {
			text += fmt.Sprintf(", site %q", s.Site)
		}
		if s.Edge {
			text += ", Edge"
		}
		p.line(text + ".")
	}
	for _, l := range p.cfg.Links {
		p.line(fmt.Sprintf("# Site link %q between %q, cost %d, largest message %d.", l.Name, l.Sites, l.Cost, l.MaxSize))
	}
	for _, a := range p.cfg.Acknowledged {
		p.line(fmt.Sprintf("# Acknowledged %q at %q for %q: %q.", a.Code, a.Place, a.Extent, a.Reason))
	}
}

// clear removes the connectors that setup makes.
func (p *printer) clear() {
	p.line("")
	p.line("Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false")
}

// stopgap is the default accepted domain while the others change: the default domain
// can't be removed while another one can be.
const stopgap = "setup.invalid"

func (p *printer) accepted() {
	switch {
	case len(p.cfg.Accepted) > 0:
		p.line("")
		p.line("# The first accepted domain, which setup makes, gives way to those below.")
	case p.fqdn("") == "": // so setup makes none
		return
	default:
		p.line("")
		p.line("# There is no accepted domain; the one that setup makes is removed.")
	}
	p.line("New-AcceptedDomain -Name " + stopgap + " -DomainName " + stopgap)
	p.line("Set-AcceptedDomain " + stopgap + " -MakeDefault $true")
	p.line("Get-AcceptedDomain | Where-Object { $_.Name -ne '" + stopgap + "' } | Remove-AcceptedDomain -Confirm:$false")
	def := p.defaultDomain()
	for i := range p.cfg.Accepted {
		p.domain(&p.cfg.Accepted[i], &p.cfg.Accepted[i] == def)
	}
	p.line("Remove-AcceptedDomain " + stopgap + " -Confirm:$false")
}

// defaultDomain is the domain that is the default one: the one marked, or else
// the first without a wildcard.
func (p *printer) defaultDomain() *routing.AcceptedDomain {
	var first *routing.AcceptedDomain
	for i := range p.cfg.Accepted {
		d := &p.cfg.Accepted[i]
		if d.Default {
			return d
		}
		if first == nil && !strings.HasPrefix(d.DomainName, "*") {
			first = d
		}
	}
	return first
}

func (p *printer) domain(d *routing.AcceptedDomain, isDefault bool) {
	path := source.Named("Accepted", cmp.Or(d.Name, d.DomainName))
	c := command{name: "New-AcceptedDomain"}
	c.add("Name", p.quote(path+".Name", cmp.Or(d.Name, d.DomainName)))
	c.add("DomainName", p.quote(path+".DomainName", d.DomainName))
	if d.DomainType != 0 {
		c.add("DomainType", p.value(path+".DomainType", reflect.ValueOf(d.DomainType)))
	}
	set := command{name: "Set-AcceptedDomain"}
	if d.MatchSubDomains {
		set.add("MatchSubDomains", "$true")
	}
	if enabled, given := d.AddressBookEnabled.Get(); given {
		set.add("AddressBookEnabled", fmt.Sprintf("$%v", enabled))
	}
	if isDefault {
		set.add("MakeDefault", "$true")
	}
	if len(set.parameters) > 0 {
		p.line(c.String() + " | " + set.String())
	} else {
		p.line(c.String())
	}
}

func (p *printer) receive(given *connector.Receive) {
	r := *given
	path := source.Named("Receive", r.Name)
	trim(&r, &schema.ReceiveConnector, func() connector.Receive { return r.WithDefaults(p.cfg) })
	r.Fqdn = cmp.Or(r.Fqdn, p.fqdn(r.Server))
	c, set := command{name: "New-ReceiveConnector"}, command{name: "Set-ReceiveConnector"}
	for name, text := range p.fields(path, reflect.ValueOf(&r).Elem()) {
		switch {
		case name == "PermissionGroups":
			groups := r.PermissionGroups.Or(0) &^ permission.Custom // as Permissions are shown
			c.add(name, p.value(path.Field(source.Path(name)), reflect.ValueOf(groups)))
		case name == "Permissions":
		case schema.ReceiveConnector.Row(name).Verbs&schema.New == 0:
			set.add(name, text)
		default:
			c.add(name, text)
		}
	}
	p.line("")
	p.connector(path, c, set, effective(r.Permissions, draft.GroupGrants(p.cfg, *given)))
}

func (p *printer) send(given *connector.Send) {
	s := *given
	path := source.Named("Send", s.Name)
	trim(&s, &schema.SendConnector, func() connector.Send { return s.WithDefaults(p.cfg) })
	if sources := s.SourceTransportServers; len(sources) == 0 || len(sources) == 1 && strings.EqualFold(sources[0], p.local()) {
		s.Fqdn = cmp.Or(s.Fqdn, p.fqdn(""))
	} // else each server says its own
	c := command{name: "New-SendConnector"}
	p.line("")
	for name, text := range p.fields(path, reflect.ValueOf(&s).Elem()) {
		switch name {
		case "Permissions":
		case "AuthenticationCredential":
			c.add(name, p.credential(path.Field("AuthenticationCredential"), &s, s.Name, s.AuthenticationCredential))
		case "SmartHostCredentials":
			c.add(name, p.hostCredentials(path.Field("SmartHostCredentials"), &s))
		default:
			c.add(name, text)
		}
	}
	p.connector(path, c, command{}, effective(s.Permissions, draft.UsageGrants(p.cfg, *given)))
}

// hostCredentials prints the commands that make the credentials for smart hosts of a connector, and
// returns a hashtable of their variables.
func (p *printer) hostCredentials(path source.Path, s *connector.Send) string {
	entries := make([]string, len(s.SmartHostCredentials))
	for i := range s.SmartHostCredentials {
		c := &s.SmartHostCredentials[i]
		host := c.Host.String()
		at := source.Named(path, host)
		entries[i] = p.quote(at, host) + " = " + p.credential(at, s, s.Name+host, &c.Credential)
	}
	return "@{" + strings.Join(entries, "; ") + "}"
}

// credential prints the command that makes a credential of a connector, and returns its variable,
// which is named after owner.
func (p *printer) credential(path source.Path, s *connector.Send, owner string, c *param.Credential) string {
	variable, user := p.variable(owner), ""
	if c.UserName != "" {
		user = p.quote(path, c.UserName)
	}
	switch {
	case !c.PasswordFrom.IsZero():
		p.line(variable + " = Get-Credential " + user + " -PasswordFrom " + p.place(path, c.PasswordFrom))
	case s.SmartHostAuthMechanism == auth.OAuth:
		p.line(variable + " = New-Object PSCredential " + user + ", (New-Object SecureString)")
	default:
		p.line(strings.TrimRight(variable+" = Get-Credential "+user, " "))
	}
	return variable
}

// place returns the hashtable of the place of a password.
func (p *printer) place(path source.Path, from param.SecretPlace) string {
	path = path.Field("PasswordFrom")
	switch {
	case from.File != "":
		return "@{File = " + p.quote(path, from.File) + "}"
	case from.Environment != "":
		return "@{Environment = " + p.quote(path, from.Environment) + "}"
	}
	return "@{Credential = " + p.quote(path, from.Credential) + "}"
}

// variable returns a variable for a credential of a connector, or of one of its smart hosts.
func (p *printer) variable(owner string) string {
	base := CredentialVariable(owner)
	name := base
	for n := 2; p.variables[strings.ToLower(name)]; n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	p.variables[strings.ToLower(name)] = true
	return "$" + name
}

// Quote returns text as a string of the language, in single quotes. No text ends the
// string early. A script can't contain the character NUL, or text that isn't UTF-8.
func Quote(text string) string { return syntax.Quote(text) }

// CredentialVariable returns the variable, without the $, that [Print] assigns the
// credential of a Send connector to: cred and the letters and digits of its name. For that
// of one of its smart hosts, the name is the connector's with the host's behind it.
// Where that is the same for several, all but the first get a number.
func CredentialVariable(connector string) string {
	return "cred" + strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, connector)
}

// connector prints the command that makes a connector and the commands that change it.
// These get the connector itself, because a name may contain wildcards.
func (p *printer) connector(path source.Path, make, set command, grants []permission.Grant) {
	var more []command
	if len(set.parameters) > 0 {
		more = append(more, set)
	}
	for _, taking := range []bool{true, false} { // removals first: Add-ADPermission after them grants again
		for i, g := range grants {
			if taking == (g.Removed != 0) {
				more = append(more, p.grant((path+".Permissions").Index(i), g)...)
			}
		}
	}
	if len(more) == 0 {
		p.line(make.String())
		return
	}
	p.line("$connector = " + make.String())
	for _, c := range more {
		p.line("$connector | " + c.String())
	}
}
