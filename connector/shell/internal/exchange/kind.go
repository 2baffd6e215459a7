package exchange

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// kind is one .NET type of parameters: how its values are read and shown.
type kind[V any] struct {
	name   string   // .NET name without a namespace
	values []string // of an enumeration; nil otherwise
	// numbers are those of the values in .NET; nil: not known
	numbers []int64
	parse   func(string) (V, error)
	show    func(V) object.Value
	flags   bool // a comma list of values is one value
}

// The kinds of value types. Each reads with the parser of the package that owns
// the type.
var (
	text        = kind[string]{name: "String", parse: parseText, show: showText}
	integer     = kind[int]{name: "Int32", parse: parseInteger, show: func(n int) object.Value { return int64(n) }}
	limit       = kind[param.Limit]{name: "Unlimited<Int32>", parse: param.ParseLimit, show: showLimit}
	size        = kind[param.Size]{name: "ByteQuantifiedSize", parse: parseSize, show: showSize}
	anySize     = kind[param.Size]{name: "Unlimited<ByteQuantifiedSize>", parse: param.ParseSize, show: showSize}
	timespan    = kind[time.Duration]{name: "EnhancedTimeSpan", parse: param.ParseTimeSpan, show: showSpan}
	ipRange     = kind[param.Range]{name: "IPRange", parse: param.ParseRange, show: object.NewIPRange}
	ipBinding   = kind[netip.AddrPort]{name: "IPBinding", parse: param.ParseBinding, show: object.NewIPBinding}
	ipAddress   = kind[netip.Addr]{name: "IPAddress", parse: parseAddress, show: object.NewIPAddress}
	smartHost   = kind[param.SmartHost]{name: "SmartHost", parse: param.ParseSmartHost, show: object.NewSmartHost}
	space       = kind[routing.AddressSpace]{name: "AddressSpace", parse: routing.ParseAddressSpace, show: object.NewAddressSpace}
	fqdn        = kind[string]{name: "Fqdn", parse: parseFqdn, show: showText}
	domainName  = kind[string]{name: "SmtpDomain", parse: parseSecureDomain, show: showText}
	x509        = kind[string]{name: "SmtpX509Identifier", parse: parseX509, show: showText}
	smtpAddress = kind[string]{name: "SmtpAddress", parse: parseMailbox, show: showText}
	subdomains  = kind[string]{name: "SmtpDomainWithSubdomains", parse: parseText, show: showText}
	serverID    = kind[string]{name: "ServerIdParameter", parse: parseText, show: showServerID}
)

