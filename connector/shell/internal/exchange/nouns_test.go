package exchange_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestServers: a server that a command names joins the organisation, unless the
// configuration lists its servers.
func TestServers(t *testing.T) {
	a := args{"Name": "Relay", "Server": "hubb.fabrikam.com", "Bindings": "10.0.0.1:25", "RemoteIPRanges": "10.0.0.0/8"}
	d := newDriver(bare())
	d.must(t, "New-ReceiveConnector", a)
	d.must(t, "Get-ReceiveConnector", args{"Server": "HUBB"})
	compile(t, d.org)
	if got := d.must(t, "Get-ReceiveConnector", args{"Server": "HubA"}); len(got) != 0 || len(d.warnings) != 1 {
		t.Errorf("%d connectors, warnings %q", len(got), d.warnings)
	}
	d.fails(t, "Get-ReceiveConnector", args{"Server": "HubC"}, "HubC")
	d.fails(t, "Get-ReceiveConnector", args{"Identity": "Relay"}, "wasn't found") // it is another server's
	closed := newDriver(exchange.NewOrg(exchange.Options{Server: hubA, Servers: []routing.Server{{Name: "HubC"}}, Bare: true}))
	closed.fails(t, "New-ReceiveConnector", a, `no server "hubb.fabrikam.com"`)
	closed.fails(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*", "SourceTransportServers": "HubB"}, `no server "HubB"`)
	d.fails(t, "New-ReceiveConnector", args{"Name": "X", "Server": "HubX", "Bindings": "10.0.0.1:25"}, "RemoteIPRanges")
	d.refuse = true
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*", "SourceTransportServers": "HubX"})
	if got := d.org.Config().Servers; len(got) != 2 {
		t.Errorf("commands that did nothing left servers behind: %v", got)
	}
	if got := closed.must(t, "Get-ExchangeServer", nil); len(got) != 2 || property(t, got[0], "ServerRole") != "Mailbox" {
		t.Errorf("servers: %v", got)
	}
}

// TestSendConnectors runs what is special to them.
func TestSendConnectors(t *testing.T) {
	d := newDriver(bare())
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": list("*;5", "SMTP:*.contoso.com")})
	d.fails(t, "New-SendConnector", args{"Name": "out", "AddressSpaces": "*"}, "already")
	d.fails(t, "Set-SendConnector", args{"Identity": "Out", "DNSRoutingEnabled": false}, string(connector.CodeSmartHostsMissing))
	d.fails(t, "Set-SendConnector", args{"Identity": "Out", "AuthenticationCredential": password}, "not a String")
	d.fails(t, "Set-SendConnector", args{"Identity": "Out", "LinkedReceiveConnector": "x"}, "isn't supported")
	d.must(t, "Set-SendConnector", args{"Identity": "Out", "SmartHosts": "10.0.0.9", "MaxMessageSize": "unlimited", "Force": true})
	c := d.must(t, "Get-SendConnector", nil)[0]
	for name, want := range map[string]string{
		"AddressSpaces": "{SMTP:*;5, SMTP:*.contoso.com;1}", "SmartHosts": "{[10.0.0.9]}", "SmartHostsString": "[10.0.0.9]",
		"DNSRoutingEnabled": "False", "MaxMessageSize": "Unlimited", "SourceIPAddress": "0.0.0.0", "SourceTransportServers": "{HubA}",
		"Fqdn": "", "TlsAuthLevel": "", "AuthenticationCredential": "", "ErrorPolicies": "Default", "Identity": "Out",
	} {
		if got := property(t, c, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	d.must(t, "New-SendConnector", args{"Name": "Two", "AddressSpaces": "*", "SmartHosts": list("a.example", "10.0.0.9"), "SmartHostAuthMechanism": "BasicAuthRequireTLS",
		"SmartHostCredentials": table("A.EXAMPLE", object.NewCredential("a", object.NewSecure(password)), "10.0.0.9", object.NewCredential("b", object.NewSecure(password)))})
	if got := d.org.Config().Send[1].SmartHostCredentials; len(got) != 2 || got[0].Host.String() != "a.example" || got[1].UserName != "b" || got[1].Password != password {
		t.Errorf("SmartHostCredentials are %v", got)
	}
	for v, want := range map[object.Value]string{
		"a.example": "it takes a hashtable", table("a b", object.NewCredential("a", object.NewSecure(password))): "neither a host name", table("a.example", nil): "a.example: it takes what Get-Credential",
		table("b.example", object.NewCredential("a", object.NewSecure(password))): "b.example is not one of SmartHosts; give one of a.example, [10.0.0.9]",
	} {
		d.fails(t, "Set-SendConnector", args{"Identity": "Two", "SmartHostCredentials": v}, want)
	}
	d.must(t, "Set-SendConnector", args{"Identity": "Two", "SmartHostCredentials": nil, "AuthenticationCredential": object.NewCredential("c", object.NewSecure(password))})
	if got := d.org.Config().Send[1].SmartHostCredentials; got != nil {
		t.Errorf("after $null, SmartHostCredentials are %v", got)
	}
	d.must(t, "Remove-SendConnector", args{"Identity": "Two"})
	d.must(t, "New-SendConnector", args{"Name": "Near", "AddressSpaces": "Local:SMTP:fabrikam.com"})
	if s := d.org.Config().Send; !s[1].IsScopedConnector {
		t.Error("the scope Local of 2007 is IsScopedConnector")
	}
}

// TestAcceptedDomains walks through the life of a domain.
func TestAcceptedDomains(t *testing.T) {
	d := newDriver(org2007())
	defaults := func() string {
		var names []string
		for _, v := range d.must(t, "Get-AcceptedDomain", nil) {
			if property(t, v, "Default") == "True" {
				names = append(names, property(t, v, "Name"))
			}
		}
		return strings.Join(names, " ")
	}
	d.must(t, "New-AcceptedDomain", args{"Name": "Contoso", "DomainName": "contoso.com"})
	d.must(t, "New-AcceptedDomain", args{"Name": "Partners", "DomainName": "*.partners.com", "DomainType": "InternalRelay"})
	d.fails(t, "New-AcceptedDomain", args{"Name": "Again", "DomainName": "CONTOSO.com"}, "already")
	d.fails(t, "New-AcceptedDomain", args{"Name": "Contoso", "DomainName": "x.com"}, "already")
	d.fails(t, "New-AcceptedDomain", args{"Name": "Bad", "DomainName": "a.*.com"}, string(routing.CodeAcceptedDomain))
	if got := defaults(); got != "fabrikam.com" {
		t.Errorf("default %s", got)
	}
	d.fails(t, "Set-AcceptedDomain", args{"Identity": "fabrikam.com", "MakeDefault": false}, "make another one")
	d.fails(t, "Set-AcceptedDomain", args{"Identity": "Partners", "MakeDefault": true}, "wildcard")
	d.must(t, "Set-AcceptedDomain", args{"Identity": "Contoso", "MakeDefault": true})
	if got := defaults(); got != "Contoso" {
		t.Errorf("default %s", got)
	}
	d.fails(t, "Remove-AcceptedDomain", args{"Identity": "Contoso"}, "default domain")
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "DefaultDomain": "FABRIKAM.com"})
	d.fails(t, "Remove-AcceptedDomain", args{"Identity": "fabrikam.com"}, "DefaultDomain")
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "DefaultDomain": nil})
	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "DefaultDomain": "nowhere.com"}, string(connector.CodeDefaultDomain))
	d.must(t, "Remove-AcceptedDomain", args{"Identity": "fabrikam.com"})
	if got := d.must(t, "Get-AcceptedDomain", args{"ResultSize": int64(1)}); len(got) != 1 {
		t.Errorf("%d domains", len(got))
	}
	compile(t, d.org)
}

