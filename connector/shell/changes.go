package shell

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// PrintChanges returns the commands that turn before into after. It prints changed
// parameters of connectors, accepted domains and the transport configuration that both
// have, and accepted domains and grants that only one of them has. The error lists the
// changes that no command can make, and added or removed connectors and servers; [Print]
// prints whole configurations.
func PrintChanges(before, after connector.Config) ([]byte, error) {
	p := &printer{cfg: &after, variables: map[string]bool{}}
	d := differ{printer: p, before: &before}
	d.receive()
	d.send()
	d.accepted()
	d.transport()
	if path := d.unsupported(); path != "" {
		p.fail(path, "no command of those that change things sets it")
	}
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return p.out.Bytes(), nil
}

// differ prints the differences.
type differ struct {
	*printer
	before *connector.Config
}

// receive prints the changes of Receive connectors, which belong to a server.
func (d *differ) receive() {
	if len(d.before.Receive) != len(d.cfg.Receive) {
		d.fail("Receive", "connectors come or go")
		return
	}
	for i := range d.cfg.Receive {
		old, now := &d.before.Receive[i], &d.cfg.Receive[i]
		path := source.Named("Receive", now.Name)
		whole := now.WithDefaults(d.cfg)
		identity := d.quote(path+".Name", cmp.Or(now.Server, d.local())+`\`+old.Name)
		d.set("Set-ReceiveConnector", path, identity, old, now, &whole)
		before, after := effective(old.Permissions, draft.GroupGrants(d.before, *old)), effective(now.Permissions, draft.GroupGrants(d.cfg, *now))
		if old.PermissionGroups != now.PermissionGroups { // which gives the groups' entries again
			before = slices.DeleteFunc(before, func(g permission.Grant) bool { return g.Removed != 0 })
		}
		d.grants(path, "Get-ReceiveConnector "+identity, before, after)
	}
}

func (d *differ) send() {
	if len(d.before.Send) != len(d.cfg.Send) {
		d.fail("Send", "connectors come or go")
		return
	}
	for i := range d.cfg.Send {
		old, now := &d.before.Send[i], &d.cfg.Send[i]
		path := source.Named("Send", now.Name)
		whole := now.WithDefaults(d.cfg)
		identity := d.quote(path+".Name", old.Name)
		d.set("Set-SendConnector", path, identity, old, now, &whole)
		d.grants(path, "Get-SendConnector "+identity, effective(old.Permissions, draft.UsageGrants(d.before, *old)), effective(now.Permissions, draft.UsageGrants(d.cfg, *now)))
	}
}

// set prints the command that makes now of old, whose path and identity are given;
// whole is now with its defaults. All three are pointers to structs of one type.
func (d *differ) set(name string, path source.Path, identity string, old, now, whole any) {
	c := command{name: name}
	c.add("Identity", identity)
	d.fields(path, &c, reflect.ValueOf(old).Elem(), reflect.ValueOf(now).Elem(), reflect.ValueOf(whole).Elem())
	d.run(c, 1)
}

// run prints c if it has more parameters than it needs to name the object.
func (d *differ) run(c command, named int) {
	if len(c.parameters) > named {
		d.line(c.String())
	}
}

// fields adds the fields of now that differ from those of old; whole is now with
// its defaults.
func (d *differ) fields(path source.Path, c *command, old, now, whole reflect.Value) {
	for i := range now.NumField() {
		name := now.Type().Field(i).Name
		field := path.Field(source.Path(name))
		switch {
		case reflect.DeepEqual(old.Field(i).Interface(), now.Field(i).Interface()) || name == "Permissions":
		case name == "AuthenticationCredential" || name == "SmartHostCredentials":
			d.fail(field, "a password is never printed")
		case now.Field(i).Kind() == reflect.Slice && old.Field(i).Len() > 0 && now.Field(i).Len() > 0:
			c.add(name, d.list(field, old.Field(i), now.Field(i)))
		default:
			// PermissionGroups shows explicit grants as Custom, which no command takes.
			if groups, ok := whole.Field(i).Interface().(param.Setting[permission.Group]); ok {
				c.add(name, d.value(field, reflect.ValueOf(groups.Or(0)&^permission.Custom)))
				continue
			}
			c.add(name, cmp.Or(d.value(field, whole.Field(i)), "$null"))
		}
	}
}

// list returns the change of a list: @{Add=…} if elements are only added, @{Remove=…}
// if they are only removed, otherwise the new list.
func (d *differ) list(path source.Path, old, now reflect.Value) string {
	added, removed := without(now, old), without(old, now)
	if d.cfg.Profile == permission.Exchange2007 || len(added) > 0 && len(removed) > 0 {
		return d.value(path, now) // hash tables as values came with 2010
	}
	verb, items := "Add", added
	if len(removed) > 0 {
		verb, items = "Remove", removed
	}
	texts := make([]string, len(items))
	for i, v := range items {
		texts[i] = d.value(path, v)
	}
	return "@{" + verb + "=" + strings.Join(texts, ",") + "}"
}

// without returns the elements of a that b lacks.
func without(a, b reflect.Value) []reflect.Value {
	var rest []reflect.Value
	for i := range a.Len() {
		found := false
		for j := range b.Len() {
			found = found || a.Index(i).Interface() == b.Index(j).Interface()
		}
		if !found {
			rest = append(rest, a.Index(i))
		}
	}
	return rest
}

// entry is one right that an explicit grant gives, denies or takes away.
type entry struct {
	to    permission.SID
	right permission.Right
	kind  entryKind
}

// entryKind is the effect of an entry on its right.
type entryKind uint8

const (
	allowed entryKind = iota
	denied
	removed
)

// entries takes grants apart.
func entries(grants []permission.Grant) map[entry]bool {
	all := map[entry]bool{}
	for _, g := range grants {
		for kind, set := range [...]permission.Set{allowed: g.Allow, denied: g.Deny, removed: g.Removed} {
			for r := range set.All() {
				all[entry{g.To, r, entryKind(kind)}] = true
			}
		}
	}
	return all
}

// grants prints the commands that give and take back rights; connector is the command
// that gets the connector.
func (d *differ) grants(path source.Path, connector string, old, now []permission.Grant) {
	before, after := entries(old), entries(now)
	for _, c := range d.commands(path, missing(old, after), true) {
		d.line(connector + " | " + c.String())
	}
	for _, c := range d.commands(path, missing(now, before), false) {
		d.line(connector + " | " + c.String())
	}
}

// missing returns of grants what entries lack.
func missing(grants []permission.Grant, entries map[entry]bool) []permission.Grant {
	var rest []permission.Grant
	for _, g := range grants {
		g.Allow = missingRights(g.To, g.Allow, allowed, entries)
		g.Deny = missingRights(g.To, g.Deny, denied, entries)
		g.Removed = missingRights(g.To, g.Removed, removed, entries)
		if g.Allow|g.Deny|g.Removed != 0 {
			rest = append(rest, g)
		}
	}
	return rest
}

func missingRights(to permission.SID, rights permission.Set, kind entryKind, entries map[entry]bool) permission.Set {
	var rest permission.Set
	for r := range rights.All() {
		if !entries[entry{to, r, kind}] {
			rest |= permission.SetOf(r)
		}
	}
	return rest
}

// commands returns the commands that make grants, or undo them.
func (d *differ) commands(path source.Path, grants []permission.Grant, undo bool) []command {
	var all []command
	for _, g := range grants {
		for _, c := range d.grant(path+".Permissions", g) {
			switch {
			case undo && c.name == removePermission:
				c.name, c.flags = addPermission, ""
			case undo:
				c.name, c.flags = removePermission, c.flags+noConfirm
			}
			all = append(all, c)
		}
	}
	return all
}

// accepted prints the changes of accepted domains, which are known by their names.
func (d *differ) accepted() {
	name := func(a routing.AcceptedDomain) string { return cmp.Or(a.Name, a.DomainName) }
	find := func(list []routing.AcceptedDomain, a routing.AcceptedDomain) int {
		return slices.IndexFunc(list, func(b routing.AcceptedDomain) bool { return strings.EqualFold(name(a), name(b)) })
	}
	for i := range d.cfg.Accepted {
		now := &d.cfg.Accepted[i]
		at := find(d.before.Accepted, *now)
		if at < 0 {
			d.domain(now, now.Default)
			continue
		}
		d.acceptedDomain(name(*now), &d.before.Accepted[at], now)
	}
	for _, old := range d.before.Accepted {
		if find(d.cfg.Accepted, old) < 0 {
			d.line("Remove-AcceptedDomain " + d.quote("Accepted", name(old)) + " -Confirm:$false")
		}
	}
}

func (d *differ) acceptedDomain(name string, old, now *routing.AcceptedDomain) {
	path := source.Named("Accepted", name)
	c := command{name: "Set-AcceptedDomain"}
	c.add("Identity", d.quote(path, name))
	if now.DomainName != old.DomainName {
		d.fail(path+".DomainName", "no command changes it")
	}
	if now.DomainType != old.DomainType {
		c.add("DomainType", cmp.Or(now.DomainType, routing.Authoritative).String())
	}
	if now.MatchSubDomains != old.MatchSubDomains {
		c.add("MatchSubDomains", fmt.Sprintf("$%v", now.MatchSubDomains))
	}
	if now.AddressBookEnabled != old.AddressBookEnabled {
		c.add("AddressBookEnabled", fmt.Sprintf("$%v", now.AddressBookEnabled.Or(cmp.Or(now.DomainType, routing.Authoritative) == routing.Authoritative)))
	}
	if now.Default && !old.Default {
		c.add("MakeDefault", "$true")
	}
	d.run(c, 1)
}

// transport prints the changes of the transport configuration.
func (d *differ) transport() {
	old, now := reflect.ValueOf(&d.before.Transport).Elem(), reflect.ValueOf(&d.cfg.Transport).Elem()
	c, service := command{name: "Set-TransportConfig"}, command{name: "Set-TransportService"}
	service.add("Identity", d.quote("Server", d.local()))
	for i := range now.NumField() {
		name := now.Type().Field(i).Name
		switch {
		case reflect.DeepEqual(old.Field(i).Interface(), now.Field(i).Interface()):
		case name == "UseDowngradedExchangeServerAuth":
			service.add(name, d.value(source.Path("Transport."+name), now.Field(i)))
		default:
			c.add(name, d.transportValue(name, now.Field(i)))
		}
	}
	d.run(c, 0)
	d.run(service, 1)
}

// transportValue returns a value of Set-TransportConfig. Sizes and numbers that are
// left out are no limits.
func (d *differ) transportValue(name string, v reflect.Value) string {
	if v.IsZero() {
		switch v.Interface().(type) {
		case param.Size, param.Limit:
			return param.Unlimited.String()
		}
	}
	return cmp.Or(d.value(source.Path("Transport."+name), v), "$null")
}

// unsupported returns a part of the configuration that differs and that no command here
// changes.
func (d *differ) unsupported() source.Path {
	old, now := *d.before, *d.cfg
	for _, c := range []*connector.Config{&old, &now} {
		c.Receive, c.Send, c.Accepted, c.Transport = nil, nil, nil, connector.Transport{}
	}
	a, b := reflect.ValueOf(old), reflect.ValueOf(now)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			return source.Path(a.Type().Field(i).Name)
		}
	}
	return ""
}
