package connector_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// column says under which edition and role a parameter is looked at.
type column int

const (
	hub column = iota
	onEdge
	old // Exchange2007
)

// receiveTableOfDefaults is the documented default of every parameter of a
// Receive connector of usage Custom, and what other columns have instead.
var receiveTableOfDefaults = map[string][3]string{
	"Name": {""}, "Comment": {""}, "Usage": {"Custom"}, "TransportRole": {"HubTransport"},
	"Server": {"S"}, "Enabled": {"true"},
	"Bindings": {"[]"}, "RemoteIPRanges": {"[]"}, "AuthMechanism": {"Tls"}, "PermissionGroups": {"None"}, "Permissions": {"[]"},
	"Fqdn": {"s.contoso.com"}, "Banner": {""}, "DefaultDomain": {""}, "ServiceDiscoveryFqdn": {""}, "TlsCertificateName": {""},
	"TlsMinimumVersion": {"Tls12"}, "TlsLegacyCipherSuites": {"[]"}, "TlsLegacyEndDate": {""}, // ours
	"RequireTLS": {"false"}, "DomainSecureEnabled": {"false"}, "RequireEHLODomain": {"false"},
	"AddMissingHeadersEnabled":     {"true"}, // Exchange has no such parameter
	"AllowedSenders":               {"[]"},
	"RewriteSender":                {""},
	"RewriteFrom":                  {""},
	"BareLinefeedRejectionEnabled": {"true"}, // ours: see docs/differences.md
	"AdvertiseClientSettings":      {"false"}, "EnableAuthGSSAPI": {"false"}, "LongAddressesEnabled": {"false"},
	"OrarEnabled": {"false"}, "SuppressXAnonymousTls": {"false"},
	"RejectReservedSecondLevelRecipientDomains": {"false"}, "RejectReservedTopLevelRecipientDomains": {"false"},
	"RejectSingleLabelRecipientDomains": {"false"},
	"BinaryMimeEnabled":                 {"true"}, "ChunkingEnabled": {"true"}, "DeliveryStatusNotificationEnabled": {"true"},
	"EightBitMimeEnabled": {"true"}, "EnhancedStatusCodesEnabled": {"true"}, "PipeliningEnabled": {"true"},
	"SmtpUtf8Enabled": {hub: "true", old: "false"}, "SizeEnabled": {"Enabled"},
	"ExtendedProtectionPolicy": {"None"}, "ProtocolLoggingLevel": {"None"},
	"AuthTarpitInterval": {"5s"}, "TarpitInterval": {"5s"}, "MaxAcknowledgementDelay": {"10s"},
	"ConnectionInactivityTimeout": {hub: "5m0s", onEdge: "1m0s"}, "ConnectionTimeout": {hub: "10m0s", onEdge: "5m0s"},
	"MaxHeaderSize":  {hub: "256 KB (262,144 bytes)", old: "64 KB (65,536 bytes)"},
	"MaxMessageSize": {hub: "36 MB (37,748,736 bytes)", old: "10 MB (10,485,760 bytes)"},
	"MaxHopCount":    {"60"}, "MaxLocalHopCount": {hub: "12", old: "8"},
	"MaxInboundConnection": {"5000"}, "MaxInboundConnectionPerSource": {"20"}, "MaxInboundConnectionPercentagePerSource": {"2"},
	"MaxLogonFailures": {"3"}, "MaxProtocolErrors": {"5"}, "MaxRecipientsPerMessage": {"200"},
	"MessageRateLimit": {hub: "Unlimited", onEdge: "600"}, "MessageRateSource": {"IPAddress"},
	"MessageAuthenticationMode": {"Off"}, "TrustedAuthenticationServices": {"[]"}, // Exchange has no such parameters
	"TlsDomainCapabilities": {"[]"},
}