// TestRemoteDomains keeps them.
func TestRemoteDomains(t *testing.T) {
	d := newDriver(org2007())
	d.must(t, "New-RemoteDomain", args{"Name": "Contoso", "DomainName": "*.contoso.com"})
	d.fails(t, "New-RemoteDomain", args{"Name": "Other", "DomainName": "*.CONTOSO.com"}, "already")
	d.fails(t, "New-RemoteDomain", args{"Name": "Other", "DomainName": "a.*.com"}, "not a domain")
	d.must(t, "Set-RemoteDomain", args{"Identity": "Contoso", "AllowedOOFType": "internallegacy", "TNEFEnabled": nil, "LineWrapSize": "unlimited"})
	d.fails(t, "Set-RemoteDomain", args{"Identity": "Contoso", "LineWrapSize": int64(133)}, "out of range")
	c := d.must(t, "Get-RemoteDomain", args{"Identity": "Contoso"})[0]
	if property(t, c, "IsInternal") != "True" || property(t, c, "AllowedOOFType") != "InternalLegacy" || property(t, c, "NDREnabled") != "True" {
		t.Errorf("%v", c)
	}
	d.must(t, "Set-RemoteDomain", args{"Identity": "Contoso", "IsInternal": false})
	if got := property(t, d.must(t, "Get-RemoteDomain", args{"Identity": "Contoso"})[0], "AllowedOOFType"); got != "ExternalLegacy" {
		t.Errorf("AllowedOOFType is %s", got)
	}
}

