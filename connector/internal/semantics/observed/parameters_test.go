package observed_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/routing"
)

// decided are the parameters that Observables doesn't have by their names, with where they
// are seen.
var decided = map[string]string{
	"ReceiveConnector.Name":                                      "Result.Connector",
	"ReceiveConnector.Server":                                    "Serving",
	"ReceiveConnector.Bindings":                                  "Serving",
	"ReceiveConnector.RemoteIPRanges":                            "Serving",
	"ReceiveConnector.TransportRole":                             "Serving",
	"ReceiveConnector.Enabled":                                   "Serving",
	"ReceiveConnector.Usage":                                     "the defaults of others",
	"ReceiveConnector.AuthMechanism":                             "Offers",
	"ReceiveConnector.RequireTLS":                                "Decide",
	"ReceiveConnector.RequireEHLODomain":                         "Decide",
	"ReceiveConnector.DomainSecureEnabled":                       "Decide",
	"ReceiveConnector.PermissionGroups":                          "Decide",
	"ReceiveConnector.MaxMessageSize":                            "Decide",
	"ReceiveConnector.MaxRecipientsPerMessage":                   "Decide",
	"ReceiveConnector.RejectReservedSecondLevelRecipientDomains": "Decide",
	"ReceiveConnector.RejectReservedTopLevelRecipientDomains":    "Decide",
	"ReceiveConnector.RejectSingleLabelRecipientDomains":         "Decide",

	"SendConnector.Name":                         "Route.Connector",
	"SendConnector.Usage":                        "the defaults of others",
	"SendConnector.Enabled":                      "Route",
	"SendConnector.AddressSpaces":                "Route",
	"SendConnector.IsScopedConnector":            "Route",
	"SendConnector.SourceTransportServers":       "Route",
	"SendConnector.MaxMessageSize":               "Route",
	"SendConnector.SmartHosts":                   "route",
	"SendConnector.DNSRoutingEnabled":            "route",
	"SendConnector.Port":                         "route",
	"SendConnector.RequireTLS":                   "route-tls",
	"SendConnector.IgnoreSTARTTLS":               "route-tls",
	"SendConnector.TlsAuthLevel":                 "route-tls",
	"SendConnector.TlsDomain":                    "route-tls",
	"SendConnector.DomainSecureEnabled":          "route-tls",
	"SendConnector.LogonWithoutCertificateCheck": "route-tls",
	"SendConnector.SmartHostAuthMechanism":       "route-auth",
	"SendConnector.AuthenticationCredential":     "route-auth, but not the password, which a policy's text doesn't have",
	"SendConnector.SmartHostCredentials":         "route-auth, but not the passwords",
	"SendConnector.SmartHostLimits":              "the defaults of others",

	"AcceptedDomain.Name":            "DefaultDomain",
	"AcceptedDomain.DomainName":      "Decide, Route",
	"AcceptedDomain.DomainType":      "Decide, Route",
	"AcceptedDomain.MatchSubDomains": "Decide, Route",
	"AcceptedDomain.MakeDefault":     "ExternalPostmasterAddress",

	"RemoteDomain.Name":       "nowhere",
	"RemoteDomain.DomainName": "NDREnabled",

	"AdSiteLink.Name":           "nowhere",
	"AdSiteLink.ExchangeCost":   "Route",
	"AdSiteLink.MaxMessageSize": "Route",

	"TransportConfig.MaxReceiveSize":                   "Decide",
	"TransportConfig.MaxSendSize":                      "Route",
	"TransportConfig.MaxRecipientEnvelopeLimit":        "Decide",
	"TransportConfig.TLSReceiveDomainSecureList":       "Decide",
	"TransportConfig.TLSSendDomainSecureList":          "route-tls",
	"TransportConfig.Assertions":                       "nowhere: it decides what is served",
	"TransportService.UseDowngradedExchangeServerAuth": "nowhere: it decides what is valid",
	"TransportService.ExternalDNSAdapterEnabled":       "ExternalDNSServers",
	"TransportService.ExternalDNSProtocolOption":       "ExternalDNSServers",
	"TransportService.InternalDNSAdapterEnabled":       "InternalDNSServers",
	"TransportService.InternalDNSProtocolOption":       "InternalDNSServers",

	"ReceiveConnector.SuppressXAnonymousTls":                 "nowhere: X-ANONYMOUSTLS is never offered",
	"ReceiveConnector.Comment":                               "nowhere",
	"SendConnector.Comment":                                  "nowhere",
	"ReceiveConnector.ProtocolLoggingLevel":                  "in logs only",
	"SendConnector.ProtocolLoggingLevel":                     "in logs only",
	"TransportService.IntraOrgConnectorProtocolLoggingLevel": "in logs only",
}

// TestEveryParameterIsModelled: each enforced parameter is seen in Observables by its name, or it
// is known where else. A new parameter fails the test.
func TestEveryParameterIsModelled(t *testing.T) {
	seen := map[string]bool{}
	eachMutation(t, 14, func(r *rand.Rand, _ *connector.Policy, q *observed.Policy) {
		for range 10 {
			for name := range q.Observables(newDrawer(r, q).session()) {
				name, _, _ = strings.Cut(name, " for ")
				seen[name] = true
			}
		}
	})
	unused := map[string]bool{}
	for name := range decided {
		unused[name] = true
	}
	for _, noun := range []struct {
		schema.Noun
		of any
	}{
		{schema.ReceiveConnector, connector.Receive{}}, {schema.SendConnector, connector.Send{}}, {schema.AcceptedDomain, routing.AcceptedDomain{}},
		{schema.RemoteDomain, connector.RemoteDomain{}}, {schema.TransportConfig, connector.Transport{}}, {schema.TransportService, connector.Service{}},
		{schema.AdSiteLink, routing.SiteLink{}},
	} {
		for i := range noun.Rows {
			row := &noun.Rows[i]
			name := noun.Names[0] + "." + row.Name
			delete(unused, name)
			_, has := reflect.TypeOf(noun.of).FieldByName(row.FieldName())
			log := noun.Names[0] == "TransportService" && strings.Contains(row.Name, "Log")
			if has && row.Status() == schema.Enforced && !log && !seen[row.Name] && decided[name] == "" {
				t.Errorf("%s isn't modelled", name)
			}
		}
	}
	for name := range unused {
		t.Errorf("there is no parameter %s", name)
	}
}
