package param

import (
	"fmt"
	"slices"
	"strings"
)

// TlsVersion is the oldest version of TLS that a connector speaks. The zero TlsVersion is
// not a version; a connector has Tls12 then.
type TlsVersion uint8

// The versions, the oldest first.
const (
	Tls10 TlsVersion = 1 + iota
	Tls11
	Tls12
	Tls13
)

var tlsVersionNames = enumNames{"Tls10", "Tls11", "Tls12", "Tls13"}

// ParseTlsVersion parses a version in any letter case.
func ParseTlsVersion(s string) (TlsVersion, error) {
	v, err := parseEnum[TlsVersion]("TlsMinimumVersion", tlsVersionNames, s)
	if err != nil {
		return 0, err
	}
	return v + Tls10, nil
}

// IsValid reports whether v is one of the versions.
func (v TlsVersion) IsValid() bool { return v >= Tls10 && v <= Tls13 }

// String returns the name, such as Tls12; "default" for the zero TlsVersion.
func (v TlsVersion) String() string {
	if v == 0 {
		return "default"
	}
	return enumText("TlsVersion", tlsVersionNames, v-Tls10)
}

// Words returns the name as people write it, such as "TLS 1.2".
func (v TlsVersion) Words() string {
	return fmt.Sprintf("TLS 1.%d", v-Tls10)
}

// MarshalText implements [encoding.TextMarshaler].
func (v TlsVersion) MarshalText() ([]byte, error) { return marshal("TlsMinimumVersion", v) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (v *TlsVersion) UnmarshalText(b []byte) error { return unmarshal(v, ParseTlsVersion, b) }

// CipherSuite is a cipher suite of TLS 1.2 and older versions by its number on the wire. The
// zero CipherSuite is invalid.
type CipherSuite uint16

// cipherSuite is a suite that a connector may name.
type cipherSuite struct {
	id     CipherSuite
	name   string // of IANA
	legacy bool   // connectors that don't name it don't have it
}

// cipherSuites are the suites with a weakness that a connector may name. Suites with
// RC4 are not among them, nor are those that servers written in Go can't speak, such as the
// ones with DHE.
var cipherSuites = []cipherSuite{
	{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", false},
	{0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", false},
	{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", false},
	{0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", false},
	{0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", false},
	{0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", false},
	{0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", false},
	{0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", false},
	{0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", true},
	{0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", true},
	{0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", true},
	{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", true},
	{0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", true},
}

// CipherSuites returns the suites that a connector may name, those that every connector has
// anyway first.
func CipherSuites() []CipherSuite {
	all := make([]CipherSuite, len(cipherSuites))
	for i, s := range cipherSuites {
		all[i] = s.id
	}
	return all
}

// ParseCipherSuite parses IANA's name of a suite, in any letter case.
func ParseCipherSuite(s string) (CipherSuite, error) {
	name := strings.ToUpper(strings.TrimSpace(s))
	if i := slices.IndexFunc(cipherSuites, func(c cipherSuite) bool { return c.name == name }); i >= 0 {
		return cipherSuites[i].id, nil
	}
	if strings.Contains(name, "RC4") {
		return 0, fmt.Errorf("%q is never offered: RC4 is broken", s)
	}
	var legacy []string
	for _, c := range cipherSuites {
		if c.legacy {
			legacy = append(legacy, c.name)
		}
	}
	return 0, fmt.Errorf("%q is not a cipher suite that can be added: give some of %s", s, strings.Join(legacy, ", "))
}

// MustParseCipherSuite is ParseCipherSuite for tests; it panics.
func MustParseCipherSuite(s string) CipherSuite { return must(ParseCipherSuite(s)) }

// find returns the entry of c; nil if no connector may name it.
func (c CipherSuite) find() *cipherSuite {
	i := slices.IndexFunc(cipherSuites, func(s cipherSuite) bool { return s.id == c })
	if i < 0 {
		return nil
	}
	return &cipherSuites[i]
}

// IsValid reports whether a connector may name c.
func (c CipherSuite) IsValid() bool { return c.find() != nil }

// Legacy reports whether connectors that don't name c don't have it.
func (c CipherSuite) Legacy() bool {
	s := c.find()
	return s != nil && s.legacy
}

// String returns IANA's name.
func (c CipherSuite) String() string {
	if s := c.find(); s != nil {
		return s.name
	}
	return fmt.Sprintf("CipherSuite(%#04x)", uint16(c))
}

// MarshalText implements [encoding.TextMarshaler].
func (c CipherSuite) MarshalText() ([]byte, error) { return marshal("TlsLegacyCipherSuites", c) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (c *CipherSuite) UnmarshalText(b []byte) error { return unmarshal(c, ParseCipherSuite, b) }