// TestTransport sets limits of the organisation and of a server.
func TestTransport(t *testing.T) {
	d := newDriver(org2007())
	d.must(t, "Set-TransportConfig", args{"MaxSendSize": "20MB", "MaxReceiveSize": "unlimited", "TLSSendDomainSecureList": list("a.com", "b.com")})
	d.must(t, "Set-TransportConfig", args{"TLSSendDomainSecureList": table("Remove", "A.com")})
	d.fails(t, "Set-TransportConfig", args{"TLSSendDomainSecureList": "*.a.com"}, "wildcard")
	d.fails(t, "Set-TransportConfig", args{"MaxSendSize": "2GB"}, "out of range")
	d.fails(t, "Set-TransportConfig", args{"MaxRetriesForLocalSiteShadow": int64(256)}, "out of range")
	d.must(t, "Set-TransportConfig", args{"ShadowRedundancyEnabled": false})
	tr := d.org.Config().Transport
	if tr.MaxSendSize != 20*param.MB || tr.MaxReceiveSize != param.UnlimitedSize || len(tr.TLSSendDomainSecureList) != 1 {
		t.Errorf("%+v", tr)
	}
	c := d.must(t, "Get-TransportConfig", nil)[0]
	if property(t, c, "MaxSendSize") != "20 MB (20,971,520 bytes)" || property(t, c, "ShadowRedundancyEnabled") != "False" ||
		property(t, c, "DSNConversionMode") != "UseExchangeDSNs" {
		t.Errorf("%v", object.Text(c))
	}

	d.fails(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "SuppressXAnonymousTls": true}, string(connector.CodeSuppressTLS))
	d.must(t, "Set-TransportServer", args{"Identity": "HubA", "UseDowngradedExchangeServerAuth": true, "MaxOutboundConnections": int64(50)})
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Default HubA", "SuppressXAnonymousTls": true})
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "UseDowngradedExchangeServerAuth": false}, "SuppressXAnonymousTls")
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "MaxPerDomainOutboundConnections": int64(60)}, "must not exceed")
	if got := property(t, d.must(t, "Get-TransportService", nil)[0], "MaxOutboundConnections"); got != "50" {
		t.Errorf("TransportServer and TransportService differ: %s", got)
	}
	if got := property(t, d.must(t, "Get-FrontendTransportService", nil)[0], "MaxOutboundConnections"); got != "1000" {
		t.Errorf("the Front End service is another one: %s", got)
	}
	if got := d.org.Places()["Transport.UseDowngradedExchangeServerAuth"]; got.Line != 1 {
		t.Errorf("its origin is %+v", got)
	}
}

