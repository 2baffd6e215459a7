package dialog

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// setting is a parameter of the Transport service: a field with the parameter's name.
type setting struct {
	name, label, help, group string
	kind                     Kind
	value                    string
}

// serverProperties are the properties of a server.
func serverProperties(s *Subject) (*Dialog, *Values, error) {
	name := cmp.Or(s.ID, s.Server, s.local())
	if !containsFold(s.servers(), name) {
		return nil, nil, absent("server", name)
	}
	c := connector.Service{Name: name}
	for _, other := range s.Config.Services {
		if strings.EqualFold(cmp.Or(other.Name, s.local()), name) {
			c = other
		}
	}
	c = c.WithDefaults(&s.Config)
	v := &Values{}
	var parameters []parameter
	page := func(title string, settings []setting, more ...Field) Page {
		p := Page{Name: strings.ToLower(strings.ReplaceAll(title, " ", "-")), Title: title, Fields: more}
		for _, o := range settings {
			f := Field{Name: o.name, Kind: o.kind, Label: o.label, Help: o.help, Group: o.group, Parameters: []string{o.name}}
			v.set(o.name, o.value)
			parameters = append(parameters, settingParameter(&f))
			p.Fields = append(p.Fields, f)
		}
		return p
	}
	d := &Dialog{Title: "Properties of a server", Object: name, Action: "OK", Pages: []Page{
		page("Log Settings", logSettings(&c)),
		page("Limits", limitSettings(&c)),
		page("External DNS Lookups", nil, dnsFields("External")...),
		page("Internal DNS Lookups", nil, dnsFields("Internal")...),
	}}
	parameters = append(parameters, v.dns("External", c.ExternalDNSAdapterEnabled.Or(true), c.ExternalDNSServers, c.ExternalDNSProtocolOption)...)
	parameters = append(parameters, v.dns("Internal", c.InternalDNSAdapterEnabled.Or(true), c.InternalDNSServers, c.InternalDNSProtocolOption)...)
	service := target{noun: "TransportService", name: name}
	if s.Config.Profile == permission.Exchange2007 {
		service.noun = "TransportServer"
	}
	d.setter("Services", service, v.clone(), parameters...)
	return d, v, nil
}

// settingParameter is the parameter of a setting.
func settingParameter(f *Field) parameter {
	if f.Kind == Check {
		return checkParameter(f.Name, f.Name)
	}
	if f.Kind == Select {
		return wordParameter(f.Name, f.Name)
	}
	return textParameter(f.Name, f.Name)
}

// logSettings are the settings of the tab Log Settings.
func logSettings(c *connector.Service) []setting {
	const receive, send, connectivity, tracking = "Protocol log: Receive connectors", "Protocol log: Send connectors", "Connectivity log", "Message tracking log"
	const path = "A relative path begins at the directory of the logs. Without a path the log isn't written."
	return []setting{
		{"ReceiveProtocolLogPath", "Receive protocol log path", path, receive, Text, c.ReceiveProtocolLogPath.Or("")},
		{"ReceiveProtocolLogMaxAge", "Maximum age of its files", age, receive, Text, timeSpan(c.ReceiveProtocolLogMaxAge)},
		{"ReceiveProtocolLogMaxDirectorySize", "Maximum size of its directory", "", receive, Text, shortSize(c.ReceiveProtocolLogMaxDirectorySize)},
		{"SendProtocolLogPath", "Send protocol log path", path, send, Text, c.SendProtocolLogPath.Or("")},
		{"SendProtocolLogMaxAge", "Maximum age of its files", age, send, Text, timeSpan(c.SendProtocolLogMaxAge)},
		{"SendProtocolLogMaxDirectorySize", "Maximum size of its directory", "", send, Text, shortSize(c.SendProtocolLogMaxDirectorySize)},
		{"ConnectivityLogEnabled", "Enable connectivity logging", "", connectivity, Check, checked(c.ConnectivityLogEnabled)},
		{"ConnectivityLogPath", "Connectivity log path", path, connectivity, Text, c.ConnectivityLogPath.Or("")},
		{"MessageTrackingLogEnabled", "Enable message tracking logging", "", tracking, Check, checked(c.MessageTrackingLogEnabled)},
		{"MessageTrackingLogSubjectLoggingEnabled", "Write the subjects of messages", "", tracking, Check, checked(c.MessageTrackingLogSubjectLoggingEnabled)},
		{"MessageTrackingLogPath", "Message tracking log path", path, tracking, Text, c.MessageTrackingLogPath.Or("")},
		{"MessageTrackingLogMaxAge", "Maximum age of its files", age, tracking, Text, timeSpan(c.MessageTrackingLogMaxAge)},
	}
}

