package dialog

import (
	"cmp"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// newReceive is the New SMTP Receive Connector wizard.
func newReceive(s *Subject) (*Dialog, *Values, error) {
	server := cmp.Or(s.Server, s.local())
	if len(s.Config.Servers) > 0 && !containsFold(s.servers(), server) {
		return nil, nil, absent("server", server)
	}
	v := &Values{}
	v.set("server", server)
	v.set("usage", custom)
	v.setRows("bindings", []Row{{"which": allAddresses, "port": "25"}})
	v.setRows("ranges", []Row{everywhere(s.Config.Profile)})
	d := &Dialog{Title: "New SMTP Receive Connector", Wizard: true, Action: "New", Pages: []Page{
		{Name: "introduction", Title: "Introduction", Fields: []Field{
			{Name: "server", Kind: Fact, Label: "Server"},
			{Name: "name", Kind: Text, Label: "Name", Help: "A unique name for the connector.", Parameters: []string{"Name"}},
			{Name: "usage", Kind: Select, Label: "Select the intended use for this connector", Options: receiveUsages(s, server), Parameters: []string{"Usage"},
				Help: "Also called the intended use for this Receive connector. It sets how clients authenticate and who may use the connector."},
		}},
		{Name: "local-network-settings", Title: "Local network settings", Shown: hasLocal, Fields: []Field{bindingsField(), fqdnField()}},
		{Name: "remote-network-settings", Title: "Remote Network settings", Shown: hasRemote, Fields: []Field{rangesField()}},
		{Name: "new-connector", Title: "New Connector", Summary: true},
		completion,
	}}
	d.Codes = networkCodes
	d.Commands = func(v *Values) Script { return newReceiveScript(v, server) }
	d.Prerequisites = func(v *Values, _ Facts) []Prerequisite {
		if v.Text("usage") != internal {
			return nil
		}
		return []Prerequisite{trusted(v.Rows("ranges"), "range")}
	}
	d.NextSteps = func(v *Values) []NextStep { return afterReceive(v, server) }
	return d, v, nil
}

// networkCodes are the codes of mistakes about bindings and remote ranges together. They
// belong to the ranges, which come last.
var networkCodes = map[source.Code][]string{connector.CodeBindingsConflict: {"ranges", "bindings"}}

// receiveUsages are the usages of a server's Receive connectors: an Edge server has no clients.
func receiveUsages(s *Subject, server string) []Option {
	if s.edge(server) {
		return options(custom, internet, internal, partner)
	}
	return options(custom, internet, internal, client, partner)
}

// fqdnField is the field for the name of a Receive connector on the wire.
func fqdnField() Field {
	return Field{Name: "fqdn", Kind: Text, Label: "Specify the FQDN this connector will provide in response to HELO or EHLO:", Parameters: []string{"Fqdn"}}
}

// hasLocal reports whether the wizard asks for local addresses: usages Internal and Client
// have theirs.
func hasLocal(v *Values) bool { return v.Text("usage") != internal && v.Text("usage") != client }

// hasRemote reports whether the wizard asks for remote addresses: with usage Internet the
// connector serves all clients.
func hasRemote(v *Values) bool { return v.Text("usage") != internet }

// newReceiveScript is the command that makes a Receive connector.
func newReceiveScript(v *Values, server string) (script Script) {
	script.Object = source.Named("Receive", v.Text("name"))
	script.command("New-ReceiveConnector")
	script.add("Name", quoted(v.Text("name")))
	script.add("Server", quoted(server))
	script.add("Usage", word(v.Text("usage")))
	if hasLocal(v) {
		script.add("Bindings", bindings(v))
		if v.Text("fqdn") != "" {
			script.add("Fqdn", quoted(v.Text("fqdn")))
		}
	}
	if hasRemote(v) {
		script.add("RemoteIPRanges", ranges(v))
	}
	return script
}

func containsFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
