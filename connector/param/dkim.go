package param

// DkimSigning says whether a Send connector signs messages with DKIM (RFC 6376). The zero
// DkimSigning is None.
type DkimSigning uint8

// The ways of signing.
const (
	DkimSigningNone DkimSigning = iota
	DkimIfKeyExists             // messages of authors whose domain has a key
	DkimRequired                // all messages; one that can't be signed isn't sent
)

var dkimSigningNames = enumNames{"None", "IfKeyExists", "Required"}

// ParseDkimSigning parses a way of signing in any letter case.
func ParseDkimSigning(s string) (DkimSigning, error) {
	return parseEnum[DkimSigning]("DkimSigning", dkimSigningNames, s)
}

// IsValid reports whether d is one of the ways of signing.
func (d DkimSigning) IsValid() bool { return int(d) < len(dkimSigningNames) }

// String returns the name that ParseDkimSigning takes.
func (d DkimSigning) String() string { return enumText("DkimSigning", dkimSigningNames, d) }

// MarshalText implements [encoding.TextMarshaler].
func (d DkimSigning) MarshalText() ([]byte, error) {
	return marshalEnum("DkimSigning", dkimSigningNames, d)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *DkimSigning) UnmarshalText(b []byte) error { return unmarshal(d, ParseDkimSigning, b) }
