package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Kind is one .NET type of parameters.
type Kind struct {
	Name    string   // without a namespace
	Values  []string // of an enumeration; nil otherwise
	Numbers []int64  // of Values in .NET, which exports and scripts hold; nil: not established
	Flags   bool     // values of the enumeration may be combined
	unit    unit
}

// unit says what numbers of a Kind count.
type unit uint8

const (
	noUnit unit = iota
	counted
	limited // counted, or Unlimited
	bytes
	limitedBytes // bytes, or Unlimited
	nanoseconds
)

// The kinds of values.
var (
	Address       = &Kind{Name: "IPAddress"}
	Assertion     = &Kind{Name: "PolicyAssertion"}
	Binding       = &Kind{Name: "IPBinding"}
	Boolean       = &Kind{Name: "Boolean"}
	Certificate   = &Kind{Name: "SmtpX509Identifier"}
	Credential    = &Kind{Name: "PSCredential"}
	Credentials   = &Kind{Name: "Hashtable"} // of a PSCredential by smart host
	Date          = &Kind{Name: "DateTime"}
	Domain        = &Kind{Name: "SmtpDomain"}
	Fqdn          = &Kind{Name: "Fqdn"}
	Integer       = &Kind{Name: "Int32", unit: counted}
	UnlimitedInt  = &Kind{Name: "Unlimited<Int32>", unit: limited}
	Mailbox       = &Kind{Name: "SmtpAddress"}
	Range         = &Kind{Name: "IPRange"}
	Sender        = &Kind{Name: "SmtpSender"}
	Server        = &Kind{Name: "ServerIdParameter"}
	Size          = &Kind{Name: "ByteQuantifiedSize", unit: bytes}
	SmartHost     = &Kind{Name: "SmartHost"}
	StatusCode    = &Kind{Name: "EnhancedStatusCode"}
	Space         = &Kind{Name: "AddressSpace"}
	String        = &Kind{Name: "String"}
	RemoteName    = &Kind{Name: "SmtpDomainWithSubdomains"}
	Subdomains    = &Kind{Name: "SmtpDomainWithSubdomains"}
	Switch        = &Kind{Name: "SwitchParameter"}
	TimeSpan      = &Kind{Name: "EnhancedTimeSpan", unit: nanoseconds}
	UnlimitedSize = &Kind{Name: "Unlimited<ByteQuantifiedSize>", unit: limitedBytes}
)

