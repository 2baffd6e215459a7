package exchange_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// password is a secret that must never be seen.
const password = "Tr0ub4dor&3"

var hubA = routing.Server{Name: "HubA", FQDN: "huba.fabrikam.com"}

type objectParameter = object.Parameter

// args are the arguments of a command.
type args map[string]object.Value

// driver runs commands without the language.
type driver struct {
	org      *exchange.Org
	commands map[string]object.Command
	warnings []string
	refuse   bool // answers no to every confirmation
	asked    []string
}

func newDriver(o *exchange.Org) *driver {
	d := &driver{org: o, commands: map[string]object.Command{}}
	for _, c := range o.Commands(func(exchange.Request) (param.Credential, error) {
		return param.Credential{UserName: "user", Password: auth.Secret(password)}, nil
	}) {
		d.commands[c.Name()] = c
	}
	return d
}

// run runs a command and returns what it emits.
func (d *driver) run(name string, a args) ([]object.Value, error) {
	if a == nil {
		a = args{}
	}
	var out []object.Value
	err := d.commands[name].Run(&object.Call{
		Args:    a,
		Emit:    func(v object.Value) error { out = append(out, v); return nil },
		Warn:    func(s string) { d.warnings = append(d.warnings, s) },
		Verbose: func(string) {},
		Confirm: func(action, target string) (bool, error) {
			d.asked = append(d.asked, action+" "+target)
			return !d.refuse, nil
		},
		Pos: source.Position{File: "test.ps1", Line: 1, Column: 1},
	})
	return out, err
}

// must is run for commands that work.
func (d *driver) must(t *testing.T, name string, a args) []object.Value {
	t.Helper()
	out, err := d.run(name, a)
	if err != nil {
		t.Fatalf("%s %v: %v", name, a, err)
	}
	return out
}

// fails is run for commands that don't, and checks what the error says.
func (d *driver) fails(t *testing.T, name string, a args, want string) {
	t.Helper()
	if _, err := d.run(name, a); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s %v: error %v, want one with %q", name, a, err, want)
	}
}

func list(items ...object.Value) *object.List { return object.NewList(items...) }

func table(pairs ...object.Value) *object.Table {
	t := &object.Table{}
	for i := 0; i < len(pairs); i += 2 {
		t.Set(object.Text(pairs[i]), pairs[i+1])
	}
	return t
}

func org2007() *exchange.Org {
	return exchange.NewOrg(exchange.Options{Profile: permission.Exchange2007, Server: hubA})
}

func bare() *exchange.Org {
	return exchange.NewOrg(exchange.Options{Server: hubA, Bare: true})
}

// property returns the text of a property of an object.
func property(t *testing.T, v object.Value, name string) string {
	t.Helper()
	o, ok := v.(*object.Object)
	if !ok {
		t.Fatalf("%v is no object", v)
	}
	p, ok := o.Get(name)
	if !ok {
		t.Fatalf("%s has no %s", o.Type, name)
	}
	if l, ok := p.(*object.List); ok {
		parts := make([]string, len(l.Items))
		for i, item := range l.Items {
			parts[i] = object.Text(item)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return object.Text(p)
}

func compile(t *testing.T, o *exchange.Org) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(o.Config())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ranges(texts ...string) []param.Range {
	var list []param.Range
	for _, s := range texts {
		list = append(list, param.MustParseRange(s))
	}
	return list
}

func bindings(texts ...string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, s := range texts {
		list = append(list, param.MustParseBinding(s))
	}
	return list
}

// channel is a connection without TLS.
var channel auth.Channel

// items are the texts of a list.
func items(v object.Value) []string {
	var texts []string
	for _, item := range object.Items(v) {
		texts = append(texts, object.Text(item))
	}
	return texts
}
