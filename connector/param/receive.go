package param

import (
	"strings"

	"github.com/interchange-smtp/interchange/permission"
)

// Usage names a set of defaults. The zero Usage is Custom.
type Usage uint8

// The usages. Client is for Receive connectors only.
const (
	UsageCustom Usage = iota
	UsageClient
	UsageInternal
	UsageInternet
	UsagePartner
)

var usageNames = enumNames{"Custom", "Client", "Internal", "Internet", "Partner"}

// ParseUsage parses a usage in any letter case.
func ParseUsage(s string) (Usage, error) { return parseEnum[Usage]("Usage", usageNames, s) }

// IsValid reports whether u is one of the usages.
func (u Usage) IsValid() bool { return int(u) < len(usageNames) }

// String returns Exchange's spelling.
func (u Usage) String() string { return enumText("Usage", usageNames, u) }

// MarshalText implements [encoding.TextMarshaler].
func (u Usage) MarshalText() ([]byte, error) { return marshalEnum("Usage", usageNames, u) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *Usage) UnmarshalText(b []byte) error { return unmarshal(u, ParseUsage, b) }

// SendUsage returns u as it matters to the access list of a Send connector.
func (u Usage) SendUsage() permission.SendUsage {
	switch u {
	case UsageInternal:
		return permission.SendInternal
	case UsageInternet:
		return permission.SendInternet
	case UsagePartner:
		return permission.SendPartner
	}
	return permission.SendCustom
}

// TransportRole is the service that a Receive connector belongs to. The zero
// TransportRole is HubTransport, as a 2013 server sets it if none is given.
type TransportRole uint8

// The roles.
const (
	HubTransport TransportRole = iota
	FrontendTransport
)

var roleNames = enumNames{"HubTransport", "FrontendTransport"}

// ParseTransportRole parses a role in any letter case. Frontend, which some of
// Microsoft's examples write, is FrontendTransport.
func ParseTransportRole(s string) (TransportRole, error) {
	if strings.EqualFold(s, "Frontend") {
		return FrontendTransport, nil
	}
	return parseEnum[TransportRole]("TransportRole", roleNames, s)
}

// IsValid reports whether r is one of the roles.
func (r TransportRole) IsValid() bool { return int(r) < len(roleNames) }

// String returns Exchange's spelling.
func (r TransportRole) String() string { return enumText("TransportRole", roleNames, r) }

// MarshalText implements [encoding.TextMarshaler].
func (r TransportRole) MarshalText() ([]byte, error) {
	return marshalEnum("TransportRole", roleNames, r)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *TransportRole) UnmarshalText(b []byte) error { return unmarshal(r, ParseTransportRole, b) }

// SizeMode says how EHLO announces SIZE. The zero SizeMode is Enabled.
type SizeMode uint8

// The size modes.
const (
	SizeEnabled SizeMode = iota
	SizeDisabled
	SizeEnabledWithoutValue
)

var sizeModeNames = enumNames{"Enabled", "Disabled", "EnabledWithoutValue"}

// ParseSizeMode parses a size mode in any letter case.
func ParseSizeMode(s string) (SizeMode, error) {
	return parseEnum[SizeMode]("SizeMode", sizeModeNames, s)
}

// IsValid reports whether m is one of the modes.
func (m SizeMode) IsValid() bool { return int(m) < len(sizeModeNames) }

// String returns Exchange's spelling.
func (m SizeMode) String() string { return enumText("SizeMode", sizeModeNames, m) }

// MarshalText implements [encoding.TextMarshaler].
func (m SizeMode) MarshalText() ([]byte, error) { return marshalEnum("SizeMode", sizeModeNames, m) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *SizeMode) UnmarshalText(b []byte) error { return unmarshal(m, ParseSizeMode, b) }

// ExtendedProtection is the channel-binding policy of Integrated. The zero
// value is None.
type ExtendedProtection uint8

// The policies.
const (
	ExtendedProtectionNone ExtendedProtection = iota
	ExtendedProtectionAllow
	ExtendedProtectionRequire
)

var protectionNames = enumNames{"None", "Allow", "Require"}

// ParseExtendedProtection parses a policy in any letter case.
func ParseExtendedProtection(s string) (ExtendedProtection, error) {
	return parseEnum[ExtendedProtection]("ExtendedProtectionPolicy", protectionNames, s)
}

// IsValid reports whether p is one of the policies.
func (p ExtendedProtection) IsValid() bool { return int(p) < len(protectionNames) }

