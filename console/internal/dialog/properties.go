package dialog

import (
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// generalFields are the fields of the tab General of a connector.
func generalFields(fqdnHelp string) []Field {
	return []Field{
		{Name: "name", Kind: Text, Label: "Name", Parameters: []string{"Name"}},
		{Name: "status", Kind: Fact, Label: "Connector status"},
		{Name: "logging", Kind: Select, Label: "Protocol logging level", Options: options("None", "Verbose"), Parameters: []string{"ProtocolLoggingLevel"}},
		{Name: "fqdn", Kind: Text, Label: "Specify the FQDN this connector will provide in response to HELO or EHLO:", Help: fqdnHelp, Parameters: []string{"Fqdn"}},
		{Name: "size", Kind: Number, Label: "Maximum message size (KB)", Unit: "KB", Parameters: []string{"MaxMessageSize"}},
		{Name: "comment", Kind: Lines, Label: "Comment", Parameters: []string{"Comment"}},
	}
}

// generalParameters are the parameters of that tab.
func generalParameters() []parameter {
	return []parameter{
		textParameter("Name", "name"),
		wordParameter("ProtocolLoggingLevel", "logging"),
		textParameter("Fqdn", "fqdn"),
		{"MaxMessageSize", func(v *Values) value { return sizeInKB(v.Text("size")) }},
		textParameter("Comment", "comment"),
	}
}

// general fills in the values of that tab.
func (v *Values) general(name string, enabled bool, logging param.ProtocolLogging, fqdn string, size param.Size, comment string) {
	v.set("name", name)
	v.set("status", "Disabled")
	if enabled {
		v.set("status", "Enabled")
	}
	v.set("logging", logging.String())
	v.set("fqdn", fqdn)
	v.set("size", kilobytes(size))
	v.set("comment", comment)
}

// kilobytes prints a size in KB without the unit, or with its unit if it isn't a whole number of KB.
func kilobytes(size param.Size) string {
	if size > 0 && size%param.KB == 0 {
		return number(int(size / param.KB))
	}
	text, _ := size.MarshalText()
	return string(text)
}

// sizeInKB is the value of a size that was entered: in KB unless it has a unit.
func sizeInKB(text string) value {
	if text != "" && strings.Trim(text, "0123456789") == "" {
		return value{text + "KB", []string{text}}
	}
	if strings.EqualFold(text, "unlimited") {
		return word("Unlimited")
	}
	return orNull(text)
}

// A flag is a check box that stands for a flag of a set.
type flag[T ~uint16] struct {
	field, label string
	under        bool
	flag         T
}

// mechanisms are the check boxes of the tab Authentication.
var mechanisms = []flag[auth.Mechanism]{
	{"tls", "Transport Layer Security (TLS)", false, auth.TLS},
	{"basic", "Basic Authentication", false, auth.BasicAuth},
	{"basic-tls", "Offer Basic authentication only after starting TLS", true, auth.BasicAuthRequireTLS},
	{"exchange-server", "Exchange Server authentication", false, auth.ExchangeServer},
	{"integrated", "Integrated Windows authentication", false, auth.Integrated},
	{"externally-secured", "Externally Secured (for example with IPsec)", false, auth.ExternalAuthoritative},
	{"oauth", "Access tokens (OAuth)", false, auth.OAuth},
	{"client-certificate", "TLS client certificates", false, auth.ClientCertificate},
}

// groups are the check boxes of the tab Permission Groups.
var groups = []flag[permission.Group]{
	{"anonymous", "Anonymous users", false, permission.AnonymousUsers},
	{"exchange-users", "Exchange users", false, permission.ExchangeUsers},
	{"exchange-servers", "Exchange servers", false, permission.ExchangeServers},
	{"legacy-servers", "Legacy Exchange Servers", false, permission.ExchangeLegacyServers},
	{"partners", "Partners", false, permission.Partners},
}

// flagFields are the check boxes of a set, which is a parameter.
func flagFields[T ~uint16](flags []flag[T], group, parameter string) []Field {
	var fields []Field
	for i, f := range flags {
		field := Field{Name: f.field, Kind: Check, Label: f.label, Group: group, Under: f.under}
		if i == 0 {
			field.Parameters = []string{parameter}
		}
		fields = append(fields, field)
	}
	return fields
}

// setFlags sets the check boxes of a set.
func setFlags[T ~uint16](v *Values, flags []flag[T], set T) {
	for _, f := range flags {
		v.check(f.field, set&f.flag != 0)
	}
}

// flagsParameter is a parameter whose value is the set of the check boxes that are on.
func flagsParameter[T interface {
	~uint16
	String() string
}](name string, flags []flag[T]) parameter {
	return parameter{name, func(v *Values) value {
		var set T
		for _, f := range flags {
			if v.On(f.field) {
				set |= f.flag
			}
		}
		return word(strings.ReplaceAll(set.String(), ", ", ","))
	}}
}

// receiveProperties is the Properties dialog of a Receive connector.
func receiveProperties(s *Subject) (*Dialog, *Values, error) {
	r, err := s.receive()
	if err != nil {
		return nil, nil, err
	}
	v := &Values{}
	v.general(r.Name, r.Enabled.Or(true), r.ProtocolLoggingLevel, r.Fqdn, r.MaxMessageSize, r.Comment)
	v.setRows("bindings", bindingsOf(r.Bindings))
	v.setRows("ranges", rangesOf(r.RemoteIPRanges))
	setFlags(v, mechanisms, r.AuthMechanism.Or(0))
	setFlags(v, groups, r.PermissionGroups.Or(0))
	v.check("domain-security", r.DomainSecureEnabled)
	authentication := flagFields(mechanisms, "Specify which security mechanisms are available for incoming connections", "AuthMechanism")
	security := Field{Name: "domain-security", Kind: Check, Label: "Enable Domain Security (Mutual Auth TLS)", Under: true, Group: authentication[0].Group, Parameters: []string{"DomainSecureEnabled"}}
	d := &Dialog{Title: "Properties of a Receive connector", Object: r.Name, Action: "OK", Codes: networkCodes, Pages: []Page{
		{Name: "general", Title: "General", Fields: generalFields("Leave it as it is on the connector Default " + r.Server + ", by which other servers of the organization send.")},
		{Name: "network", Title: "Network", Fields: []Field{bindingsField(), rangesField()}},
		{Name: "authentication", Title: "Authentication", Fields: append([]Field{authentication[0], security}, authentication[1:]...)},
		{Name: "permission-groups", Title: "Permission Groups", Fields: flagFields(groups, "Specify who is allowed to connect to this Receive connector", "PermissionGroups")},
	}}
	before, target := v.clone(), s.connectorTarget(&r)
	parameters := append(generalParameters(),
		parameter{"Bindings", bindings}, parameter{"RemoteIPRanges", ranges},
		flagsParameter("AuthMechanism", mechanisms), checkParameter("DomainSecureEnabled", "domain-security"),
		flagsParameter("PermissionGroups", groups))
	d.Commands = func(v *Values) (script Script) {
		script.Object = source.Named("Receive", v.Text("name"))
		script.changed(target, v, before, parameters)
		return script
	}
	return d, v, nil
}

// sendProperties is the Properties dialog of a Send connector.
func sendProperties(s *Subject) (*Dialog, *Values, error) {
	c, err := s.send()
	if err != nil {
		return nil, nil, err
	}
	v := sendValues(s, &c)
	d := &Dialog{Title: "Properties of a Send connector", Object: c.Name, Action: "OK", Pages: []Page{
		{Name: "general", Title: "General", Fields: generalFields("")},
		{Name: "address-space", Title: "Address Space", Fields: []Field{
			spacesField(),
			{Name: "scoped", Kind: Check, Label: "Scoped Send connector", Help: "Only the servers in the site of its source servers send by this connector.", Parameters: []string{"IsScopedConnector"}},
		}},
		{Name: "network", Title: "Network", Fields: append(networkFields(), authField())},
		{Name: "source-server", Title: "Source Server", Fields: []Field{serversField(s)}, Shown: func(*Values) bool { return !s.edge(s.local()) }},
	}}
	before := v.clone()
	parameters := append(generalParameters(),
		parameter{"AddressSpaces", spaces}, checkParameter("IsScopedConnector", "scoped"),
		parameter{"DNSRoutingEnabled", func(v *Values) value { return boolean(!smartHosts(v)) }},
		parameter{"SmartHosts", hostsInUse}, parameter{"SmartHostAuthMechanism", s.authInUse},
		parameter{"DomainSecureEnabled", func(v *Values) value { return boolean(v.On("domain-security")) }},
		checkParameter("UseExternalDNSServersEnabled", "external-dns"),
		parameter{"SourceTransportServers", column("servers", "server")})
	d.Commands = func(v *Values) (script Script) {
		script.Object = source.Named("Send", v.Text("name"))
		row, old := v.Rows("security")[0], before.Rows("security")[0]
		credential := ""
		if smartHosts(v) && logsOn(row["auth"]) && (row["user"] != old["user"] || v.Secret("password") != "") {
			credential = script.credential(s, c.Name, row["user"], v)
		}
		target := target{noun: "SendConnector", name: c.Name}
		begun := script.changed(target, v, before, parameters)
		if credential != "" {
			if !begun {
				target.set(&script)
			}
			script.add("AuthenticationCredential", word(credential))
		}
		return script
	}
	return d, v, nil
}

// sendValues are the values of the properties of a Send connector.
func sendValues(s *Subject, c *connector.Send) *Values {
	v := &Values{}
	v.general(c.Name, c.Enabled.Or(true), c.ProtocolLoggingLevel, c.Fqdn, c.MaxMessageSize, c.Comment)
	v.setRows("spaces", spacesOf(c.AddressSpaces))
	v.check("scoped", c.IsScopedConnector)
	v.set("routing", byHosts)
	if c.DNSRoutingEnabled.Or(false) {
		v.set("routing", byDNS)
	}
	v.setRows("hosts", rowsOf("host", c.SmartHosts, hostText))
	row := Row{"auth": c.SmartHostAuthMechanism.String()}
	if row["auth"] == "BasicAuth, BasicAuthRequireTLS" {
		row["auth"] = "BasicAuthRequireTLS"
	}
	if c.AuthenticationCredential != nil {
		row["user"] = c.AuthenticationCredential.UserName
		v.check("password.set", true)
	}
	v.setRows("security", []Row{row})
	v.check("domain-security", c.DomainSecureEnabled)
	v.check("external-dns", c.UseExternalDNSServersEnabled)
	servers := c.SourceTransportServers
	if len(servers) == 0 {
		servers = []string{s.local()}
	}
	v.setRows("servers", rowsOf("server", servers, func(name string) string { return name }))
	return v
}

// hostText is a smart host as people write it.
func hostText(h param.SmartHost) string { return strings.Trim(h.String(), "[]") }

// hostsInUse is the value of SmartHosts: it is empty with DNS routing.
func hostsInUse(v *Values) value {
	if !smartHosts(v) {
		return word("$null")
	}
	return column("hosts", "host")(v)
}

// authInUse is the value of SmartHostAuthMechanism.
func (s *Subject) authInUse(v *Values) value {
	if !smartHosts(v) {
		return word("None")
	}
	return s.mechanism(v.Rows("security")[0]["auth"])
}

// authField is the line about the authentication at smart hosts, with its button.
func authField() Field {
	return Field{Name: "security", Kind: List, Label: "Smart host authentication:", Under: true, Parameters: []string{"SmartHostAuthMechanism", "AuthenticationCredential"},
		Item: &Item{
			Title: "Configure smart host authentication settings", Columns: []string{"Authentication", "User name"}, Add: "Change…", Fixed: true,
			Fields: securityFields(),
			Cells: func(r Row) []string {
				for _, o := range authChoices {
					if o.Value == r["auth"] {
						return []string{o.Label, r["user"]}
					}
				}
				return []string{r["auth"], r["user"]}
			},
		}}
}
