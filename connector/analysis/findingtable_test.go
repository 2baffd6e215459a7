package analysis_test

import "strings"

// gatewayLogin makes a Send connector log on to its smart hosts.
const gatewayLogin = `, "SmartHostAuthMechanism": "BasicAuthRequireTLS", "AuthenticationCredential": {"UserName": "hub", "Password": "secret"}`

// findingTests are policies, each with what is found in it and nothing else.
var findingTests = map[string]findingTest{
	"open relay": {
		parts: []string{"%in", anyRelay},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`}, asks: "message-ok",
	},
	"open beside named ranges": {
		parts: []string{"%in", anyRelay, "0.0.0.0/0", "192.0.2.1\", \"198.0.0.0/9"},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`}, asks: "message-ok",
	},
	"open in pieces": {
		parts: []string{"%in", anyRelay, "0.0.0.0/0", "198.18.0.0/16\", \"198.19.0.0/16"},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`}, asks: "message-ok",
	},
	"open to both families": {
		parts: []string{"%in", anyRelay, "0.0.0.0:25", `0.0.0.0:25", "[::]:25`, "0.0.0.0/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\", \"0.0.0.0-255.255.255.255"},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`}, asks: "message-ok",
	},
	"named relay": {
		parts: []string{"%receive", `, {"Name": "Relay", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8", "192.0.2.0/24"], "PermissionGroups": "AnonymousUsers"` + anyRelay + "}"},
		found: []string{`relay-anonymous Receive["Relay"]`}, asks: "message-ok",
	},
	"every domain is accepted": {
		parts: []string{"%accepted", `, {"Name": "All", "DomainName": "*", "DomainType": "ExternalRelay"}`},
		found: []string{`accepted-any Accepted["All"]`}, asks: "message-ok",
	},
	"every domain is accepted from named ranges": {
		parts: []string{"%accepted", `, {"Name": "All", "DomainName": "*", "DomainType": "ExternalRelay"}`, "0.0.0.0/0", "192.0.2.1"},
		found: []string{`accepted-any Accepted["All"]`}, asks: "message-ok",
	},
	"every domain below com is accepted": {
		parts: []string{"%accepted", `, {"Name": "Com", "DomainName": "*.com", "DomainType": "ExternalRelay"}`},
		found: []string{`accepted-registry Accepted["Com"]`}, asks: "message-ok",
	},
	"every domain below co.uk is accepted from named ranges": {
		parts: []string{"%accepted", `, {"Name": "UK", "DomainName": "co.uk", "MatchSubDomains": true, "DomainType": "ExternalRelay"}`, "0.0.0.0/0", "192.0.2.1"},
		found: []string{`accepted-registry Accepted["UK"]`}, asks: "message-ok",
	},
	"a domain of the network is accepted": {
		parts: []string{"%accepted", `, {"Name": "AD", "DomainName": "*.local", "DomainType": "ExternalRelay"}, {"Name": "Us", "DomainName": "*.fabrikam.co.uk", "DomainType": "ExternalRelay"}`, "%in", `, "OrarEnabled": true`},
		found: []string{`not-enforced Receive["In"].OrarEnabled`},
	},
	"externally secured, open": {
		parts: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers"},
		found: []string{`external-open Receive["In"].RemoteIPRanges`}, asks: "message-ok",
		fixed: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "192.0.2.1"},
	},
	"externally secured, wide": {
		parts: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "10.0.0.0/8"},
		found: []string{`external-wide Receive["In"].RemoteIPRanges`}, asks: "message-ok",
		fixed: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "10.0.0.0/24"},
	},
	"externally secured": {
		parts: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "10.0.0.1"},
		found: []string{`relay-external Receive["In"]`}, asks: "message-ok", fixed: []string{},
	},
	"partner relays": {
		parts: []string{"%in", `, "DomainSecureEnabled": true, "Permissions": [{"User": "MS Exchange\\Partner Servers", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]`,
			"AnonymousUsers", "AnonymousUsers, Partners", "%top", `, "Transport": {"TLSReceiveDomainSecureList": ["woodgrove.example"]}`},
		found: []string{`relay-partner Receive["In"]`}, asks: "message-ok", fixed: []string{},
	},
	"user relays": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"`, "AnonymousUsers", "ExchangeUsers"},
		found: []string{`relay-user Receive["In"]`}, asks: "message-ok", fixed: []string{},
	},
	"connector behind others": {
		parts: []string{"%receive", `, {"Name": "Net", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"},
			{"Name": "Halves", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/9", "10.128.0.0/9", "192.0.2.1"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`connector-unreached Receive["Net"]`},
	},
	"range behind others": {
		parts: []string{"%receive", `, {"Name": "Net", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["192.0.2.1", "10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"},
			{"Name": "Halves", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/9", "10.128.0.0/9"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`range-unreached Receive["Net"].RemoteIPRanges[1]`},
	},
	"range in its own halves": {
		parts: []string{"%range", `, "0.0.0.0/1", "128.0.0.0/1"`},
		found: []string{`range-unreached Receive["In"].RemoteIPRanges[0]`},
	},
	"redundant range": {
		parts: []string{"%range", `, "10.0.0.0/8"`},
		found: []string{`range-redundant Receive["In"].RemoteIPRanges[1]`},
	},
	"crossing ranges": {
		parts: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.99", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.200"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`ranges-overlap Receive["Other"].RemoteIPRanges[0]`},
		fixed: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.49", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.200"], "PermissionGroups": "AnonymousUsers"}`},
	},
	"tie": {
		parts: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.99", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.149"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`range-tie Receive["Other"].RemoteIPRanges[0]`},
		fixed: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.49", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.149"], "PermissionGroups": "AnonymousUsers"}`},
	},
	"roles on one port": {
		parts: []string{"%receive", `, {"Name": "Printers", "TransportRole": "FrontendTransport", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.5"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`role-conflict Receive["Printers"].Bindings[0]`},
		fixed: []string{"%receive", `, {"Name": "Printers", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.5"], "PermissionGroups": "AnonymousUsers"}`},
	},
	"roles on one port, the name first": {
		parts: []string{"%receive", `, {"Name": "Copiers", "TransportRole": "FrontendTransport", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.5"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`role-conflict Receive["Copiers"].Bindings[0]`},
		fixed: []string{"%receive", `, {"Name": "Copiers", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.5"], "PermissionGroups": "AnonymousUsers"}`},
	},
	"very address": {
		parts: []string{"%receive", `, {"Name": "Printers", "Bindings": ["0.0.0.0:587", "0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.5"], "PermissionGroups": "AnonymousUsers"}, {"Name": "Inner", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`binding-outranks Receive["Printers"].Bindings[1]`},
	},
	"grant that the group gives": {
		parts: []string{"%in", strings.Replace(anyRelay, "Any-Recipient", "Any-Sender", 1)},
		found: []string{`grant-ineffective Receive["In"].Permissions[0]`},
	},
	"grant to an unused identity": {
		parts: []string{"%in", strings.Replace(anyRelay, "ANONYMOUS LOGON", "Authenticated Users", 1)},
		found: []string{`grant-ineffective Receive["In"].Permissions[0]`},
	},
	"grant to another next hop": {
		parts: []string{"%out", `, "Permissions": [{"User": "MS Exchange\\Partner Servers", "ExtendedRights": ["ms-Exch-Send-Headers-Routing"]}]`},
		found: []string{`grant-ineffective Send["Out"].Permissions[0]`},
	},
	"grant to the next hop": {
		parts: []string{"%in", `, "OrarEnabled": true`, "%out", `, "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-Send-Headers-Organization"]}]`},
		found: []string{`not-enforced Receive["In"].OrarEnabled`},
	},
	"passwords in the clear": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth"`, "AnonymousUsers", "ExchangeUsers"},
		found: []string{`auth-clear Receive["In"].AuthMechanism`, `relay-user Receive["In"]`},
	},
	"login without rights": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"`},
		found: []string{`mechanism-unused Receive["In"].AuthMechanism`}, asks: "login-without-submit",
	},
	"gateway that may not send for others": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"`, "AnonymousUsers", "AnonymousUsers, ExchangeUsers", "%out", gatewayLogin},
		found: []string{`gateway-sender Receive["In"]`, `relay-user Receive["In"]`}, asks: "send-as-denied",
		fixed: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "Permissions": [{"User": "fabrikam\\gateway", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Sender"]}]`,
			"AnonymousUsers", "AnonymousUsers, ExchangeUsers", "%out", gatewayLogin},
	},
	"cloud that takes tokens, and never logs on here": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"`, "AnonymousUsers", "AnonymousUsers, ExchangeUsers",
			"%out", `, "SmartHostAuthMechanism": "OAuth", "AuthenticationCredential": {"UserName": "hub@fabrikam.com"}`},
		found: []string{`relay-user Receive["In"]`},
	},
	"gateway that may not even log on": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "Permissions": [{"User": "fabrikam\\scanner", "ExtendedRights": ["ms-Exch-SMTP-Submit"]}]`, "%out", gatewayLogin},
		found: []string{`gateway-sender Receive["In"]`}, asks: "login-without-submit",
	},
	"grant behind the front end": {
		parts: []string{"%receive", `, {"Name": "Clients", "TransportRole": "FrontendTransport", "Bindings": ["0.0.0.0:587"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "PermissionGroups": "ExchangeUsers"},
			{"Name": "Proxy", "Bindings": ["0.0.0.0:465"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "PermissionGroups": "ExchangeUsers", "Permissions": [{"User": "fabrikam\\app", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Sender"]}]}`},
		found: []string{`behind-front-end Receive["Proxy"].Permissions[0]`, `relay-user Receive["Clients"]`, `relay-user Receive["Proxy"]`},
		fixed: []string{"%receive", `, {"Name": "Clients", "TransportRole": "FrontendTransport", "Bindings": ["0.0.0.0:587"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "PermissionGroups": "ExchangeUsers", "Permissions": [{"User": "fabrikam\\app", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Sender"]}]},
			{"Name": "Proxy", "Bindings": ["0.0.0.0:465"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "PermissionGroups": "ExchangeUsers", "Permissions": [{"User": "fabrikam\\app", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Sender"]}]}`},
	},
	"certificate without rights": {
		parts: []string{"%in", `, "DomainSecureEnabled": true`, "%top", `, "Transport": {"TLSReceiveDomainSecureList": ["woodgrove.example"]}`},
		found: []string{`mechanism-unused Receive["In"].DomainSecureEnabled`}, asks: "not-authenticated",
	},
	"unreachable group": {
		parts: []string{"AnonymousUsers", "AnonymousUsers, Partners"},
		found: []string{`group-unreachable Receive["In"].PermissionGroups`},
	},
	"no client may do anything": {
		parts: []string{"AnonymousUsers", "None"},
		found: []string{`accepts-nothing Receive["In"].PermissionGroups`}, fixed: []string{}, asks: "not-authenticated",
	},
	"custom": {
		parts: []string{"AnonymousUsers", "AnonymousUsers, Custom"},
		found: []string{`group-custom Receive["In"].PermissionGroups`},
	},
	"not enforced": {
		parts: []string{"%in", `, "LongAddressesEnabled": true`},
		found: []string{`not-enforced Receive["In"].LongAddressesEnabled`},
	},
	"mechanism not enforced": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, Integrated"`},
		found: []string{`not-enforced Receive["In"].AuthMechanism`},
	},
	"error policies not enforced": {
		parts: []string{"%out", `, "ErrorPolicies": "DowngradeCustomFailures"`},
		found: []string{`not-enforced Send["Out"].ErrorPolicies`},
	},
	"no partners listed": {
		parts: []string{"%in", `, "DomainSecureEnabled": true`},
		found: []string{`domain-secure-list Receive["In"].DomainSecureEnabled`},
	},
	"name of another": {
		parts: []string{"%in", `, "AuthMechanism": "ExchangeServer", "Fqdn": "mail.fabrikam.com", "Server": "HubA"`,
			`"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}]`, `"Server": "HubA"`},
		found: []string{`not-enforced Receive["In"].AuthMechanism`, `exchange-fqdn Receive["In"].Fqdn`, `fqdn-missing Server`},
	},
	"password in the clear": {
		parts: []string{"%out", `, "SmartHostAuthMechanism": "BasicAuth", "AuthenticationCredential": {"UserName": "a", "Password": "b"}`},
		found: []string{`credential-clear Send["Out"].SmartHostAuthMechanism`},
	},
	"password for any certificate": {
		parts: []string{"%out", `, "SmartHostAuthMechanism": "BasicAuthRequireTLS", "AuthenticationCredential": {"UserName": "a", "Password": "b"}, "LogonWithoutCertificateCheck": true`},
		found: []string{`credential-unchecked Send["Out"].LogonWithoutCertificateCheck`},
	},
	"limits of a service": {
		parts: []string{"gateway.contoso.com", "gateway.contoso.com\", \"SMTP.office365.com"},
		found: []string{`smart-host-unpaced Send["Out"].SmartHosts[1]`},
	},
	"limits of a service that are kept": {
		parts: []string{"gateway.contoso.com", "smtp-relay.gmail.com", "%out", `, "SmartHostMaxConnections": "5"`, "%in", `, "OrarEnabled": true`},
		found: []string{`not-enforced Receive["In"].OrarEnabled`},
	},
	"senders that no client may use": {
		parts: []string{"AnonymousUsers", "ExchangeUsers", "%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS", "AllowedSenders": ["@fabrikam.com"]`},
		found: []string{`sender-rules Receive["In"].AllowedSenders`, `relay-user Receive["In"]`},
	},
	"limits of nothing": {
		parts: []string{"%out", `, "SmartHostLimits": "Google", "SmartHostMaxConnections": "2"`, `, "SmartHosts": ["gateway.contoso.com"]`, ""},
		found: []string{`smart-host-limits Send["Out"].SmartHostLimits`, `smart-host-limits Send["Out"].SmartHostMaxConnections`},
	},
	"password for nothing": {
		parts: []string{"%out", `, "AuthenticationCredential": {"UserName": "a", "Password": "b"}`},
		found: []string{`credential-unused Send["Out"].AuthenticationCredential`},
	},
	"password of a host for nothing": {
		parts: []string{"%out", `, "SmartHostCredentials": {"gateway.contoso.com": {"UserName": "a", "Password": "b"}}`},
		found: []string{`credential-unused Send["Out"].SmartHostCredentials`},
	},
	"password that no host takes": {
		parts: []string{"%out", gatewayLogin + `, "SmartHostCredentials": {"gateway.contoso.com": {"UserName": "a", "Password": "b"}}`},
		found: []string{`credential-unused Send["Out"].AuthenticationCredential`},
	},
	"no extensions": {
		parts: []string{"%out", `, "ForceHELO": true, "RequireTLS": true`},
		found: []string{`force-helo Send["Out"].ForceHELO`},
	},
	"source address": {
		parts: []string{"%out", `, "SourceIPAddress": "10.2.3.4"`},
		found: []string{`edge-only Send["Out"].SourceIPAddress`},
	},
	"sources in two sites": {
		parts: []string{"%out", `, "SourceTransportServers": ["HubA", "HubB"]`, `fabrikam.com"}]`, `fabrikam.com", "Site": "A"}, {"Name": "HubB", "Site": "B"}]`},
		found: []string{`source-sites Send["Out"].SourceTransportServers`}, fixed: []string{},
	},
	"site without servers": {
		parts: []string{"%top", `, "Links": [{"Name": "L", "Sites": ["A", "B"], "Cost": 1}]`},
		found: []string{`site-link Links["L"].Sites[0]`, `site-link Links["L"].Sites[1]`}, fixed: []string{},
	},
	"delay": {
		parts: []string{"%top", `, "Services": [{"Name": "HubA", "DelayNotificationTimeout": "5.00:00:00"}]`},
		found: []string{`delay-notification Services["HubA"].DelayNotificationTimeout`}, fixed: []string{},
	},
	"name servers that aren't asked": {
		parts: []string{"%top", `, "Services": [{"Name": "HubA", "InternalDNSServers": ["192.0.2.53"]}]`},
		found: []string{`name-servers-unused Services["HubA"].InternalDNSServers`}, fixed: []string{},
	},
	"log of another system": {
		parts: []string{"%top", `, "Services": [{"Name": "HubA", "ReceiveProtocolLogPath": "D:\\Logs"}]`},
		found: []string{`log-path Services["HubA"].ReceiveProtocolLogPath`}, fixed: []string{},
	},
	"certificate of another": {
		parts: []string{"%in", `, "Fqdn": "mail.fabrikam.com"`},
		found: []string{`certificate-fqdn Receive["In"].Fqdn`},
	},
	"chosen certificate is missing": {
		parts: []string{"%in", `, "TlsCertificateName": "<I>CN=Contoso CA<S>CN=mail.fabrikam.com"`},
		found: []string{`certificate-fqdn Receive["In"].TlsCertificateName`}, fixed: []string{},
	},
	"chosen certificate": {
		parts: []string{"%in", `, "TlsCertificateName": "<I>CN=Contoso CA, C=US<S>CN=HubA.fabrikam.com", "LongAddressesEnabled": true`},
		found: []string{`not-enforced Receive["In"].LongAddressesEnabled`},
	},
	"old TLS for all": {
		parts: []string{"%in", `, "TlsMinimumVersion": "Tls10"`},
		found: []string{`tls-legacy-range Receive["In"].RemoteIPRanges`, `tls-legacy-no-end Receive["In"].TlsLegacyEndDate`}, asks: "need-rcpt",
		fixed: []string{"%in", `, "TlsMinimumVersion": "Tls10"`, "0.0.0.0/0", "10.0.0.0/28"},
	},
	"old TLS without an end": {
		parts: []string{"%in", `, "TlsLegacyCipherSuites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]`, "0.0.0.0/0", "10.0.0.0/28"},
		found: []string{`tls-legacy-no-end Receive["In"].TlsLegacyEndDate`}, asks: "need-rcpt",
		fixed: []string{"%in", `, "TlsLegacyCipherSuites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"], "TlsLegacyEndDate": "2099-12-31"`, "0.0.0.0/0", "10.0.0.0/28"},
	},
	"suites that every connector has": {
		parts: []string{"%in", `, "TlsLegacyCipherSuites": ["TLS_RSA_WITH_AES_128_CBC_SHA"], "TlsLegacyEndDate": "2099-12-31"`},
		found: []string{`tls-legacy-unused Receive["In"].TlsLegacyEndDate`},
	},
	"suites below TLS 1.3": {
		parts: []string{"%in", `, "TlsLegacyCipherSuites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"], "TlsMinimumVersion": "Tls13"`},
		found: []string{`tls-legacy-unused Receive["In"].TlsLegacyCipherSuites`},
	},
	"old TLS without STARTTLS": {
		parts: []string{"%in", `, "TlsMinimumVersion": "Tls10", "AuthMechanism": "None"`},
		found: []string{`tls-legacy-unused Receive["In"].TlsMinimumVersion`},
	},
	"old suites without STARTTLS": {
		parts: []string{"%in", `, "TlsLegacyCipherSuites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"], "AuthMechanism": "None"`},
		found: []string{`tls-legacy-unused Receive["In"].TlsLegacyCipherSuites`},
	},
	"old TLS from the start": {
		parts: []string{"%in", `, "TlsMinimumVersion": "Tls10", "TlsLegacyEndDate": "2099-12-31", "AuthMechanism": "None", "OrarEnabled": true`, "0.0.0.0:25", "0.0.0.0:465", "0.0.0.0/0", "10.0.0.0/28"},
		found: []string{`not-enforced Receive["In"].OrarEnabled`},
	},
	"no route home": {
		parts: []string{`{"Name": "Home", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}`, `{"Name": "Home", "AddressSpaces": ["other.example"], "SmartHosts": ["10.2.3.9"]}`},
		found: []string{`accepted-unrouted Accepted["Fabrikam"]`}, fixed: []string{}, asks: "need-rcpt",
	},
	"no route below home": {
		parts: []string{`"DomainName": "fabrikam.com"`, `"DomainName": "fabrikam.com", "MatchSubDomains": true`},
		found: []string{`accepted-unrouted Accepted["Fabrikam"]`}, fixed: []string{}, asks: "need-rcpt",
	},
	"no routes": {
		parts: []string{`{"Name": "Out", "AddressSpaces": ["*"%space], "SmartHosts": ["gateway.contoso.com"]%out},
		{"Name": "Home", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}%send`, ""},
		found: []string{`no-routes Send`}, fixed: []string{},
	},
	"loop": {
		parts: []string{"%accepted", `, {"Name": "Relayed", "DomainName": "relayed.example", "DomainType": "ExternalRelay"}`, `, "SmartHosts": ["gateway.contoso.com"]`, ""},
		found: []string{`relay-loop Accepted["Relayed"]`}, fixed: []string{}, asks: "message-ok",
	},
	"own name": {
		parts: []string{"gateway.contoso.com", `gateway.contoso.com", "HUBA.fabrikam.com`},
		found: []string{`smart-host-self Send["Out"].SmartHosts[1]`},
	},
	"own address": {
		parts: []string{"gateway.contoso.com", `[127.0.0.1]`},
		found: []string{`smart-host-self Send["Out"].SmartHosts[0]`}, fixed: []string{},
	},
	"Send connector behind another": {
		parts: []string{"%send", `, {"Name": "Spare", "AddressSpaces": ["*;5"], "SmartHosts": ["spare.contoso.com"]}`},
		found: []string{`send-unused Send["Spare"]`},
	},
	"address space behind another": {
		parts: []string{"%space", `, "fabrikam.com;5"`},
		found: []string{`space-unused Send["Out"].AddressSpaces[1]`},
	},
	"address spaces behind another": {
		parts: []string{"%space", `, "fabrikam.com;5", "*.fabrikam.com;6", "b.example"`, `"AddressSpaces": ["fabrikam.com"]`, `"AddressSpaces": ["fabrikam.com", "*.fabrikam.com"]`},
		found: []string{`space-unused Send["Out"].AddressSpaces`},
	},
	"Send connectors that tie": {
		parts: []string{"%send", `, {"Name": "Also", "AddressSpaces": ["*", "b.example"], "SmartHosts": ["spare.contoso.com"]}`, "%space", `, "c.example"`},
		found: []string{`route-tie Send["Out"].AddressSpaces`, `space-unused Send["Out"].AddressSpaces[0]`}, asks: "",
		fixed: []string{"%send", `, {"Name": "Also", "AddressSpaces": ["*;2", "b.example"], "SmartHosts": ["spare.contoso.com"]}`, "%space", `, "c.example"`},
	},
	"small route": {
		parts: []string{`"SmartHosts": ["10.2.3.9"]`, `"SmartHosts": ["10.2.3.9"], "MaxMessageSize": "1KB"`},
		found: []string{`route-size Send["Home"].MaxMessageSize`, `size-gap Send["Home"].MaxMessageSize`}, fixed: []string{},
	},
	"gap": {
		parts: []string{`"SmartHosts": ["10.2.3.9"]`, `"SmartHosts": ["10.2.3.9"], "MaxMessageSize": "20MB"`},
		found: []string{`size-gap Send["Home"].MaxMessageSize`}, fixed: []string{}, asks: "need-rcpt",
	},
	"no gap where no client may send": {
		parts: []string{"%in", `, "OrarEnabled": true`, "%out", `, "MaxMessageSize": "20MB"`},
		found: []string{`not-enforced Receive["In"].OrarEnabled`},
	},
	"assertion that is false": {
		parts: []string{"%top", `, "Transport": {"Assertions": ["-as anonymous -clear always sends", "-connector in never sends"]}`},
		found: []string{"assertion-false Transport.Assertions[1]"}, asks: "need-rcpt",
		fixed: []string{"%top", `, "Transport": {"Assertions": ["-as anonymous -clear always sends"]}`},
	},
	"assertions that can't be proved": {
		parts: []string{"%top", `, "Transport": {"Assertions": ["never flies", "implies sends", "-connector Out never sends"]}`},
		found: []string{"assertion-invalid Transport.Assertions[0]", "assertion-invalid Transport.Assertions[1]", "assertion-undecided Transport.Assertions[2]"}, fixed: []string{},
	},
	"assertion about a group that no grant names": {
		parts: []string{"%top", `, "Transport": {"Assertions": ["-as pritners -clear never logs-on"]}`},
		found: []string{"assertion-doubtful Transport.Assertions[0]"}, fixed: []string{},
	},
	"assertion whose falsehood is acknowledged": {
		parts: []string{"%top", `, "Transport": {"Assertions": ["never sends"]}, "Acknowledged": [{"Code": "assertion-false", "Place": "Transport", "Reason": "so"}]`},
		found: []string{"assertion-false Transport.Assertions[0]", "acknowledged-nothing Acknowledged[0]"}, fixed: []string{},
	},
	"acknowledged nothing": {
		parts: []string{"%in", `, "Comment": "Acknowledged open-relay: they are trusted\nreally"`},
		found: []string{`acknowledged-nothing Receive["In"].Comment`},
	},
	"acknowledged no code": {
		parts: []string{"%top", `, "Acknowledged": [{"Code": "opn-relay", "Place": "Receive[\"In\"]", "Reason": "so"}]`},
		found: []string{`acknowledged-nothing Acknowledged[0]`},
	},
	"acknowledged without a reason": {
		parts: []string{"%in", anyRelay + `, "Comment": "Acknowledged open-relay:"`},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`, `acknowledged-noreason Receive["In"].Comment`}, fixed: []string{},
	},
}