// sendTableOfDefaults is the same for a Send connector.
var sendTableOfDefaults = map[string][3]string{
	"Name": {""}, "Usage": {"Custom"}, "Comment": {""}, "Enabled": {"true"},
	"AddressSpaces": {"[]"}, "SourceTransportServers": {hub: "[S]", onEdge: "[]"},
	"IsScopedConnector": {"false"}, "IsCoexistenceConnector": {"false"}, "LinkedReceiveConnector": {""},
	"DNSRoutingEnabled": {"true"}, "SmartHosts": {"[]"}, "SmartHostAuthMechanism": {"None"}, "AuthenticationCredential": {"<nil>"}, "SmartHostCredentials": {"[]"},
	"LogonWithoutCertificateCheck": {"false"}, "SmartHostLimits": {"None"}, "SmartHostMaxConnections": {"Unlimited"},
	"SmartHostMessageRateLimit": {"Unlimited"}, "SmartHostRecipientRateLimit": {"Unlimited"},
	"Port": {"25"}, "SourceIPAddress": {"invalid IP"}, "Fqdn": {"s.contoso.com"}, "ForceHELO": {"false"},
	"UseExternalDNSServersEnabled": {"false"}, "FrontendProxyEnabled": {"false"},
	"RequireTLS": {"false"}, "IgnoreSTARTTLS": {"false"}, "DaneEnabled": {"true"}, "MtaStsEnabled": {"true"}, "TlsAuthLevel": {"None"}, "TlsDomain": {""}, "TlsCertificateName": {""},
	"DomainSecureEnabled": {"false"}, "CloudServicesMailEnabled": {"false"}, "RequireOorg": {"false"}, "DkimSigning": {"None"},
	"MaxMessageSize":               {hub: "35 MB (36,700,160 bytes)", old: "10 MB (10,485,760 bytes)"},
	"SmtpMaxMessagesPerConnection": {"20"}, "ConnectionInactivityTimeOut": {"10m0s"}, "ErrorPolicies": {"Default"},
	"ConnectorType": {"Default"}, "ProtocolLoggingLevel": {"None"}, "Permissions": {"[]"},
}

// TestDefaults holds every parameter against the documented default, for each
// edition and role. A new parameter fails here until its default is written
// down.
func TestDefaults(t *testing.T) {
	for where, cfg := range []connector.Config{
		hub:    {},
		onEdge: {Servers: []routing.Server{{Edge: true}}},
		old:    {Profile: permission.Exchange2007},
	} {
		if cfg.Servers == nil {
			cfg.Servers = make([]routing.Server, 1)
		}
		cfg.Servers[0].Name, cfg.Servers[0].FQDN = "S", "s.contoso.com"
		compareDefaults(t, column(where), cfg.ReceiveDefaults(connector.Receive{}), receiveTableOfDefaults)
		compareDefaults(t, column(where), cfg.SendDefaults(connector.Send{}), sendTableOfDefaults)
	}
}

func compareDefaults(t *testing.T, where column, got any, table map[string][3]string) {
	t.Helper()
	v := reflect.ValueOf(got)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		row, ok := table[name]
		want := row[where]
		if want == "" {
			want = row[hub]
		}
		if text := defaultText(v.Field(i)); !ok || text != want {
			t.Errorf("column %d: %T.%s is %q, want %q", where, got, name, text, want)
		}
	}
	if len(table) != v.NumField() {
		t.Errorf("%T has %d parameters, the table %d", got, v.NumField(), len(table))
	}
}

// defaultText prints a parameter, a Setting as the value in it.
func defaultText(v reflect.Value) string {
	if get := v.MethodByName("Get"); get.IsValid() {
		v = get.Call(nil)[0]
	}
	return fmt.Sprint(v.Interface())
}

// TestDefaultsGiveWay checks that a parameter that is given keeps its value, even false
// or zero.
func TestDefaultsGiveWay(t *testing.T) {
	given := connector.Receive{
		Usage:            param.UsageInternet,
		Bindings:         []netip.AddrPort{param.MustParseBinding("10.2.3.4:2525")},
		RemoteIPRanges:   []param.Range{param.MustParseRange("10.0.0.1")},
		AuthMechanism:    param.Value(auth.None),
		PermissionGroups: param.Value(permission.Group(0)),
		Enabled:          param.Value(false),
		ChunkingEnabled:  param.Value(false),
		TarpitInterval:   param.Value(time.Duration(0)),
		MaxLogonFailures: param.Value(0),
	}
	r := new(connector.Config).ReceiveDefaults(given)
	for _, name := range []string{"Bindings", "RemoteIPRanges", "AuthMechanism", "PermissionGroups", "Enabled", "ChunkingEnabled", "TarpitInterval", "MaxLogonFailures"} {
		got, want := reflect.ValueOf(r).FieldByName(name).Interface(), reflect.ValueOf(given).FieldByName(name).Interface()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v became %v", name, want, got)
		}
	}
	if r.BinaryMimeEnabled.Or(true) {
		t.Error("BINARYMIME stays without CHUNKING")
	}
}
