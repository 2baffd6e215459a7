// Package enumeration knows the numbers of the enumerations of Exchange's parameters,
// which exports hold.
package enumeration

import "strings"

// flags are the enumerations whose values are combined: their names, one a bit from
// the lowest.
var flags = map[string][]string{
	"authmechanism":    {"Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer", "ExternalAuthoritative"},
	"permissiongroups": {"AnonymousUsers", "ExchangeUsers", "ExchangeServers", "ExchangeLegacyServers", "Partners", "Custom"},
}

// values are the other enumerations whose numbers are established.
var values = map[string]map[int64]string{
	"domaintype":               {0: "Authoritative", 1: "ExternalRelay", 2: "InternalRelay"},
	"extendedprotectionpolicy": {0: "None", 1: "Allow", 2: "Require"},
	"protocollogginglevel":     {0: "None", 1: "Verbose"},
	"sizeenabled":              {0: "Disabled", 1: "Enabled", 2: "EnabledWithoutValue"},
	"tlsauthlevel":             {1: "EncryptionOnly", 2: "CertificateValidation", 3: "DomainValidation"},
	"transportrole":            {32: "HubTransport", 16384: "FrontendTransport"},
}

// Text returns what the number n means as the value of a parameter, by its name in
// any letter case. It is not ok if that isn't known.
func Text(parameter string, n int64) (text string, ok bool) {
	parameter = strings.ToLower(parameter)
	names, combined := flags[parameter]
	if !combined {
		text, ok = values[parameter][n]
		return text, ok
	}
	if n < 0 || n>>len(names) != 0 {
		return "", false
	}
	var set []string
	for i, name := range names {
		if n&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return "None", true
	}
	return strings.Join(set, ", "), true
}