// The enumerations, whose values are those of the type of the configuration.
var (
	Mechanisms = flags("AuthMechanisms", auth.None, auth.TLS, auth.Integrated, auth.BasicAuth, auth.BasicAuthRequireTLS,
		auth.ExchangeServer, auth.ExternalAuthoritative, auth.OAuth, auth.ClientCertificate).numbered(0, 1, 2, 4, 8, 16, 32, 64, 128)
	HostMechanisms = flags("AuthMechanisms", auth.None, auth.BasicAuth, auth.BasicAuthRequireTLS, auth.ExchangeServer, auth.ExternalAuthoritative, auth.OAuth)
	Groups         = flags("PermissionGroups", permission.Group(0), permission.AnonymousUsers, permission.ExchangeUsers, permission.ExchangeServers,
		permission.ExchangeLegacyServers, permission.Partners, permission.Custom).numbered(0, 1, 2, 4, 8, 16, 32)
	RateSources = flags("MessageRateSourceFlags", param.RateSource(0), param.RateByIPAddress, param.RateByUser,
		param.RateByIPAddress|param.RateByUser).numbered(0, 1, 2, 3)
	ErrorPolicies = flags("ErrorPolicies", param.ErrorPolicy(0), param.DowngradeDnsFailures, param.DowngradeAuthFailures,
		param.DowngradeCustomFailures, param.UpgradeCustomFailures)
	AuthModes     = enum("MessageAuthenticationMode", param.AuthenticationOff, param.AuthenticationNote, param.AuthenticationQuarantine, param.AuthenticationReject)
	SizeModes     = enum("SizeMode", param.SizeDisabled, param.SizeEnabled, param.SizeEnabledWithoutValue).numbered(0, 1, 2)
	Logging       = enum("ProtocolLoggingLevel", param.LoggingNone, param.LoggingVerbose).numbered(0, 1)
	Protections   = enum("ExtendedProtectionPolicySetting", param.ExtendedProtectionNone, param.ExtendedProtectionAllow, param.ExtendedProtectionRequire).numbered(0, 1, 2)
	Roles         = enum("ServerRole", param.FrontendTransport, param.HubTransport).numbered(16384, 32)
	ReceiveUsages = enum("UsageType", param.UsageClient, param.UsageCustom, param.UsageInternal, param.UsageInternet, param.UsagePartner)
	SendUsages    = enum("UsageType", param.UsageCustom, param.UsageInternal, param.UsageInternet, param.UsagePartner)
	HostLimits    = enum("SmartHostLimits", param.SmartHostLimitsNone, param.SmartHostLimitsMicrosoft365, param.SmartHostLimitsGoogle)
	Premises      = enum("TenantConnectorType", param.ConnectorDefault, param.ConnectorXPremises)
	DomainTypes   = enum("AcceptedDomainType", routing.Authoritative, routing.InternalRelay, routing.ExternalRelay).numbered(0, 2, 1)
	TlsVersions   = enum("TlsMinimumVersion", param.Tls10, param.Tls11, param.Tls12, param.Tls13)
	CipherSuites  = enum("TlsCipherSuite", param.CipherSuites()...)
	DkimSigning   = enum("DkimSigning", param.DkimSigningNone, param.DkimIfKeyExists, param.DkimRequired)
	Protocols     = enum("ProtocolOption", param.AnyProtocol, param.UseTcpOnly, param.UseUdpOnly)
	TlsLevels     = enum("TlsAuthLevel", param.EncryptionOnly, param.CertificateValidation, param.DomainValidation).numbered(1, 2, 3)
)

// enum is an enumeration of values that print as Exchange spells them.
func enum[V fmt.Stringer](name string, values ...V) *Kind {
	k := &Kind{Name: name}
	for _, v := range values {
		k.Values = append(k.Values, v.String())
	}
	return k
}

// flags is an enumeration whose values may be combined.
func flags[V fmt.Stringer](name string, values ...V) *Kind {
	k := enum(name, values...)
	k.Flags = true
	return k
}

// words is an enumeration that the configuration has no type for.
func words(name string, values ...string) *Kind { return &Kind{Name: name, Values: values} }

// numbered gives an enumeration the numbers of its values, in their order.
func (k *Kind) numbered(numbers ...int64) *Kind {
	k.Numbers = numbers
	return k
}

// typeOf is a type that only a cmdlet reads.
func typeOf(name string) *Kind { return &Kind{Name: name} }

// Text returns the value that has the number n in .NET, or those of its bits with
// commas between them; "" if no value has it.
func (k *Kind) Text(n int64) string {
	if i := slices.Index(k.Numbers, n); i >= 0 {
		return k.Values[i]
	}
	var names []string
	for i, bit := range k.Numbers {
		if k.Flags && bit != 0 && bit&(bit-1) == 0 && n&bit != 0 {
			names = append(names, k.Values[i])
			n &^= bit
		}
	}
	if n != 0 {
		return ""
	}
	return strings.Join(names, ", ")
}

// EnumerationText returns the meaning of the number n as the value of a parameter,
// by its name in any letter case; "" if that isn't known.
func EnumerationText(parameter string, n int64) string {
	for _, noun := range Nouns {
		for i := range noun.Rows {
			if r := &noun.Rows[i]; r.Kind.Numbers != nil && strings.EqualFold(r.Name, parameter) {
				return r.Kind.Text(n)
			}
		}
	}
	return ""
}

// Number reports whether values of the kind are numbers, sizes or time spans.
func (k *Kind) Number() bool { return k.unit != noUnit }

// Unlimited reports whether a value of the kind may be Unlimited.
func (k *Kind) Unlimited() bool { return k.unit == limited || k.unit == limitedBytes }
