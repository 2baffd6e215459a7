package exchange

import (
	"errors"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

var (
	acceptedRows = rowsOf(&schema.AcceptedDomain, map[string]access[accepted]{"MakeDefault": makeDefault})
	remoteRows   = rowsOf[remoteDomain](&schema.RemoteDomain, nil)
)

// makeDefault is -MakeDefault, which moves the mark to a domain. It never takes the
// mark away.
var makeDefault = access[accepted]{
	set: func(it *item[accepted], _ string, v object.Value) error {
		b, err := boolean.read(v)
		if err != nil {
			return err
		}
		if it.cfg.Default && !b {
			return fmt.Errorf("%q is the default domain; make another one the default", it.cfg.Name)
		}
		it.cfg.Default = b
		return nil
	},
	get: func(_ *item[accepted], full *accepted, _ string) object.Value { return full.Default },
}

// acceptedNoun is the accepted domains.
func (o *Org) acceptedNoun() *noun[accepted] {
	key := func(d *accepted) string { return domainKey(*d) }
	n := &noun[accepted]{
		org: o, name: "AcceptedDomain", rows: acceptedRows, shelf: &o.accepted,
		key: key, identity: key,
		dn:       func(d *accepted) string { return o.globalDN("Accepted Domains,CN=Transport Settings", domainKey(*d)) },
		defaults: o.fullDomain,
		check:    o.checkDomain,
		link:     o.linkDomain,
		unlink:   o.unlinkDomain,
		forbid:   o.forbidDomain,
		columns:  []string{"Name", "DomainName", "DomainType", "Default"},
	}
	n.filter = resultSize[accepted]
	n.shape(o.acceptedExtras(n), "DomainName", "CatchAllRecipientID", "DomainType", "MatchSubDomains", "AddressBookEnabled",
		"Default", "EmailOnly", "ExternallyManaged", "AuthenticationType", "LiveIdInstanceType", "PendingRemoval",
		"PendingCompletion", "FederatedOrganizationLink", "IsCoexistenceDomain", "InitialDomain")
	return n
}

func (o *Org) acceptedExtras(n *noun[accepted]) map[string]func(*item[accepted], *accepted) object.Value {
	m := directoryExtras(n, "0.20 (15.0.0.0)", "ms-Exch-Accepted-Domain", "msExchAcceptedDomain")
	m["Default"] = func(_ *item[accepted], full *accepted) object.Value { return full.Default }
	for _, name := range []string{"EmailOnly", "ExternallyManaged", "IsCoexistenceDomain", "InitialDomain"} {
		m[name] = constant[accepted](false)
	}
	for _, name := range []string{"CatchAllRecipientID", "AuthenticationType", "LiveIdInstanceType", "FederatedOrganizationLink"} {
		m[name] = constant[accepted](nil)
	}
	return m
}

// fullDomain fills in the defaults of parameters that weren't given. If no domain is
// marked as the default one, the first that isn't a wildcard is.
func (o *Org) fullDomain(it *item[accepted]) accepted {
	d := it.cfg
	if d.DomainType == 0 {
		d.DomainType = routing.Authoritative
	}
	d.Name = domainKey(d)
	d.AddressBookEnabled = routing.Value(d.AddressBookEnabled.Or(d.DomainType == routing.Authoritative))
	d.Default = o.mainDomain == it
	return d
}

// checkDomain applies the rules to an accepted domain.
func (o *Org) checkDomain(draft, old *item[accepted]) error {
	d := draft.cfg
	path := source.Element("Accepted", 0, domainKey(d))
	fail := func(field source.Path, code source.Code, format string, args ...any) error {
		return invalid(source.Diagnostics{source.Mistake(path+field, code, format, args...)})
	}
	_, err := routing.NewAccepted(d)
	if bad := (source.Diagnostics)(nil); errors.As(err, &bad) {
		for i := range bad {
			bad[i].Path = bad[i].Path.Moved(map[source.Path]source.Path{"Accepted[0]": path})
		}
		return invalid(bad)
	}
	if other := o.domains[fold(d.DomainName)]; other != nil && other != old {
		return fail(".DomainName", routing.CodeAcceptedDomain, "%q has the domain already", domainKey(other.cfg))
	}
	if d.Default && strings.HasPrefix(d.DomainName, "*") {
		return fail(".Default", routing.CodeAcceptedDomain, "the default domain can't have a wildcard")
	}
	if old != nil && d.Name != old.cfg.Name {
		if user := o.userOf(&old.cfg); user != "" {
			return fail(".Name", connector.CodeDefaultDomain, "%s has it as DefaultDomain; change that first", user)
		}
	}
	return nil
}

// userOf returns a Receive connector that has d as DefaultDomain.
func (o *Org) userOf(d *accepted) string {
	if o.domainUsers[fold(d.Name)]+o.domainUsers[fold(d.DomainName)] == 0 {
		return ""
	}
	for it := range o.receive.all() {
		if s := it.cfg.DefaultDomain; s != "" && (strings.EqualFold(s, d.Name) || strings.EqualFold(s, d.DomainName)) {
			return it.key
		}
	}
	return ""
}

// forbidDomain says why a domain can't be removed. A relay may have no domain of its own, so the
// last one can.
func (o *Org) forbidDomain(it *item[accepted]) error {
	if o.mainDomain == it && o.hasOtherDomain(it) {
		return fmt.Errorf("%q is the default domain; make another one the default first", it.key)
	}
	if user := o.userOf(&it.cfg); user != "" {
		return fmt.Errorf("the Receive connector %s has %q as DefaultDomain; change that first", quote(user), it.key)
	}
	return nil
}

// hasOtherDomain reports whether another domain than it can be the default one.
func (o *Org) hasOtherDomain(it *item[accepted]) bool {
	for other := range o.accepted.all() {
		if other != it && !strings.HasPrefix(other.cfg.DomainName, "*") {
			return true
		}
	}
	return false
}

// linkDomain enters a domain into the indexes. There is one default domain: a
// new one takes the mark off the old.
func (o *Org) linkDomain(it *item[accepted]) {
	if main := o.mainDomain; it.cfg.Default && main != nil && main != it {
		main.cfg.Default = false
	}
	o.enterDomain(it)
}

// enterDomain is linkDomain without a say in who is marked: the first one with
// the mark is the default domain, without any the first that isn't a wildcard.
func (o *Org) enterDomain(it *item[accepted]) {
	main := o.mainDomain
	if it.cfg.Default && (main == nil || !main.cfg.Default) || main == nil && !strings.HasPrefix(it.cfg.DomainName, "*") {
		o.mainDomain = it
	}
	o.domains[fold(it.cfg.DomainName)] = it
}

func (o *Org) unlinkDomain(it *item[accepted]) {
	delete(o.domains, fold(it.cfg.DomainName))
	if o.mainDomain == it {
		o.mainDomain = nil
	}
}

// resultSize is -ResultSize of Get cmdlets.
func resultSize[C any](call *object.Call) (func(*item[C]) bool, error) {
	most := param.Unlimited
	if v, given := call.Args["ResultSize"]; given {
		var err error
		if most, err = limit.read(v); err != nil {
			return nil, &object.ArgumentError{Parameter: "ResultSize", Err: err}
		}
	}
	var n param.Limit
	return func(*item[C]) bool {
		n++
		return most == param.Unlimited || n <= most
	}, nil
}

// remoteNoun is the remote domains.
func (o *Org) remoteNoun() *noun[remoteDomain] {
	name := func(d *remoteDomain) string { return d.Name }
	n := &noun[remoteDomain]{
		org: o, name: "RemoteDomain", rows: remoteRows, shelf: &o.remote,
		key: name, identity: name,
		dn:       func(d *remoteDomain) string { return o.globalDN("Internet Message Formats,CN=Global Settings", d.Name) },
		defaults: func(it *item[remoteDomain]) remoteDomain { return it.cfg.WithDefaults() },
		finish:   finishRemote,
		check:    o.checkRemote,
		link:     o.enterRemote,
		unlink:   func(it *item[remoteDomain]) { delete(o.remoteNames, fold(it.cfg.DomainName)) },
		filter:   resultSize[remoteDomain],
		columns:  []string{"Name", "DomainName", "AllowedOOFType"},
	}
	n.shape(directoryExtras(n, "0.1 (8.0.535.0)", "ms-Exch-Domain-Content-Config", "msExchDomainContentConfig"))
	return n
}

// builtin is the remote domain that every organisation has.
var builtin = remoteDomain{Name: "Default", DomainName: "*"}

// addBuiltin adds the built-in remote domain, unless its name or its domain is
// another's.
func (o *Org) addBuiltin() {
	if o.remote.find(builtin.Name) != nil || o.remoteNames[builtin.DomainName] != nil {
		return
	}
	it := &item[remoteDomain]{cfg: builtin}
	for _, name := range []string{"AutoForwardEnabled", "AutoReplyEnabled"} {
		it.keep(name, false)
	}
	it.keep("CharacterSet", "iso-8859-1")
	it.keep("NonMimeCharacterSet", "iso-8859-1")
	o.remote.put(it.cfg.Name, it)
	o.enterRemote(it)
}

func (o *Org) enterRemote(it *item[remoteDomain]) { o.remoteNames[fold(it.cfg.DomainName)] = it }

// finishRemote keeps the two parameters about internal senders in step.
func finishRemote(call *object.Call, it *item[remoteDomain]) error {
	if call.Has("AllowedOOFType") && object.Text(it.kept["AllowedOOFType"]) == "InternalLegacy" {
		it.keep("IsInternal", true)
	}
	if call.Has("IsInternal") && it.kept["IsInternal"] == false && object.Text(it.kept["AllowedOOFType"]) == "InternalLegacy" {
		it.keep("AllowedOOFType", typed{"AllowedOOFType", "ExternalLegacy"})
	}
	return nil
}

func (o *Org) checkRemote(next, old *item[remoteDomain]) error {
	d := next.cfg
	if err := checked(next, old, draft.CheckRemoteDomain); err != nil {
		return err
	}
	if it := o.remoteNames[fold(d.DomainName)]; it != nil && it != old {
		return &object.ArgumentError{Parameter: "DomainName", Err: coded(connector.CodeRemoteDomain, "the remote domain %q has it already", it.key)}
	}
	return nil
}
