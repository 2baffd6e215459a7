package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// receiveRows are the parameters of Receive connectors. Server and Usage are read
// before the others (prepareReceive).
var receiveRows = rowsOf(&schema.ReceiveConnector, map[string]access[receive]{"Server": {}, "Usage": {}})

// receiveNoun is the Receive connectors.
func (o *Org) receiveNoun() *noun[receive] {
	n := &noun[receive]{
		org: o, name: "ReceiveConnector", rows: receiveRows, shelf: &o.receive,
		key: o.receiveKey, identity: o.receiveKey, dn: o.receiveDN, qualify: o.qualifyReceive,
		defaults: func(it *item[receive]) receive { return o.fullReceive(&it.cfg) },
		prepare:  o.prepareReceive,
		finish:   o.finishReceive,
		check:    o.checkReceive,
		link:     o.enterReceive,
		unlink:   o.leaveReceive,
		filter:   o.filterReceive,
		columns:  []string{"Identity", "Bindings", "Enabled"},
	}
	n.shape(o.receiveExtras(n), receiveShape...)
	return n
}

// qualifyReceive completes the identity of a Receive connector: a bare name is
// one of the local server, and a server may be given by its FQDN.
func (o *Org) qualifyReceive(id string) string {
	name, rest, ok := strings.Cut(id, `\`)
	if !ok {
		return o.local().Name + `\` + id
	}
	s, _ := o.server(name)
	return s.Name + `\` + rest
}

// prepareReceive is the part of New-ReceiveConnector that comes before the
// parameters: whose connector it is, and of what usage.
func (o *Org) prepareReceive(call *object.Call, it *item[receive]) error {
	usage, err := usageOf(call, "Custom", "Internet", "Internal", "Client", "Partner")
	if err != nil {
		return err
	}
	it.cfg.Usage = usage
	if v, given := call.Args["Server"]; given {
		name, err := single(v)
		if err != nil {
			return &object.ArgumentError{Parameter: "Server", Err: err}
		}
		s, err := o.needServer(name, call.Warn)
		if err != nil {
			return &object.ArgumentError{Parameter: "Server", Err: err}
		}
		it.cfg.Server = s.Name
	} else if len(o.base.Servers) > 0 {
		it.cfg.Server = o.local().Name
	}
	return nil
}

// usageOf reads -Usage and the switches that stand for it, which exclude each
// other.
func usageOf(call *object.Call, switches ...string) (param.Usage, error) {
	var usage param.Usage
	var given []string
	if v, ok := call.Args["Usage"]; ok {
		u, err := usages.read(v)
		if err == nil && !slices.Contains(switches, u.String()) {
			err = fmt.Errorf("give one of %s", strings.Join(switches, ", "))
		}
		if err != nil {
			return 0, &object.ArgumentError{Parameter: "Usage", Err: err}
		}
		usage, given = u, append(given, "-Usage")
	}
	for _, name := range switches {
		if call.Switch(name) {
			u, err := param.ParseUsage(name)
			if err != nil {
				return 0, err
			}
			usage, given = u, append(given, "-"+name)
		}
	}
	if len(given) > 1 {
		return 0, fmt.Errorf("%s exclude each other; give one", strings.Join(given, " and "))
	}
	return usage, nil
}

// finishReceive checks what must not be empty. Which parameters New can do
// without depends on the usage (the parameter sets of New-ReceiveConnector).
func (o *Org) finishReceive(call *object.Call, it *item[receive]) error {
	full := o.fullReceive(&it.cfg)
	var missing []string
	for _, p := range []struct {
		name         string
		given, whole int
	}{
		{"Bindings", len(it.cfg.Bindings), len(full.Bindings)},
		{"RemoteIPRanges", len(it.cfg.RemoteIPRanges), len(full.RemoteIPRanges)},
	} {
		switch {
		case call.Has(p.name) && p.given == 0:
			return &object.ArgumentError{Parameter: p.name, Err: fmt.Errorf("it can't be empty")}
		case p.whole == 0:
			missing = append(missing, p.name)
		}
	}
	if missing, err := o.ask(call, it, missing); len(missing) > 0 || err != nil {
		return errors.Join(err, missingError(it.cfg.Usage, missing))
	}
	if call.Has("PermissionGroups") { // which writes the entries of the groups again
		list := acl{hand: &it.cfg.Permissions, marks: &it.marks}
		list.keep(func(g permission.Grant) permission.Grant { g.Removed = 0; return g })
	}
	if r := &it.cfg; call.Has("DefaultDomain") && r.DefaultDomain != "" {
		if d, err := o.acceptedNoun().find(r.DefaultDomain); err == nil {
			r.DefaultDomain = domainKey(d.cfg)
		}
	}
	return nil
}

// enterReceive enters a connector into the indexes.
func (o *Org) enterReceive(it *item[receive]) {
	o.claims.add(o, it)
	if d := fold(it.cfg.DefaultDomain); d != "" {
		o.domainUsers[d]++
	}
}

func (o *Org) leaveReceive(it *item[receive]) {
	o.claims.remove(o, it)
	if d := fold(it.cfg.DefaultDomain); d != "" {
		o.domainUsers[d]--
	}
}

func missingError(u param.Usage, names []string) error {
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("with usage %s, -%s must be given", u, strings.Join(names, " and -"))
}

// ask asks for parameters that were left out, and returns those without an answer.
func (o *Org) ask(call *object.Call, it *item[receive], names []string) (missing []string, err error) {
	for _, name := range names {
		if o.Ask == nil {
			return names, nil
		}
		v, ok := o.Ask("New-ReceiveConnector", name)
		if !ok {
			return []string{name}, nil
		}
		i := slices.IndexFunc(receiveRows, func(r row[receive]) bool { return r.Name == name })
		if err := receiveRows[i].set(it, name, v); err != nil {
			return nil, fmt.Errorf("-%s: %w", name, err)
		}
		it.mark(name, call.Pos)
	}
	return nil, nil
}

// checkReceive applies the rules to a connector, those about other connectors
// included.
func (o *Org) checkReceive(next, old *item[receive]) error {
	return checked(next, old, func(r receive) source.Diagnostics {
		return draft.CheckReceive(o.around(&r), r, o.claims.neighbours(o, &r, old)...)
	})
}

// filterReceive is -Server of Get-ReceiveConnector.
func (o *Org) filterReceive(call *object.Call) (func(*item[receive]) bool, error) {
	v, given := call.Args["Server"]
	if !given {
		return func(*item[receive]) bool { return true }, nil
	}
	if call.Has("Identity") && !call.Piped {
		return nil, &object.ArgumentError{Parameter: "Server", Err: fmt.Errorf("-Identity and -Server exclude each other")}
	}
	name, err := single(v)
	if err != nil {
		return nil, &object.ArgumentError{Parameter: "Server", Err: err}
	}
	s, ok := o.server(serverName(name))
	if !ok {
		return nil, &object.ArgumentError{Parameter: "Server", Err: &NotFoundError{"ExchangeServer", name, o.local().Name}}
	}
	return func(it *item[receive]) bool {
		own, _ := o.server(it.cfg.Server)
		return strings.EqualFold(own.Name, s.Name)
	}, nil
}
