package exchange_test

import (
	"reflect"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// last returns the connectors that a command added to the fresh organisation.
func last[T any](fresh, now []T) []T { return now[len(fresh):] }

// TestGuide runs the commands of the administrator's guide on a fresh
// organisation of 2007.
func TestGuide(t *testing.T) {
	gateway := []param.SmartHost{param.MustParseSmartHost("smtpgateway1.contoso.com")}
	everything := []routing.AddressSpace{routing.MustParseAddressSpace("*")}
	cred := &param.Credential{UserName: "user", Password: password}
	outward := func(change func(*connector.Send)) []connector.Send {
		s := connector.Send{Name: "ToInternetGateway", AddressSpaces: everything, SmartHosts: gateway,
			SourceTransportServers: []string{"HubA"}, DNSRoutingEnabled: param.Value(false)}
		change(&s)
		return []connector.Send{s}
	}
	base := func(more args) args {
		a := args{"Name": "ToInternetGateway", "AddressSpaces": "*", "SmartHosts": "smtpgateway1.contoso.com",
			"SourceTransportServers": "HubA", "DNSRoutingEnabled": false}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	tests := []struct {
		name    string
		run     func(*testing.T, *driver)
		send    []connector.Send
		receive []connector.Receive
	}{
		{"Basic authentication", func(t *testing.T, d *driver) {
			mycred := d.must(t, "Get-Credential", nil)[0]
			d.must(t, "New-SendConnector", base(args{"SmartHostAuthMechanism": list("BasicAuth", "BasicAuthRequireTLS"), "AuthenticationCredential": mycred}))
		}, outward(func(s *connector.Send) {
			s.SmartHostAuthMechanism, s.AuthenticationCredential = auth.BasicAuth|auth.BasicAuthRequireTLS, cred
		}), nil},

		{"Externally Secured", func(t *testing.T, d *driver) {
			d.must(t, "New-SendConnector", base(args{"Usage": "Internal", "SmartHostAuthMechanism": "ExternalAuthoritative"}))
			d.must(t, "New-ReceiveConnector", args{"Name": "FromInternetGateway", "Server": "HubA", "Usage": "Internal",
				"RemoteIPRanges": "192.168.1.10", "AuthMechanism": "ExternalAuthoritative"})
		}, outward(func(s *connector.Send) {
			s.Usage, s.SmartHostAuthMechanism = param.UsageInternal, auth.ExternalAuthoritative
		}), []connector.Receive{{Name: "FromInternetGateway", Server: "HubA", Usage: param.UsageInternal,
			RemoteIPRanges: ranges("192.168.1.10"), AuthMechanism: param.Value(auth.ExternalAuthoritative)}}},

		{"anonymous relay", func(t *testing.T, d *driver) {
			d.must(t, "New-SendConnector", base(args{"Usage": "Internet", "SmartHostAuthMechanism": "None"}))
			d.must(t, "New-ReceiveConnector", args{"Name": "FromInternetGateway", "Server": "HubA", "Usage": "Custom",
				"PermissionGroups": "AnonymousUsers", "Bindings": "10.2.3.4:25", "RemoteIPRanges": "192.168.5.77"})
			c := d.must(t, "Get-ReceiveConnector", args{"Identity": "FromInternetGateway"})[0]
			d.must(t, "Add-ADPermission", args{"Identity": c, "User": `NT AUTHORITY\ANONYMOUS LOGON`,
				"ExtendedRights": "Ms-Exch-SMTP-Accept-Any-Recipient"})
		}, outward(func(s *connector.Send) { s.Usage = param.UsageInternet }),
			[]connector.Receive{{Name: "FromInternetGateway", Server: "HubA", RemoteIPRanges: ranges("192.168.5.77"),
				Bindings: bindings("10.2.3.4:25"), PermissionGroups: param.Value(permission.AnonymousUsers),
				Permissions: []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fresh := org2007().Config()
			d := newDriver(org2007())
			tt.run(t, d)
			cfg := d.org.Config()
			if got := last(fresh.Send, cfg.Send); !reflect.DeepEqual(got, tt.send) {
				t.Errorf("Send connectors:\n%+v\nwant\n%+v", got, tt.send)
			}
			if got := last(fresh.Receive, cfg.Receive); len(got)+len(tt.receive) > 0 && !reflect.DeepEqual(got, tt.receive) {
				t.Errorf("Receive connectors:\n%+v\nwant\n%+v", got, tt.receive)
			}
			compile(t, d.org)
			if len(d.warnings) > 0 {
				t.Errorf("warnings: %q", d.warnings)
			}
		})
	}
}

// TestDefaultConnectorTakesTheGateway holds the guide to its word: "the default
// Receive connector will accept e-mail submissions from the authenticated SMTP
// gateway".
func TestDefaultConnectorTakesTheGateway(t *testing.T) {
	for _, profile := range []connector.Profile{permission.Exchange2007, permission.Current} {
		d := newDriver(exchange.NewOrg(exchange.Options{Profile: profile, Server: hubA}))
		d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
		user := auth.Identity{Principal: permission.Authenticated("smtpgateway@fabrikam.com"),
			Addresses: []routing.Address{routing.MustParseAddress("smtpgateway@fabrikam.com")}}
		port := map[connector.Profile]string{permission.Exchange2007: "10.2.3.4:25", permission.Current: "10.2.3.4:587"}[profile]
		w := compile(t, d.org).Walk(connector.Dialog{
			Local: bindings(port)[0], Remote: bindings("203.0.113.5:1")[0].Addr(), TLS: true, User: &user, Helo: "gateway",
			From: user.Addresses[0], To: []routing.Address{routing.MustParseAddress("b@example.net")},
		})
		if !w.Accepted() {
			t.Errorf("%v: refused\n%s", profile, w)
		}
	}
}

// TestEdgeWithoutEdgeSync runs Microsoft's procedure for an Edge server without
// subscription, on both sides.
func TestEdgeWithoutEdgeSync(t *testing.T) {
	edge := newDriver(exchange.NewOrg(exchange.Options{Server: routing.Server{Name: "Edge01", FQDN: "edge01.contoso.com", Edge: true}}))
	cred := edge.must(t, "Get-Credential", nil)[0]
	edge.must(t, "New-SendConnector", args{"Name": "To Internet", "AddressSpaces": "*", "Usage": "Internet", "DNSRoutingEnabled": true})
	edge.must(t, "New-SendConnector", args{"Name": "To Internal Org", "AddressSpaces": "--", "Usage": "Internal", "DNSRoutingEnabled": false,
		"SmartHosts": list("mbx01.contoso.com", "mbx02.contoso.com"), "SmartHostAuthMechanism": "BasicAuthRequireTLS", "AuthenticationCredential": cred})
	edge.must(t, "Set-ReceiveConnector", args{"Identity": "Default internal receive connector Edge01", "Name": "From Internet", "Bindings": "10.1.1.1:25"})
	edge.must(t, "New-ReceiveConnector", args{"Name": "From Internal Org", "Usage": "Internal",
		"AuthMechanism": list("TLS", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer"), "Bindings": "10.1.1.2:25",
		"RemoteIPRanges": list("192.168.5.10", "192.168.5.20")})
	compile(t, edge.org)

	hub := newDriver(exchange.NewOrg(exchange.Options{Server: routing.Server{Name: "Mbx01", FQDN: "mbx01.contoso.com"}}))
	hub.must(t, "New-SendConnector", args{"Name": "To Edge", "Usage": "Internal", "AddressSpaces": "*", "DNSRoutingEnabled": false,
		"SmartHosts": "edge01.contoso.com", "SourceTransportServers": list("mbx01", "mbx02"), "SmartHostAuthMechanism": "BasicAuthRequireTLS",
		"AuthenticationCredential": cred})
	compile(t, hub.org)
	if len(hub.warnings) != 1 {
		t.Errorf("a warning about the unlisted server Mbx02 is missing: %q", hub.warnings)
	}
}

// TestAnonymousRelay runs the procedure in both of its variants.
func TestAnonymousRelay(t *testing.T) {
	for _, change := range []func(*driver){
		func(d *driver) {
			d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "PermissionGroups": "AnonymousUsers"})
			c := d.must(t, "Get-ReceiveConnector", args{"Identity": "Relay"})[0]
			d.must(t, "Add-ADPermission", args{"Identity": c, "User": `NT AUTHORITY\ANONYMOUS LOGON`, "ExtendedRights": "ms-Exch-SMTP-Accept-Any-Recipient"})
		},
		func(d *driver) {
			d.must(t, "Set-ReceiveConnector", args{"Identity": "Relay", "AuthMechanism": "ExternalAuthoritative", "PermissionGroups": "ExchangeServers"})
		},
	} {
		d := newDriver(exchange.NewOrg(exchange.Options{Server: hubA}))
		d.must(t, "New-ReceiveConnector", args{"Name": "Relay", "TransportRole": "FrontendTransport", "Custom": true,
			"Bindings": "0.0.0.0:25", "RemoteIPRanges": list("192.168.5.10", "192.168.5.11")})
		change(d)
		d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*"})
		w := compile(t, d.org).Walk(connector.Dialog{
			Local: bindings("10.0.0.1:25")[0], Remote: bindings("192.168.5.10:1")[0].Addr(), Helo: "printer",
			From: routing.MustParseAddress("a@example.org"), To: []routing.Address{routing.MustParseAddress("b@example.net")},
		})
		if !w.Accepted() || w.Session.Inbound().Name() != "Relay" {
			t.Errorf("refused:\n%s", w)
		}
	}
}
