package exchange_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/routing"
)

// FuzzParameter gives any text to any parameter of any cmdlet.
func FuzzParameter(f *testing.F) {
	for i, seed := range []string{
		"10.0.0.0/8,::1",             // a list
		"+0.0.0.0:587",               // an edit
		"Tls, BasicAuth",             // flags
		`HubA\Other`,                 // a name that looks like an identity
		"fabrikam.com",               // a reference
		"CN=Default HubA,CN=x",       // a distinguished name
		"*[a-",                       // a broken pattern
		"X400:o=a;p=b;5",             // another type of address
		"hubb.contoso.x",             // a server
		"true",                       // a Boolean
		"ms-Exch-SMTP-Submit",        // a right
		"2147483648", "00:00:-1", "", // numbers and spans out of range, $null
	} {
		f.Add(uint16(i*3), uint16(i*7), seed)
	}
	f.Fuzz(func(t *testing.T, cmdlet, parameter uint16, value string) {
		names := slices.Sorted(maps.Keys(newDriver(bare()).commands))
		name := names[int(cmdlet)%len(names)]
		params := newDriver(bare()).commands[name].Parameters()
		giveValue(t, ready(t), name, params[int(parameter)%len(params)].Name, value)
	})
}

// TestEveryParameter gives a set of values to every parameter of every cmdlet.
func TestEveryParameter(t *testing.T) {
	values := []string{"", "true", "0", "1", "-1", "70000", "10MB", "unlimited", "00:00:10", "1.00:00:00", "a.com", "*.a.com", "*", "--",
		"10.0.0.7", "10.0.0.7:25", "+10.0.0.7", "+a.com,b.com", "-a.com", "None", "Tls", "Custom", "Verbose", "S-1-5-11", `HubA\x`,
		"ms-Exch-SMTP-Submit", "HubB", strings.Repeat("x", 100), "\x00", "<I>a<S>b", "220 x", "Oslo", "ExtendedRight"}
	if testing.Short() {
		values = values[:8]
	}
	d := ready(t)
	for name, c := range newDriver(bare()).commands {
		for _, p := range c.Parameters() {
			for _, v := range values {
				if giveValue(t, d, name, p.Name, v) {
					d = ready(t)
				}
			}
		}
	}
}

// ready is an organisation that has one of everything.
func ready(t *testing.T) *driver {
	t.Helper()
	server := hubA
	server.Site = "Paris"
	d := newDriver(exchange.NewOrg(exchange.Options{Profile: 1, Server: server, Servers: []routing.Server{{Name: "HubC", Site: "Oslo"}}}))
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
	return d
}

// giveValue runs a cmdlet with a value for one of its parameters. It must not
// panic, it must change nothing if it fails, and the policy must be valid if it
// doesn't. It returns whether something changed.
func giveValue(t *testing.T, d *driver, cmdlet, parameter, value string) bool {
	t.Helper()
	verb, noun, _ := strings.Cut(cmdlet, "-")
	identity := map[string]string{"ReceiveConnector": "Default HubA", "ADPermission": "Out", "SendConnector": "Out",
		"AcceptedDomain": "fabrikam.com", "RemoteDomain": "Default", "AdSite": "Oslo"}[noun]
	if identity == "" {
		identity = "HubA"
	}
	a := args{"Identity": identity}
	if verb == "New" || verb == "Add" {
		a = args{"Identity": identity, "Name": "New", "User": "S-1-5-7", "AddressSpaces": "a.com", "DomainName": "a.com",
			"Bindings": "10.0.0.1:26", "RemoteIPRanges": "10.0.0.0/8", "ExtendedRights": "ms-Exch-Send-Headers-Forest"}
	}
	for name := range a { // what the interpreter would not bind
		if !binds(d.commands[cmdlet], name) {
			delete(a, name)
		}
	}
	a[parameter] = fuzzValue(value)
	before := d.org.Config()
	_, err := d.run(cmdlet, a)
	after := d.org.Config()
	if reflect.DeepEqual(before, after) {
		return false
	}
	if err != nil {
		t.Fatalf("%s %v failed with %v, and changed\n%+v\nto\n%+v", cmdlet, a, err, before, after)
	}
	if _, err := connector.Compile(after); err != nil {
		t.Errorf("%s %v made the policy invalid: %v", cmdlet, a, err)
	}
	return true
}

// fuzzValue makes a value of text: with commas a list, with a plus before it an
// addition, with a minus a removal.
func fuzzValue(s string) object.Value {
	var v object.Value = strings.TrimLeft(s, "+-")
	if parts := strings.Split(strings.TrimLeft(s, "+-"), ","); len(parts) > 1 {
		v = object.Strings(parts)
	}
	switch {
	case s == "":
		return nil
	case s[0] == '+':
		return table("Add", v)
	case s[0] == '-':
		return table("Remove", v)
	}
	return v
}

func binds(c object.Command, name string) bool {
	for _, p := range c.Parameters() {
		if p.Name == name {
			return true
		}
	}
	return false
}
