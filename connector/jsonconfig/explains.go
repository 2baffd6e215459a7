package jsonconfig

import (
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// reads lists, by code of a problem, the other parameters that its rule looks
// at: those of the same connector, and lists of the Config. Rules that look at
// one parameter only are not listed.
var reads = map[string][]string{
	connector.CodeServerUnknown:       {"Servers"},
	connector.CodeNotOnEdge:           {"Servers", "Server", "Usage"},
	connector.CodeEdgeOnly:            {"Servers", "Server"},
	connector.CodeRouting:             {"Servers", "Server", "Links", "Send", "Accepted"},
	connector.CodeAddressSpaceMissing: {"LinkedReceiveConnector"},
	connector.CodeBindingsMissing:     {"Usage"},
	connector.CodeBindingsConflict:    {"RemoteIPRanges", "Server", "Servers", "TransportRole", "Receive"},
	connector.CodeRoleConflict:        {"Server", "Servers", "TransportRole", "Receive"},
	connector.CodeRangesMissing:       {"Usage"},
	connector.CodeRequireTLS:          {"AuthMechanism"},
	connector.CodeExternalGroups:      {"AuthMechanism", "Usage"},
	connector.CodeDomainSecure:        {"AuthMechanism", "SmartHosts", "DNSRoutingEnabled", "IgnoreSTARTTLS"},
	connector.CodeExchangeFqdn:        {"AuthMechanism", "Usage", "Server", "Servers"},
	connector.CodeTimeoutOrder:        {"ConnectionTimeout"},
	connector.CodeBinaryMime:          {"ChunkingEnabled"},
	connector.CodeSuppressTLS:         {"Transport"},
	connector.CodeDefaultDomain:       {"Accepted"},
	connector.CodeUsageInvalid:        {"Usage"},
	connector.CodeDNSRouting:          {"SmartHosts"},
	connector.CodeSmartHostsMissing:   {"SmartHosts", "DNSRoutingEnabled"},
	connector.CodeCredentialMissing:   {"SmartHostAuthMechanism"},
	connector.CodeIgnoreSTARTTLS:      {"RequireTLS", "TlsAuthLevel", "SmartHostAuthMechanism"},
	connector.CodeTlsAuthLevel:        {"RequireTLS"},
	connector.CodeLinked:              {"LinkedReceiveConnector", "SmartHosts", "DNSRoutingEnabled"},
	connector.CodeTlsDomain:           {"TlsAuthLevel", "SmartHosts", "DNSRoutingEnabled"},
}

// Explains reports whether p, a problem of the Config that Draft read, may be
// there only because of one of the mistakes: the parameter that it is about, or
// another one that its rule looks at, was not read.
func (e Errors) Explains(p connector.Problem) bool {
	if e.spoil(p.Path) {
		return true
	}
	owner := p.Path[:strings.LastIndexByte(p.Path, '.')+1]
	for _, field := range reads[p.Code] {
		if e.spoil(field) || owner != "" && e.spoil(owner+field) {
			return true
		}
	}
	return false
}

// spoil reports whether one of the mistakes lies at path, within it or around
// it.
func (e Errors) spoil(path string) bool {
	for _, one := range e {
		if one.spoils != "" && (within(one.spoils, path) || within(path, one.spoils)) {
			return true
		}
	}
	return false
}

// within reports whether inner is outer or part of it.
func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
