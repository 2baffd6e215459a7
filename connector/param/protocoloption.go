package param

// ProtocolOption says over which protocol name servers are asked. The zero ProtocolOption is Any.
type ProtocolOption uint8

// The protocols.
const (
	AnyProtocol ProtocolOption = iota // UDP, and TCP for answers that UDP cuts
	UseTcpOnly
	UseUdpOnly // an answer that is cut counts as no answer
)

var protocolOptionNames = enumNames{"Any", "UseTcpOnly", "UseUdpOnly"}

// ParseProtocolOption parses a protocol in any letter case.
func ParseProtocolOption(s string) (ProtocolOption, error) {
	return parseEnum[ProtocolOption]("ProtocolOption", protocolOptionNames, s)
}

// IsValid reports whether p is one of the protocols.
func (p ProtocolOption) IsValid() bool { return int(p) < len(protocolOptionNames) }

// String returns the name that ParseProtocolOption takes.
func (p ProtocolOption) String() string { return enumText("ProtocolOption", protocolOptionNames, p) }

// MarshalText implements [encoding.TextMarshaler].
func (p ProtocolOption) MarshalText() ([]byte, error) {
	return marshalEnum("ProtocolOption", protocolOptionNames, p)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *ProtocolOption) UnmarshalText(b []byte) error { return unmarshal(p, ParseProtocolOption, b) }
