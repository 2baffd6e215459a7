package dialog

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// The kinds of dialogs.
const (
	SendConnector     = "send-connector"     // the wizard that makes one
	ReceiveConnector  = "receive-connector"  // the wizard that makes one
	SendProperties    = "send-properties"    // the properties of one
	ReceiveProperties = "receive-properties" // the properties of one
	AcceptedDomain    = "accepted-domain"    // makes one; with an ID its properties
	RemoteDomain      = "remote-domain"      // makes one; with an ID its properties
	ServerProperties  = "server-properties"  // of the Transport service
	Relay             = "relay"              // allows relay through a Receive connector
	Grant             = "grant"              // grants or denies a right on a connector
)

// Subject says what a dialog is about.
type Subject struct {
	Config connector.Config // of the policy; it isn't changed
	ID     string           // of the object: NAME, or SERVER\NAME of a Receive connector
	Server string           // of a Receive connector that is made; "": the server of Config
	Rights string           // that the dialog Grant begins with, with commas between them

	// Taken reports whether a variable, without its $, occurs in the policy's scripts
	// already, so that the credential of another connector may be assigned to it. Nil: none does.
	Taken func(variable string) bool
}

// Open returns a dialog and the values that its fields begin with. The error says that
// there is no such kind, or no such object.
func Open(kind string, s Subject) (*Dialog, *Values, error) {
	open, ok := map[string]func(*Subject) (*Dialog, *Values, error){
		SendConnector:     newSend,
		ReceiveConnector:  newReceive,
		SendProperties:    sendProperties,
		ReceiveProperties: receiveProperties,
		AcceptedDomain:    acceptedDomain,
		RemoteDomain:      remoteDomain,
		ServerProperties:  serverProperties,
		Relay:             relay,
		Grant:             grant,
	}[kind]
	if !ok {
		return nil, nil, fmt.Errorf("there is no dialog %q", kind)
	}
	d, v, err := open(&s)
	if err != nil {
		return nil, nil, err
	}
	d.Kind = kind
	return d, v, nil
}

// absent is the error that there is no such object.
func absent(thing, id string) error { return fmt.Errorf("there is no %s %q", thing, id) }

// ThisServer returns the name of the server that a configuration is for, which may give its FQDN.
func ThisServer(cfg *connector.Config) string {
	if cfg.Server == "" && len(cfg.Servers) > 0 {
		return cfg.Servers[0].Name
	}
	name := cmp.Or(cfg.Server, "localhost")
	for _, server := range cfg.Servers {
		if strings.EqualFold(server.FQDN, name) {
			return server.Name
		}
	}
	return name
}

// local is the name of the server that the configuration is for.
func (s *Subject) local() string { return ThisServer(&s.Config) }

// edge reports whether a server is an Edge Transport server.
func (s *Subject) edge(name string) bool {
	for _, server := range s.Config.Servers {
		if strings.EqualFold(server.Name, name) {
			return server.Edge
		}
	}
	return false
}

// receive returns the Receive connector that ID names, with its defaults filled in.
func (s *Subject) receive() (connector.Receive, error) {
	server, name, qualified := strings.Cut(s.ID, `\`)
	if !qualified {
		server, name = cmp.Or(s.Server, s.local()), s.ID
	}
	for _, r := range s.Config.Receive {
		if strings.EqualFold(r.Name, name) && strings.EqualFold(cmp.Or(r.Server, s.local()), server) {
			r = r.WithDefaults(&s.Config)
			r.Server = cmp.Or(r.Server, s.local())
			return r, nil
		}
	}
	return connector.Receive{}, absent("Receive connector", s.ID)
}

// send returns the Send connector that ID names, with its defaults filled in.
func (s *Subject) send() (connector.Send, error) {
	for _, c := range s.Config.Send {
		if strings.EqualFold(c.Name, s.ID) {
			return c.WithDefaults(&s.Config), nil
		}
	}
	return connector.Send{}, absent("Send connector", s.ID)
}

// target is an object that commands change.
type target struct {
	noun         string // as in Set-SendConnector
	server, name string // server is "" where names are unique in the organization
	local        bool   // server is this server, where the name alone will do, as in the guide
}

// connectorTarget is a Receive connector as a target.
func (s *Subject) connectorTarget(r *connector.Receive) target {
	return target{"ReceiveConnector", r.Server, r.Name, strings.EqualFold(r.Server, s.local())}
}

// identity is how a command names the object.
func (t target) identity() string {
	if t.server == "" || t.local && !strings.Contains(t.name, `\`) {
		return t.name
	}
	return t.server + `\` + t.name
}

// get begins a command that finds the object. A name with wildcards is compared, as it
// would stand for several objects.
func (t target) get(s *Script) {
	s.command("Get-" + t.noun)
	if !strings.ContainsAny(t.name, "*?") {
		s.argument("Identity", quoted(t.identity()))
		return
	}
	if t.server != "" {
		s.add("Server", quoted(t.server))
	}
	s.pipe("Where-Object { $_.Name -eq " + quote(t.name) + " }")
}

// set begins the command that changes the object.
func (t target) set(s *Script) {
	if strings.ContainsAny(t.name, "*?") {
		t.get(s)
		s.pipe("Set-" + t.noun)
		return
	}
	s.command("Set-" + t.noun)
	s.argument("Identity", quoted(t.identity()))
}

// parameter is a parameter of a command, and its value for the values of a dialog.
type parameter struct {
	name  string
	value func(v *Values) value
}

// changed appends the parameters whose values differ from those for before to a command
// that changes the target. Without such parameters there is no command, and begun is false.
func (s *Script) changed(t target, now, before *Values, parameters []parameter) (begun bool) {
	for _, p := range parameters {
		v := p.value(now)
		if v.text == p.value(before).text {
			continue
		}
		if !begun {
			t.set(s)
			begun = true
		}
		s.add(p.name, v)
	}
	return begun
}

// textParameter is a parameter that has the text of a field, or $null.
func textParameter(name, field string) parameter {
	return parameter{name, func(v *Values) value { return orNull(v.Text(field)) }}
}

// wordParameter is a parameter that has the value of a Select or Radio.
func wordParameter(name, field string) parameter {
	return parameter{name, func(v *Values) value { return word(v.Text(field)) }}
}

// checkParameter is a parameter that is $true while a check box is on.
func checkParameter(name, field string) parameter {
	return parameter{name, func(v *Values) value { return boolean(v.On(field)) }}
}

// options returns options whose labels are their values.
func options(values ...string) []Option {
	list := make([]Option, len(values))
	for i, v := range values {
		list[i] = Option{Value: v, Label: v}
	}
	return list
}
