package exchange

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// The kinds of value types. Each reads with the parser of the package that owns
// the type.
var (
	text        = kind[string]{Kind: schema.String, parse: parseText, show: showText, nullable: true}
	boolean     = kind[bool]{Kind: schema.Boolean, parse: parseBoolean, show: func(b bool) object.Value { return b }}
	integer     = kind[int]{Kind: schema.Integer, parse: parseInteger, show: func(n int) object.Value { return int64(n) }}
	limit       = kind[param.Limit]{Kind: schema.UnlimitedInt, parse: param.ParseLimit, show: showLimit}
	size        = kind[param.Size]{Kind: schema.Size, parse: parseSize, show: showSize}
	anySize     = kind[param.Size]{Kind: schema.UnlimitedSize, parse: param.ParseSize, show: showSize}
	timespan    = kind[time.Duration]{Kind: schema.TimeSpan, parse: param.ParseTimeSpan, show: showSpan}
	ipRange     = kind[param.Range]{Kind: schema.Range, parse: param.ParseRange, show: object.NewIPRange, same: param.Range.Same}
	ipBinding   = kind[netip.AddrPort]{Kind: schema.Binding, parse: param.ParseBinding, show: object.NewIPBinding}
	ipAddress   = kind[netip.Addr]{Kind: schema.Address, parse: parseAddress, show: object.NewIPAddress, nullable: true}
	smartHost   = kind[param.SmartHost]{Kind: schema.SmartHost, parse: param.ParseSmartHost, show: object.NewSmartHost}
	sender      = kind[param.Sender]{Kind: schema.Sender, parse: param.ParseSender, show: func(s param.Sender) object.Value { return typed{"SmtpSender", s.String()} }}
	space       = kind[routing.AddressSpace]{Kind: schema.Space, parse: routing.ParseAddressSpace, show: object.NewAddressSpace}
	fqdn        = kind[string]{Kind: schema.Fqdn, parse: parseFqdn, show: showText, nullable: true}
	domainName  = kind[string]{Kind: schema.Domain, parse: parseSecureDomain, show: showText, same: strings.EqualFold}
	x509        = kind[string]{Kind: schema.Certificate, parse: parseX509, show: showText, nullable: true}
	smtpAddress = kind[string]{Kind: schema.Mailbox, parse: parseMailbox, show: showText, nullable: true}
	assertion   = kind[string]{Kind: schema.Assertion, parse: parseAssertion, show: showText}
	subdomains  = kind[string]{Kind: schema.Subdomains, parse: parseText, show: showText, nullable: true}
	remoteName  = kind[string]{Kind: schema.RemoteName, parse: parseRemoteName, show: showText, nullable: true}
	date        = kind[param.Date]{Kind: schema.Date, parse: param.ParseDate, show: showDate, nullable: true}
	statusCode  = kind[string]{Kind: schema.StatusCode, parse: parseStatusCode, show: showText}
	serverID    = kind[string]{Kind: schema.Server, parse: parseText, show: showServerID, same: strings.EqualFold}
)

// The kinds of enumerations.
var (
	mechanisms     = enum(schema.Mechanisms, auth.ParseMechanism)
	hostMechanisms = enum(schema.HostMechanisms, auth.ParseMechanism)
	groups         = enum(schema.Groups, permission.ParseGroup)
	rateSources    = enum(schema.RateSources, param.ParseRateSource)
	policies       = enum(schema.ErrorPolicies, param.ParseErrorPolicy)
	authModes      = enum(schema.AuthModes, param.ParseAuthenticationMode)
	sizeModes      = enum(schema.SizeModes, param.ParseSizeMode)
	logging        = enum(schema.Logging, param.ParseProtocolLogging)
	protections    = enum(schema.Protections, param.ParseExtendedProtection)
	roles          = enum(schema.Roles, param.ParseTransportRole)
	usages         = enum(schema.ReceiveUsages, param.ParseUsage)
	hostLimits     = enum(schema.HostLimits, param.ParseSmartHostLimits)
	premises       = enum(schema.Premises, param.ParseConnectorType)
	domainTypes    = enum(schema.DomainTypes, routing.ParseDomainType)
	tlsVersions    = enum(schema.TlsVersions, param.ParseTlsVersion)
	cipherSuites   = enum(schema.CipherSuites, param.ParseCipherSuite)
	dkimSigning    = enum(schema.DkimSigning, param.ParseDkimSigning)
	protocols      = enum(schema.Protocols, param.ParseProtocolOption)
	tlsLevels      = kind[param.TlsAuthLevel]{Kind: schema.TlsLevels, parse: param.ParseTlsAuthLevel, show: showTlsLevel, nullable: true}
)

// enum is the kind of an enumeration that a package has a type for.
func enum[V fmt.Stringer](k *schema.Kind, parse func(string) (V, error)) kind[V] {
	return kind[V]{Kind: k, parse: parse, show: func(v V) object.Value { return typed{k.Name, v.String()} }}
}

// words is the kind of an enumeration that only the schema knows.
func words(k *schema.Kind) kind[string] {
	return kind[string]{Kind: k, show: func(s string) object.Value { return typed{k.Name, s} },
		parse: func(s string) (string, error) {
			for _, v := range k.Values {
				if strings.EqualFold(v, strings.TrimSpace(s)) {
					return v, nil
				}
			}
			return "", fmt.Errorf("%q is not one of %s", s, strings.Join(k.Values, ", "))
		}}
}

func parseText(s string) (string, error) { return s, nil }

// parseBoolean reads $true and $false. Other text and numbers count as well, because a CSV
// file holds no other values.
func parseBoolean(s string) (bool, error) {
	switch strings.ToLower(strings.TrimPrefix(s, "$")) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is not a Boolean; give $true or $false", s)
}

func parseInteger(s string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number of up to %d", s, math.MaxInt32)
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
		return a, fmt.Errorf("%q is not an IP address", s)
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

// parseSecureDomain reads a domain of TLSReceiveDomainSecureList, which takes no wildcards.
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

// parseAssertion reads a question that must be true of the policy.
func parseAssertion(s string) (string, error) {
	_, err := analysis.ParseAssertion(s)
	return s, err
}

// parseStatusCode reads one code.
func parseStatusCode(s string) (string, error) {
	codes, err := param.ParseStatusCodes(s)
	if err == nil && (codes == param.StatusCodes{} || !codes.Has(codes.String())) {
		err = fmt.Errorf("%q is not one enhanced status code, as in 5.4.6", s)
	}
	return codes.String(), err
}

func parseX509(s string) (string, error) {
	id, err := param.ParseSmtpX509Identifier(s)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// parseRemoteName reads a domain as accepted domains have it.
func parseRemoteName(s string) (string, error) {
	if _, err := routing.NewAccepted(accepted{DomainName: s}); err != nil {
		return "", fmt.Errorf("%q is not a domain, *.domain or *", s)
	}
	return s, nil
}

// amount returns a value as a number that has limits; ok is false for Unlimited
// and for values that aren't numbers.
func amount(v any) (n int64, ok bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case param.Limit:
		return int64(v), v != param.Unlimited
	case param.Size:
		return int64(v), v != param.UnlimitedSize
	case time.Duration:
		return int64(v), true
	}
	return 0, false
}