// TestServices sets how servers deliver, and what senders are told of it.
func TestServices(t *testing.T) {
	edge := routing.Server{Name: "Edge1", Edge: true}
	d := newDriver(exchange.NewOrg(exchange.Options{Server: hubA, Servers: []routing.Server{edge}, Bare: true}))
	if got := property(t, d.must(t, "Get-TransportService", args{"Identity": "Edge1"})[0], "TransientFailureRetryInterval"); got != "00:10:00" {
		t.Errorf("an Edge server retries after %s", got)
	}
	d.must(t, "Set-TransportService", args{"Identity": "huba.fabrikam.com", "TransientFailureRetryCount": int64(0), "MessageExpirationTimeout": "1.00:00:00",
		"QueueGlitchRetryCount": int64(2), "MaxPerDomainOutboundConnections": "unlimited", "MaxOutboundConnections": "unlimited"})
	d.must(t, "Set-TransportService", args{"Identity": "Edge1", "PoisonThreshold": int64(3)})
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "MaxOutboundConnections": int64(5)}, "must not exceed")
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "MaxOutboundConnections": int64(0)}, "out of range; give 1")
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "QueueGlitchRetryCount": int64(16)}, "out of range")
	d.fails(t, "Set-TransportService", args{"Identity": "HubA", "QueueGlitchRetryInterval": "00:00:00"}, "out of range")
	d.must(t, "Set-FrontendTransportService", args{"Identity": "HubA", "TransientFailureRetryCount": int64(3)})
	d.must(t, "Set-TransportConfig", args{"ExternalPostmasterAddress": "post@a.com", "InternalDelayDsnEnabled": false, "ExternalDsnMaxMessageAttachSize": "0"})
	d.fails(t, "Set-TransportConfig", args{"ExternalPostmasterAddress": "post"}, "no domain")
	d.fails(t, "Set-TransportConfig", args{"ExternalDsnMaxMessageAttachSize": "3GB"}, "out of range")
	d.must(t, "Set-RemoteDomain", args{"Identity": "Default", "NDREnabled": false})

	cfg := d.org.Config()
	want := connector.Config{
		Services: []connector.Service{{Name: "HubA", TransientFailureRetryCount: param.Value(0), MessageExpirationTimeout: 24 * time.Hour,
			QueueGlitchRetryCount: param.Value(2), MaxOutboundConnections: param.Unlimited, MaxPerDomainOutboundConnections: param.Unlimited}},
		Remote: []connector.RemoteDomain{{Name: "Default", DomainName: "*", NDREnabled: param.Value(false)}},
		Transport: connector.Transport{ExternalPostmasterAddress: "post@a.com", InternalDelayDsnEnabled: param.Value(false),
			ExternalDsnMaxMessageAttachSize: param.Value[param.Size](0)},
	}
	if !reflect.DeepEqual(cfg.Services, want.Services) || !reflect.DeepEqual(cfg.Remote, want.Remote) || !reflect.DeepEqual(cfg.Transport, want.Transport) {
		t.Errorf("%+v", cfg)
	}
	origins := d.org.Places()
	for _, path := range []source.Path{`Services["HubA"].QueueGlitchRetryCount`, `Remote["Default"].NDREnabled`, "Transport.InternalDelayDsnEnabled"} {
		if origins[path].Line == 0 {
			t.Errorf("%s has no origin", path)
		}
	}

	// What comes from elsewhere goes on top, and what was kept stays.
	more := connector.Config{Remote: []connector.RemoteDomain{{Name: "a", DomainName: "a.com"}}, Services: []connector.Service{{Name: "Edge1", MessageRetryInterval: time.Hour},
		{Name: "HubA", MessageRetryInterval: time.Minute}}}
	if err := d.org.Merge(more); err != nil {
		t.Fatal(err)
	}
	for server, want := range map[string][3]string{"HubA": {"00:01:00", "0", "2"}, "Edge1": {"01:00:00", "6", "3"}} {
		c := d.must(t, "Get-TransportService", args{"Identity": server})[0]
		if got := [3]string{property(t, c, "MessageRetryInterval"), property(t, c, "TransientFailureRetryCount"), property(t, c, "PoisonThreshold")}; got != want {
			t.Errorf("%s: %v, want %v", server, got, want)
		}
	}
	if got := property(t, d.must(t, "Get-RemoteDomain", args{"Identity": "Default"})[0], "AutoReplyEnabled"); got != "False" || len(d.org.Config().Remote) != 2 {
		t.Errorf("the remote domains are %+v", d.org.Config().Remote)
	}
}