// How times are entered.
const (
	age      = "Days.hours:minutes:seconds, as in 30.00:00:00; 00:00:00 for no limit."
	duration = "Hours:minutes:seconds, as in 00:05:00."
)

// limitSettings are the settings of the tab Limits.
func limitSettings(c *connector.Service) []setting {
	const retries, expiry, connections = "Retries", "Message expiration and delay", "Connection restrictions"
	return []setting{
		{"OutboundConnectionFailureRetryInterval", "Outbound connection failure retry interval", duration, retries, Text, param.FormatTimeSpan(c.OutboundConnectionFailureRetryInterval)},
		{"TransientFailureRetryInterval", "Transient failure retry interval", duration, retries, Text, param.FormatTimeSpan(c.TransientFailureRetryInterval)},
		{"TransientFailureRetryCount", "Transient failure retry attempts", "From 0 to 15.", retries, Number, number(c.TransientFailureRetryCount.Or(0))},
		{"MessageExpirationTimeout", "Maximum time since submission", "Days.hours:minutes:seconds, as in 2.00:00:00.", expiry, Text, param.FormatTimeSpan(c.MessageExpirationTimeout)},
		{"DelayNotificationTimeout", "Notify sender when message is delayed more than", duration, expiry, Text, param.FormatTimeSpan(c.DelayNotificationTimeout)},
		{"MaxOutboundConnections", "Maximum concurrent outbound connections", "A number, or unlimited.", connections, Number, c.MaxOutboundConnections.String()},
		{"MaxPerDomainOutboundConnections", "Maximum concurrent outbound connections per domain", "A number, or unlimited.", connections, Number, c.MaxPerDomainOutboundConnections.String()},
		{"MaxConnectionRatePerMinute", "Maximum connections per minute", "", connections, Number, number(c.MaxConnectionRatePerMinute)},
	}
}

// Which name servers are asked.
const (
	fromAdapter = "adapter"
	fromList    = "list"
)

// dnsFields are the fields of the tab External or Internal DNS Lookups.
func dnsFields(which string) []Field {
	return []Field{
		{Name: which + "-from", Kind: Radio, Label: "DNS servers", Parameters: []string{which + "DNSAdapterEnabled"}, Options: []Option{
			{Value: fromAdapter, Label: "Use network card DNS settings", Help: "The DNS servers that this machine uses."},
			{Value: fromList, Label: "Use these DNS servers:"},
		}},
		{Name: which + "-servers", Kind: List, Label: "DNS servers", Under: true, Parameters: []string{which + "DNSServers"}, Item: &Item{
			Title: "Add DNS Server", Columns: []string{"IP address"}, Empty: "There is no DNS server. Click Add.",
			Fields: []Field{{Name: "address", Kind: Text, Label: "IP address"}},
			Added:  func(v *Values) { v.set(which+"-from", fromList) },
			Cells:  func(r Row) []string { return []string{r["address"]} },
		}},
		{Name: which + "-protocol", Kind: Select, Label: "Protocol", Options: options("Any", "UseTcpOnly", "UseUdpOnly"), Parameters: []string{which + "DNSProtocolOption"}},
	}
}

// dns fills in the values of such a tab and returns its parameters.
func (v *Values) dns(which string, adapter bool, servers []netip.Addr, protocol param.ProtocolOption) []parameter {
	v.set(which+"-from", fromList)
	if adapter {
		v.set(which+"-from", fromAdapter)
	}
	v.setRows(which+"-servers", rowsOf("address", servers, netip.Addr.String))
	v.set(which+"-protocol", protocol.String())
	return []parameter{
		{which + "DNSAdapterEnabled", func(v *Values) value { return boolean(v.Text(which+"-from") == fromAdapter) }},
		{which + "DNSServers", column(which+"-servers", "address")},
		wordParameter(which+"DNSProtocolOption", which+"-protocol"),
	}
}

func timeSpan(d param.Setting[time.Duration]) string { return param.FormatTimeSpan(d.Or(0)) }

func shortSize(n param.Size) string {
	text, _ := n.MarshalText()
	return string(text)
}

func checked(b param.Setting[bool]) string {
	if b.Or(false) {
		return on
	}
	return ""
}
