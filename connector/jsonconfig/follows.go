package jsonconfig

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// reads lists, by code of a problem, the other parameters that its rule depends on:
// parameters of the same connector, and lists of the Config. Rules that look at one
// parameter only are not listed.
var reads = map[source.Code][]source.Path{
	source.CodeServerUnknown:          {"Servers"},
	connector.CodeNotOnEdge:           {"Servers", "Server", "Usage"},
	connector.CodeEdgeOnly:            {"Servers", "Server"},
	routing.CodeTable:                 {"Servers", "Server", "Links", "Send", "Accepted"},
	connector.CodeAddressSpaceMissing: {"LinkedReceiveConnector"},
	connector.CodeBindingsMissing:     {"Usage"},
	connector.CodeBindingsConflict:    {"RemoteIPRanges", "Server", "Servers", "TransportRole", "Receive"},
	connector.CodeRoleConflict:        {"Server", "Servers", "TransportRole", "Receive"},
	connector.CodeRangesMissing:       {"Usage"},
	connector.CodeRequireTLS:          {"AuthMechanism"},
	connector.CodeTLSLegacyUnused:     {"TlsMinimumVersion", "TlsLegacyCipherSuites", "AuthMechanism", "Bindings", "Usage"},
	connector.CodeExternalGroups:      {"AuthMechanism", "Usage"},
	connector.CodeDomainSecure:        {"AuthMechanism", "SmartHosts", "DNSRoutingEnabled", "IgnoreSTARTTLS"},
	connector.CodeExchangeFqdn:        {"AuthMechanism", "Usage", "Server", "Servers"},
	connector.CodeTimeoutOrder:        {"ConnectionTimeout"},
	connector.CodeBinaryMime:          {"ChunkingEnabled"},
	connector.CodeSenderRules:         {"AuthMechanism", "PermissionGroups", "Permissions", "Usage"},
	connector.CodeSuppressTLS:         {"Transport"},
	connector.CodeDefaultDomain:       {"Accepted"},
	connector.CodeUsageInvalid:        {"Usage"},
	connector.CodeDNSRouting:          {"SmartHosts"},
	connector.CodeSmartHostsMissing:   {"SmartHosts", "DNSRoutingEnabled"},
	connector.CodeSmartHostInvalid:    {"SmartHosts"},
	connector.CodeCredentialMissing:   {"SmartHostAuthMechanism", "SmartHosts", "SmartHostCredentials"},
	connector.CodeIgnoreSTARTTLS:      {"RequireTLS", "TlsAuthLevel", "SmartHostAuthMechanism"},
	connector.CodePublishedTLS:        {"SmartHosts", "DNSRoutingEnabled"},
	connector.CodeTlsAuthLevel:        {"RequireTLS"},
	connector.CodeLinked:              {"LinkedReceiveConnector", "SmartHosts", "DNSRoutingEnabled"},
	connector.CodeTlsDomain:           {"TlsAuthLevel", "SmartHosts", "DNSRoutingEnabled"},
}

// Follows reports whether d, which connector.Compile reports about the Config of a
// draft, may only follow from a mistake in the text: the parameter that d is about, or
// another one that its rule looks at, was not read. unread are such parameters, by
// their paths in the Config that was compiled.
func Follows(d source.Diagnostic, unread []source.Path) bool {
	touched := func(path source.Path) bool {
		return slices.ContainsFunc(unread, func(u source.Path) bool { return path.Within(u) || u.Within(path) })
	}
	if touched(d.Path) {
		return true
	}
	owner, _ := d.Path.Cut()
	for _, field := range reads[d.Code] {
		if touched(field) || owner != d.Path && touched(owner.Field(field)) {
			return true
		}
	}
	return false
}