// TestTopology changes links and sites.
func TestTopology(t *testing.T) {
	o, err := exchange.FromConfig(connector.Config{Server: "A",
		Servers: []routing.Server{{Name: "A", Site: "Paris"}, {Name: "B", Site: "Oslo"}},
		Links:   []routing.SiteLink{{Name: "north", Sites: []string{"Paris", "Oslo"}, Cost: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(o)
	d.must(t, "Set-AdSiteLink", args{"Identity": "NORTH", "ExchangeCost": int64(3), "MaxMessageSize": "5MB"})
	d.must(t, "Set-AdSiteLink", args{"Identity": "north", "ExchangeCost": int64(4)})
	l := d.must(t, "Get-AdSiteLink", nil)[0]
	if property(t, l, "ExchangeCost") != "4" || property(t, l, "ADCost") != "10" || o.Config().Links[0].Cost != 4 {
		t.Errorf("%v", o.Config().Links)
	}
	d.must(t, "Set-AdSiteLink", args{"Identity": "north", "ExchangeCost": nil, "MaxMessageSize": "unlimited"})
	d.fails(t, "Set-AdSiteLink", args{"Identity": "north", "MaxMessageSize": "1KB"}, "64KB")
	if got := o.Config().Links[0]; got.Cost != 10 || got.MaxSize != 0 {
		t.Errorf("%+v", got)
	}
	d.must(t, "Set-AdSite", args{"Identity": "Oslo", "Name": "Bergen", "HubSiteEnabled": true})
	if got := o.Config(); got.Servers[1].Site != "Bergen" || got.Links[0].Sites[1] != "Bergen" {
		t.Errorf("%+v", got)
	}
	if got := len(d.must(t, "Get-AdSite", nil)); got != 2 {
		t.Errorf("%d sites", got)
	}
	compile(t, o)
}

// TestConnectivity asks the policy for every binding.
func TestConnectivity(t *testing.T) {
	d := newDriver(org2007())
	d.must(t, "Set-ReceiveConnector", args{"Identity": "Client HubA", "Enabled": false})
	d.must(t, "New-ReceiveConnector", args{"Name": "Self", "Bindings": "0.0.0.0:25", "RemoteIPRanges": "127.0.0.1", "PermissionGroups": "AnonymousUsers"})
	var got []string
	for _, v := range d.must(t, "Test-SmtpConnectivity", args{"Identity": "huba.fabrikam.com"}) {
		got = append(got, property(t, v, "ReceiveConnector")+" "+property(t, v, "EndPoint")+" "+property(t, v, "StatusCode")+" "+property(t, v, "Details"))
	}
	want := []string{
		`Default HubA 127.0.0.1:25 Success 220 huba.fabrikam.com (the connector "Self" serves connections from 127.0.0.1)`,
		"Client HubA 127.0.0.1:587 Unable to connect the connector is disabled",
		"Self 127.0.0.1:25 Success 220 huba.fabrikam.com",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// TestRefusedCmdlets says why they aren't here.
func TestRefusedCmdlets(t *testing.T) {
	d := newDriver(bare())
	for _, name := range []string{"New-ForeignConnector", "Set-DeliveryAgentConnector", "New-RoutingGroupConnector", "Set-ForeignConnector"} {
		d.fails(t, name, nil, name+" isn't supported: ")
	}
}

// TestPlaces remembers which command set what.
func TestPlaces(t *testing.T) {
	d := relay(t)
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
	d.must(t, "Add-ADPermission", args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "ms-Exch-SMTP-Accept-Any-Recipient"})
	d.must(t, "Set-TransportConfig", args{"MaxSendSize": "20MB"})
	origins := d.org.Places()
	for _, path := range []source.Path{`Receive["Relay"]`, `Receive["Relay"].Bindings`, `Receive["Relay"].Permissions[0]`, `Send["Out"].AddressSpaces`, "Transport.MaxSendSize"} {
		if origins[path].File != "test.ps1" {
			t.Errorf("%s: %+v", path, origins[path])
		}
	}
	d.must(t, "Remove-ADPermission", args{"Identity": "Relay", "User": "S-1-5-7", "ExtendedRights": "ms-Exch-SMTP-Accept-Any-Recipient"})
	if _, ok := d.org.Places()[`Receive["Relay"].Permissions[0]`]; ok {
		t.Error("the grant is gone and its origin isn't")
	}
}

// TestComplete completes values for a prompt.
func TestCompletion(t *testing.T) {
	d := newDriver(org2007())
	for _, tt := range []struct{ cmdlet, parameter, prefix, want string }{
		{"Get-ReceiveConnector", "Identity", "def", "Default HubA"},
		{"Set-ReceiveConnector", "identity", `huba\c`, `HubA\Client HubA`},
		{"Set-ReceiveConnector", "PermissionGroups", "anon", "AnonymousUsers"},
		{"Set-ReceiveConnector", "Enabled", "$t", "$true"},
		{"Add-ADPermission", "ExtendedRights", "ms-exch-smtp-accept-any-r", "ms-Exch-SMTP-Accept-Any-Recipient"},
		{"Add-ADPermission", "User", "nt authority\\anon", `NT AUTHORITY\ANONYMOUS LOGON`},
	} {
		got := d.commands[tt.cmdlet].(object.Completer).Complete(tt.parameter, tt.prefix)
		if len(got) == 0 || got[0] != tt.want {
			t.Errorf("%s -%s %s: %q, want %s", tt.cmdlet, tt.parameter, tt.prefix, got, tt.want)
		}
	}
}

// TestFresh wants a valid policy from every fresh organisation, with the
// connectors that setup makes.
func TestFresh(t *testing.T) {
	for _, tt := range []struct {
		profile permission.Profile
		edge    bool
		want    string
	}{
		{permission.Exchange2007, false, "Default S, Client S"},
		{permission.Exchange2007, true, "Default internal receive connector S"},
		{permission.Current, false, "Default Frontend S, Outbound Proxy Frontend S, Client Frontend S, Default S, Client Proxy S"},
		{permission.Current, true, "Default internal receive connector S"},
	} {
		o := exchange.NewOrg(exchange.Options{Profile: tt.profile, Server: routing.Server{Name: "S", FQDN: "s.contoso.com", Edge: tt.edge}})
		compile(t, o)
		var names []string
		for _, r := range o.Config().Receive {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, ", "); got != tt.want {
			t.Errorf("%v, Edge %v: %s", tt.profile, tt.edge, got)
		}
		if a := o.Config().Accepted; len(a) != 1 || a[0].DomainName != "contoso.com" {
			t.Errorf("accepted domains %v", a)
		}
	}
	compile(t, exchange.NewOrg(exchange.Options{}))
	if cfg := bare().Config(); len(cfg.Receive)+len(cfg.Accepted) != 0 || !reflect.DeepEqual(cfg.Transport, connector.Transport{}) {
		t.Errorf("bare: %v", fmt.Sprint(cfg))
	}
}

// TestStatusCodes edits the list of GenerateCopyOfDSNFor.
func TestStatusCodes(t *testing.T) {
	d := newDriver(bare())
	codes := func(want string, value object.Value) {
		t.Helper()
		d.must(t, "Set-TransportConfig", args{"GenerateCopyOfDSNFor": value})
		shown, _ := d.must(t, "Get-TransportConfig", nil)[0].(*object.Object).Get("GenerateCopyOfDSNFor")
		if got := object.Text(shown); got != want {
			t.Errorf("%v: GenerateCopyOfDSNFor is %q, want %q", value, got, want)
		}
	}
	d.fails(t, "Set-TransportConfig", args{"GenerateCopyOfDSNFor": "5.4"}, "5.4.6")
	d.fails(t, "Set-TransportConfig", args{"GenerateCopyOfDSNFor": table("Remove", "5.7.1")}, "isn't in the list")
	codes("5.7.1 5.4.8 5.4.6 5.4.4 5.2.4 5.2.0 5.1.4", table("Add", "5.7.1")) // to the default list
	codes("5.7.1 5.4.8 5.4.4 5.2.4 5.2.0 5.1.4", table("Remove", "5.4.6"))
	codes("5.4.6 5.1.1", list("5.1.1", "5.4.6"))
	codes("5.4.6 5.1.1", "5.1.1,5.4.6") // as people join values for CSV
	codes("", nil)
	if got, given := d.org.Config().Transport.GenerateCopyOfDSNFor.Get(); !given || got != (param.StatusCodes{}) {
		t.Errorf("$null leaves %v, %v", got, given)
	}
}
