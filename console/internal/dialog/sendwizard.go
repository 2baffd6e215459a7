package dialog

import (
	"strconv"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// The ways in which a Send connector finds next hops.
const (
	byDNS   = "dns"
	byHosts = "hosts"
)

// Usages, as the wizards list them.
const (
	custom   = "Custom"
	internal = "Internal"
	internet = "Internet"
	client   = "Client"
	partner  = "Partner"
)

// smartHosts reports whether a Send connector sends to smart hosts.
func smartHosts(v *Values) bool { return v.Text("routing") == byHosts }

// newSend is the New SMTP Send Connector wizard.
func newSend(s *Subject) (*Dialog, *Values, error) {
	v := &Values{}
	v.set("usage", custom)
	v.set("routing", byDNS)
	v.set("auth", "None")
	v.setRows("servers", []Row{{"server": s.local()}})
	d := &Dialog{Title: "New SMTP Send Connector", Wizard: true, Action: "New", Pages: []Page{
		{Name: "introduction", Title: "Introduction", Fields: []Field{
			{Name: "name", Kind: Text, Label: "Name", Help: "A unique name for the connector.", Parameters: []string{"Name"}},
			{Name: "usage", Kind: Select, Label: "Select the intended use for this connector", Options: options(custom, internal, internet, partner), Parameters: []string{"Usage"},
				Help: "Also called the intended use for this Send connector. It sets which rights next hops get, and the largest message."},
		}},
		{Name: "address-space", Title: "Address Space", Fields: []Field{
			spacesField(),
			{Name: "scoped", Kind: Check, Label: "Scoped Send connector", Help: "Only the servers in the site of its source servers send by this connector.", Parameters: []string{"IsScopedConnector"}},
		}},
		{Name: "network-settings", Title: "Network Settings", Fields: networkFields()},
		{Name: "smart-host-security", Title: "Smart host security settings", Shown: smartHosts, Fields: securityFields()},
		{Name: "source-server", Title: "Source Server", Fields: []Field{serversField(s)}, Shown: func(*Values) bool { return !s.edge(s.local()) }},
		{Name: "new-connector", Title: "New Connector", Summary: true},
		completion,
	}}
	d.Settle = func(v *Values) {
		if v.Text("usage") == internal {
			v.set("routing", byHosts)
		}
	}
	d.Commands = func(v *Values) Script { return newSendScript(s, v) }
	d.Prerequisites = func(v *Values, f Facts) []Prerequisite { return sendPrerequisites(s, v, f) }
	d.NextSteps = func(v *Values) []NextStep { return afterSend(s, v) }
	return d, v, nil
}

// networkFields are the fields of Network Settings.
func networkFields() []Field {
	return []Field{
		{Name: "routing", Kind: Radio, Label: "Select how to send mail with this connector", Parameters: []string{"DNSRoutingEnabled"}, Options: []Option{
			{Value: byDNS, Label: `Use domain name system (DNS) "MX" records to route mail automatically`, Help: "Not for connectors with the intended use Internal.",
				Off: func(v *Values) bool { return v.Text("usage") == internal }},
			{Value: byHosts, Label: "Route all mail through the following smart hosts:"},
		}},
		hostsField(),
		{Name: "domain-security", Kind: Check, Label: "Enable Domain Security (Mutual Auth TLS)", Help: "With DNS only.", Used: func(v *Values) bool { return !smartHosts(v) }, Parameters: []string{"DomainSecureEnabled"}},
		{Name: "external-dns", Kind: Check, Label: "Use the External DNS Lookup settings on the transport server", Parameters: []string{"UseExternalDNSServersEnabled"}},
	}
}

// authChoices are the ways to log on to smart hosts.
var authChoices = []Option{
	{Value: "None", Label: "None"},
	{Value: "BasicAuth", Label: "Basic Authentication"},
	{Value: "BasicAuthRequireTLS", Label: "Basic Authentication over TLS"},
	{Value: "ExchangeServer", Label: "Exchange Server Authentication"},
	{Value: "ExternalAuthoritative", Label: "Externally Secured (for example with IPsec)"},
}

// securityFields are the fields of Smart host security settings.
func securityFields() []Field {
	used := func(v *Values) bool { return logsOn(v.Text("auth")) }
	return []Field{
		{Name: "auth", Kind: Radio, Label: "Select how this connector authenticates to smart hosts", Options: authChoices, Parameters: []string{"SmartHostAuthMechanism"}},
		{Name: "user", Kind: Text, Label: "User name", Under: true, Used: used, Help: "For Basic Authentication.", Parameters: []string{"AuthenticationCredential"}},
		{Name: "password", Kind: Secret, Label: "Password", Under: true, Used: used},
	}
}

// logsOn reports whether a mechanism needs a user name and a password.
func logsOn(mechanism string) bool {
	return mechanism == "BasicAuth" || mechanism == "BasicAuthRequireTLS"
}

// mechanism is the value of SmartHostAuthMechanism. Exchange 2007 writes Basic
// Authentication over TLS as two values, as the guide does.
func (s *Subject) mechanism(name string) value {
	if name == "BasicAuthRequireTLS" && s.Config.Profile == permission.Exchange2007 {
		name = "BasicAuth,BasicAuthRequireTLS"
	}
	return word(name)
}

// newSendScript is the command that makes a Send connector.
func newSendScript(s *Subject, v *Values) (script Script) {
	name := v.Text("name")
	script.Object = source.Named("Send", name)
	mechanism := v.Text("auth")
	credential := ""
	if smartHosts(v) && logsOn(mechanism) {
		credential = script.credential(s, name, v.Text("user"), v)
	}
	script.command("New-SendConnector")
	script.add("Name", quoted(name))
	script.add("Usage", word(v.Text("usage")))
	script.add("AddressSpaces", spaces(v))
	if v.On("scoped") {
		script.add("IsScopedConnector", boolean(true))
	}
	script.add("DNSRoutingEnabled", boolean(!smartHosts(v)))
	if smartHosts(v) {
		script.add("SmartHosts", column("hosts", "host")(v))
		script.add("SmartHostAuthMechanism", s.mechanism(mechanism))
		if credential != "" {
			script.add("AuthenticationCredential", word(credential))
		}
	} else if v.On("domain-security") {
		script.add("DomainSecureEnabled", boolean(true))
	}
	if v.On("external-dns") {
		script.add("UseExternalDNSServersEnabled", boolean(true))
	}
	if !s.edge(s.local()) {
		script.add("SourceTransportServers", column("servers", "server")(v))
	}
	return script
}

// credential appends the command that asks for the credential of a Send connector, and
// returns the variable that it assigns to, with its $. The name of the user isn't in the
// command, as in the guide: it stands beside the password.
func (s *Script) credential(subject *Subject, name, user string, v *Values) string {
	base := shell.CredentialVariable(name)
	variable := base
	for n := 2; subject.Taken != nil && subject.Taken(variable); n++ {
		variable = base + "_" + strconv.Itoa(n)
	}
	s.command("$" + variable + " = Get-Credential")
	s.Credentials = map[string]param.Credential{variable: {UserName: user, Password: v.Secret("password")}}
	return "$" + variable
}

// number prints a number.
func number(n int) string { return strconv.Itoa(n) }
