package param

// TlsAuthLevel says what is checked of a next hop's certificate. The zero
// TlsAuthLevel is None: TLS is opportunistic unless RequireTLS says otherwise,
// and no certificate is looked at.
type TlsAuthLevel uint8

// The levels.
const (
	TlsAuthNone TlsAuthLevel = iota
	EncryptionOnly
	CertificateValidation
	DomainValidation
)

var tlsAuthNames = enumNames{"None", "EncryptionOnly", "CertificateValidation", "DomainValidation"}

// ParseTlsAuthLevel parses a level in any letter case.
func ParseTlsAuthLevel(s string) (TlsAuthLevel, error) {
	return parseEnum[TlsAuthLevel]("TlsAuthLevel", tlsAuthNames, s)
}

// IsValid reports whether l is one of the levels.
func (l TlsAuthLevel) IsValid() bool { return int(l) < len(tlsAuthNames) }

// String returns Exchange's spelling; Exchange prints nothing in place of None.
func (l TlsAuthLevel) String() string { return enumText("TlsAuthLevel", tlsAuthNames, l) }

// MarshalText implements [encoding.TextMarshaler].
func (l TlsAuthLevel) MarshalText() ([]byte, error) {
	return marshalEnum("TlsAuthLevel", tlsAuthNames, l)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *TlsAuthLevel) UnmarshalText(b []byte) error { return unmarshal(l, ParseTlsAuthLevel, b) }

// ErrorPolicy says which classes of a next hop's replies are changed. The
// zero ErrorPolicy is Default: none.
type ErrorPolicy uint8

// The policies; they may be combined. DowngradeAuthFailures changes nothing,
// because a next hop that refuses to authenticate this server is a temporary failure
// in any case. Those about custom failures are not enforced.
const (
	DowngradeDnsFailures ErrorPolicy = 1 << iota
	DowngradeAuthFailures
	DowngradeCustomFailures
	UpgradeCustomFailures
)

var errorPolicyNames = flagNames{zero: "Default", bits: []string{
	"DowngradeDnsFailures", "DowngradeAuthFailures", "DowngradeCustomFailures", "UpgradeCustomFailures"}}

// ParseErrorPolicy parses Default or a comma list of policies, in any letter case.
func ParseErrorPolicy(s string) (ErrorPolicy, error) {
	return parseFlags[ErrorPolicy]("ErrorPolicies", errorPolicyNames, s)
}

// IsValid reports whether p holds only known policies.
func (p ErrorPolicy) IsValid() bool { return p>>len(errorPolicyNames.bits) == 0 }

// String returns Exchange's spelling.
func (p ErrorPolicy) String() string { return flagsText("ErrorPolicy", errorPolicyNames, p) }

// MarshalText implements [encoding.TextMarshaler].
func (p ErrorPolicy) MarshalText() ([]byte, error) {
	return marshal("ErrorPolicies", p)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *ErrorPolicy) UnmarshalText(b []byte) error { return unmarshal(p, ParseErrorPolicy, b) }

// ConnectorType is Default or XPremises. The zero ConnectorType is Default.
type ConnectorType uint8

// The types.
const (
	ConnectorDefault ConnectorType = iota
	ConnectorXPremises
)

var connectorTypeNames = enumNames{"Default", "XPremises"}

// ParseConnectorType parses a type in any letter case.
func ParseConnectorType(s string) (ConnectorType, error) {
	return parseEnum[ConnectorType]("ConnectorType", connectorTypeNames, s)
}

// IsValid reports whether t is one of the types.
func (t ConnectorType) IsValid() bool { return int(t) < len(connectorTypeNames) }

// String returns Exchange's spelling.
func (t ConnectorType) String() string { return enumText("ConnectorType", connectorTypeNames, t) }

// MarshalText implements [encoding.TextMarshaler].
func (t ConnectorType) MarshalText() ([]byte, error) {
	return marshalEnum("ConnectorType", connectorTypeNames, t)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *ConnectorType) UnmarshalText(b []byte) error { return unmarshal(t, ParseConnectorType, b) }

// SmartHostLimits names the limits of a mail service: None, Microsoft365 or Google. The zero
// SmartHostLimits is None.
type SmartHostLimits uint8

// The services.
const (
	SmartHostLimitsNone SmartHostLimits = iota
	SmartHostLimitsMicrosoft365
	SmartHostLimitsGoogle
)

var smartHostLimitsNames = enumNames{"None", "Microsoft365", "Google"}

// ParseSmartHostLimits parses a name in any letter case.
func ParseSmartHostLimits(s string) (SmartHostLimits, error) {
	return parseEnum[SmartHostLimits]("SmartHostLimits", smartHostLimitsNames, s)
}

// IsValid reports whether l is one of the services.
func (l SmartHostLimits) IsValid() bool { return int(l) < len(smartHostLimitsNames) }

// Of returns the service's limits for one account: connections at a time, messages in a minute,
// and recipients in a day.
func (l SmartHostLimits) Of() (connections, messages, recipients Limit) {
	switch l {
	case SmartHostLimitsMicrosoft365:
		return 3, 30, 10_000
	case SmartHostLimitsGoogle:
		return Unlimited, Unlimited, 10_000
	}
	return Unlimited, Unlimited, Unlimited
}

// String returns the name.
func (l SmartHostLimits) String() string {
	return enumText("SmartHostLimits", smartHostLimitsNames, l)
}

// MarshalText implements [encoding.TextMarshaler].
func (l SmartHostLimits) MarshalText() ([]byte, error) {
	return marshalEnum("SmartHostLimits", smartHostLimitsNames, l)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *SmartHostLimits) UnmarshalText(b []byte) error {
	return unmarshal(l, ParseSmartHostLimits, b)
}