// String returns Exchange's spelling.
func (p ExtendedProtection) String() string {
	return enumText("ExtendedProtection", protectionNames, p)
}

// MarshalText implements [encoding.TextMarshaler].
func (p ExtendedProtection) MarshalText() ([]byte, error) {
	return marshalEnum("ExtendedProtectionPolicy", protectionNames, p)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *ExtendedProtection) UnmarshalText(b []byte) error {
	return unmarshal(p, ParseExtendedProtection, b)
}

// ProtocolLogging is how much of the conversation is logged. The zero value
// is None.
type ProtocolLogging uint8

// The levels.
const (
	LoggingNone ProtocolLogging = iota
	LoggingVerbose
)

var loggingNames = enumNames{"None", "Verbose"}

// ParseProtocolLogging parses a level in any letter case.
func ParseProtocolLogging(s string) (ProtocolLogging, error) {
	return parseEnum[ProtocolLogging]("ProtocolLoggingLevel", loggingNames, s)
}

// IsValid reports whether l is one of the levels.
func (l ProtocolLogging) IsValid() bool { return int(l) < len(loggingNames) }

// String returns Exchange's spelling.
func (l ProtocolLogging) String() string { return enumText("ProtocolLogging", loggingNames, l) }

// MarshalText implements [encoding.TextMarshaler].
func (l ProtocolLogging) MarshalText() ([]byte, error) {
	return marshalEnum("ProtocolLoggingLevel", loggingNames, l)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *ProtocolLogging) UnmarshalText(b []byte) error { return unmarshal(l, ParseProtocolLogging, b) }

// RateSource says what MessageRateLimit counts by. The zero RateSource counts
// by nothing, so that no limit applies.
type RateSource uint8

// The sources; they may be combined, and both together print as All.
const (
	RateByIPAddress RateSource = 1 << iota
	RateByUser
)

var rateNames = flagNames{zero: "None", bits: []string{"IPAddress", "User"}}

// ParseRateSource parses None, IPAddress, User, All or a comma list, in any
// letter case.
func ParseRateSource(s string) (RateSource, error) {
	if strings.EqualFold(strings.TrimSpace(s), "All") {
		return RateByIPAddress | RateByUser, nil
	}
	return parseFlags[RateSource]("MessageRateSource", rateNames, s)
}

// IsValid reports whether r holds only known sources.
func (r RateSource) IsValid() bool { return r>>len(rateNames.bits) == 0 }

// String returns Exchange's spelling.
func (r RateSource) String() string {
	if r == RateByIPAddress|RateByUser {
		return "All"
	}
	return flagsText("RateSource", rateNames, r)
}

// MarshalText implements [encoding.TextMarshaler].
func (r RateSource) MarshalText() ([]byte, error) {
	return marshal("MessageRateSource", r)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *RateSource) UnmarshalText(b []byte) error { return unmarshal(r, ParseRateSource, b) }

// AuthenticationMode says what a Receive connector does with the results of SPF, DKIM and
// DMARC. The zero AuthenticationMode is Off.
type AuthenticationMode uint8

// The modes. Each does what the one before it does, and more.
const (
	AuthenticationOff        AuthenticationMode = iota // nothing is checked
	AuthenticationNote                                 // the results are noted in Authentication-Results
	AuthenticationQuarantine                           // a message that a DMARC policy would quarantine or reject is marked for the next hop
	AuthenticationReject                               // a message that a DMARC policy would reject is refused
)

var authenticationNames = enumNames{"Off", "Note", "Quarantine", "Reject"}

// ParseAuthenticationMode parses a mode in any letter case.
func ParseAuthenticationMode(s string) (AuthenticationMode, error) {
	return parseEnum[AuthenticationMode]("MessageAuthenticationMode", authenticationNames, s)
}

// IsValid reports whether m is one of the modes.
func (m AuthenticationMode) IsValid() bool { return int(m) < len(authenticationNames) }

// String returns the name of the mode.
func (m AuthenticationMode) String() string {
	return enumText("AuthenticationMode", authenticationNames, m)
}

// MarshalText implements [encoding.TextMarshaler].
func (m AuthenticationMode) MarshalText() ([]byte, error) {
	return marshalEnum("MessageAuthenticationMode", authenticationNames, m)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *AuthenticationMode) UnmarshalText(b []byte) error {
	return unmarshal(m, ParseAuthenticationMode, b)
}
