package analysis_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// TestSettingsWithoutEffect: a parameter is listed only if it makes a difference for
// some client of the connector.
func TestSettingsWithoutEffect(t *testing.T) {
	internet, external, partnersOnly := office().Receive[0], office().Receive[0], office().Receive[0]
	external.AuthMechanism, external.PermissionGroups = param.Value(auth.ExternalAuthoritative), param.Value(permission.ExchangeServers)
	partnersOnly.PermissionGroups = param.Value(permission.Partners)
	logsOn := office().Receive[1]
	locked := logsOn
	locked.PermissionGroups = param.Value(permission.AnonymousUsers)
	partners := internet
	partners.DomainSecureEnabled, partners.AuthMechanism = true, param.Value(auth.TLS)
	partners.PermissionGroups = param.Value(permission.Partners)
	partners.Permissions = []permission.Grant{allow(permission.SIDPartners, permission.AcceptAnyRecipient)}
	limited := internet
	limited.MessageRateLimit = 50
	unlimited := internet
	unlimited.MaxInboundConnection = param.Unlimited
	noTLS := internet
	noTLS.AuthMechanism = param.Value(auth.None)
	tls13, legacy := internet, internet
	tls13.TlsMinimumVersion, legacy.TlsMinimumVersion = param.Tls13, param.Tls11
	begins := noTLS
	begins.Bindings = bindings("0.0.0.0:465")
	for _, tt := range []struct {
		receive   connector.Receive
		parameter string
		told      bool
	}{
		{relays(), "AddMissingHeadersEnabled", true},
		{logsOn, "AddMissingHeadersEnabled", true},
		{locked, "AddMissingHeadersEnabled", false}, // every logon is refused
		{partners, "AddMissingHeadersEnabled", true},
		{external, "AddMissingHeadersEnabled", true},
		{internet, "AddMissingHeadersEnabled", false},
		{relays(), "AllowedSenders", true},
		{partnersOnly, "AllowedSenders", false},
		{external, "AllowedSenders", false},
		{logsOn, "RewriteSender", true},
		{external, "RewriteFrom", false},
		{partners, "RewriteFrom", false},
		{logsOn, "MaxLogonFailures", true},
		{internet, "MaxLogonFailures", false},
		{locked, "AuthTarpitInterval", true},
		{internet, "AuthTarpitInterval", false},
		{internet, "TarpitInterval", true},
		{external, "TarpitInterval", false},
		{limited, "MessageRateSource", true},
		{internet, "MessageRateSource", false},
		{internet, "MaxInboundConnectionPercentagePerSource", true},
		{unlimited, "MaxInboundConnectionPercentagePerSource", false},
		{internet, "TlsCertificateName", true},
		{begins, "TlsCertificateName", true},
		{noTLS, "TlsCertificateName", false},
		{internet, "TlsLegacyCipherSuites", true},
		{tls13, "TlsLegacyCipherSuites", false},
		{internet, "TlsLegacyEndDate", false},
		{legacy, "TlsLegacyEndDate", true},
		{internet, "MaxHeaderSize", true},
		{partnersOnly, "MaxHeaderSize", false},
		{partnersOnly, "MaxHopCount", false},
		{partnersOnly, "MessageRateLimit", false},
		{partnersOnly, "BareLinefeedRejectionEnabled", false},
		{partnersOnly, "MaxAcknowledgementDelay", false},
		{partnersOnly, "MaxProtocolErrors", true},
	} {
		cfg := office()
		cfg.Transport.TLSReceiveDomainSecureList = []string{"partner.test"}
		cfg.Receive = []connector.Receive{tt.receive}
		before := compile(t, cfg)
		if edit := special["Receive."+tt.parameter]; edit != nil {
			edit(&cfg)
		} else if !another(reflect.ValueOf(&cfg.Receive[0]).Elem().FieldByName(tt.parameter)) {
			t.Fatalf("%s: give a value to change it to", tt.parameter)
		}
		got := texts(analysis.Compare(before, compile(t, cfg)).Changes)
		if strings.Contains(got, tt.parameter) != tt.told || tt.told == (got == "") {
			t.Errorf("%s of %+v: told is %q", tt.parameter, tt.receive, got)
		}
	}
}