// The kinds of enumerations.
var (
	mechanisms = flagsOf("AuthMechanisms", auth.ParseMechanism,
		"None", "Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer", "ExternalAuthoritative").numbered(0, 1, 2, 4, 8, 16, 32)
	hostMechanisms = flagsOf("AuthMechanisms", auth.ParseMechanism,
		"None", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer", "ExternalAuthoritative")
	groups = flagsOf("PermissionGroups", permission.ParseGroup,
		"None", "AnonymousUsers", "ExchangeUsers", "ExchangeServers", "ExchangeLegacyServers", "Partners", "Custom").numbered(0, 1, 2, 4, 8, 16, 32)
	rateSources = flagsOf("MessageRateSourceFlags", param.ParseRateSource, "None", "IPAddress", "User", "All").numbered(0, 1, 2, 3)
	policies    = flagsOf("ErrorPolicies", param.ParseErrorPolicy,
		"Default", "DowngradeDnsFailures", "DowngradeAuthFailures", "DowngradeCustomFailures", "UpgradeCustomFailures")
	sizeModes     = enumOf("SizeMode", param.ParseSizeMode, "Disabled", "Enabled", "EnabledWithoutValue").numbered(0, 1, 2)
	logging       = enumOf("ProtocolLoggingLevel", param.ParseProtocolLogging, "None", "Verbose").numbered(0, 1)
	protections   = enumOf("ExtendedProtectionPolicySetting", param.ParseExtendedProtection, "None", "Allow", "Require").numbered(0, 1, 2)
	roles         = enumOf("ServerRole", param.ParseTransportRole, "FrontendTransport", "HubTransport").numbered(16384, 32)
	usages        = enumOf("UsageType", param.ParseUsage, "Client", "Custom", "Internal", "Internet", "Partner")
	connectorKind = enumOf("TenantConnectorType", param.ParseConnectorType, "Default", "XPremises")
	domainTypes   = enumOf("AcceptedDomainType", routing.ParseDomainType, "Authoritative", "InternalRelay", "ExternalRelay").numbered(0, 2, 1)
	tlsLevels     = kind[param.TlsAuthLevel]{name: "TlsAuthLevel", parse: param.ParseTlsAuthLevel, show: showTlsLevel,
		values: []string{"EncryptionOnly", "CertificateValidation", "DomainValidation"}, numbers: []int64{1, 2, 3}}
)

// enumOf is the kind of an enumeration.
func enumOf[V fmt.Stringer](name string, parse func(string) (V, error), values ...string) kind[V] {
	return kind[V]{name: name, values: values, parse: parse, show: showTyped[V](name)}
}

// flagsOf is the kind of an enumeration whose values may be combined.
func flagsOf[V fmt.Stringer](name string, parse func(string) (V, error), values ...string) kind[V] {
	k := enumOf(name, parse, values...)
	k.flags = true
	return k
}

// read converts what a script gave.
func (k kind[V]) read(v object.Value) (V, error) {
	if k.flags {
		if l, ok := v.(*object.List); ok {
			names := make([]string, len(l.Items))
			for i, item := range l.Items {
				names[i] = object.Text(item)
			}
			s, err := k.spelled(strings.Join(names, ","))
			if err != nil {
				var zero V
				return zero, err
			}
			return k.parse(s)
		}
		if _, ok := v.(*object.Table); ok {
			var zero V
			return zero, fmt.Errorf("%s isn't a list; give all of its values, as in A,B", k.name)
		}
	}
	s, err := single(v)
	if err != nil {
		var zero V
		return zero, err
	}
	if k.values != nil {
		if s, err = k.spelled(s); err != nil {
			var zero V
			return zero, err
		}
	}
	return k.parse(s)
}

// single returns the text of a value that isn't a list.
func single(v object.Value) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", fmt.Errorf("it can't be $null")
	case *object.List:
		if len(v.Items) == 1 {
			return single(v.Items[0])
		}
		return "", fmt.Errorf("%d values are given; it takes one", len(v.Items))
	case *object.Table:
		return "", fmt.Errorf("it takes one value, not a hashtable")
	case *object.Secure:
		return "", fmt.Errorf("a SecureString has no readable text")
	case *object.Object:
		for _, name := range []string{"Identity", "Name", "DomainName"} {
			if id, ok := v.Get(name); ok && id != nil {
				return object.Text(id), nil
			}
		}
		return "", fmt.Errorf("it takes a value, not a %s", v.Type)
	}
	return object.Text(v), nil
}

// boolean reads $true and $false. Text and numbers count as well, because that
// is what a CSV file holds.
func boolean(v object.Value) (bool, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	s, err := single(v)
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimPrefix(s, "$")) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is no Boolean; give $true or $false", s)
}

func parseText(s string) (string, error) { return s, nil }

func parseInteger(s string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number of up to %d", s, math.MaxInt32)
	}
	return int(n), nil
}

func parseSize(s string) (param.Size, error) {
	b, err := param.ParseSize(s)
	if err == nil && b == param.UnlimitedSize {
		return 0, fmt.Errorf("it can't be unlimited; give a size, as in 36MB")
	}
	return b, err
}

func parseAddress(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(s), "[]"))
	if err != nil {
		return a, fmt.Errorf("%q is no IP address", s)
	}
	return a, nil
}

func parseFqdn(s string) (string, error) {
	d, err := routing.ParseDomain(s)
	if err == nil && d.IsLiteral() {
		return "", fmt.Errorf("%q is an address; give a host name", s)
	}
	return s, err // the letter case is the administrator's
}

// parseSecureDomain reads a domain of TLSReceiveDomainSecureList, which takes no
// wildcards (rules R5 and S6).
func parseSecureDomain(s string) (string, error) {
	if strings.Contains(s, "*") {
		return "", fmt.Errorf("%q has a wildcard; list each domain by name", s)
	}
	return parseFqdn(s)
}

// parseMailbox reads an address with a domain.
func parseMailbox(s string) (string, error) {
	a, err := routing.ParseAddress(s)
	if err == nil && !a.Domain().IsValid() {
		return "", fmt.Errorf("%q has no domain", s)
	}
	return s, err
}

func parseX509(s string) (string, error) {
	id, err := param.ParseSmtpX509Identifier(s)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}
