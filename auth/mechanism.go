package auth

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// Mechanism is a set of connector mechanisms, the flags of AuthMechanism. The
// zero Mechanism is the constant None.
type Mechanism uint16

// The mechanisms, in the order in which Exchange prints them.
const (
	TLS                   Mechanism = 1 << iota // STARTTLS is offered
	Integrated                                  // NTLM and GSSAPI, which only a program can add
	BasicAuth                                   // AUTH LOGIN and PLAIN
	BasicAuthRequireTLS                         // the same, within TLS only
	ExchangeServer                              // X-EXPS between servers; kept, has no effect
	ExternalAuthoritative                       // the network has authenticated the client
	OAuth                                       // access tokens, within TLS only; Exchange has no such flag
	ClientCertificate                           // AUTH EXTERNAL by TLS certificate; Exchange has no such flag

	None Mechanism = 0
)

var mechanismNames = [...]string{
	"Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer", "ExternalAuthoritative",
	"OAuth", "ClientCertificate",
}

const allMechanisms Mechanism = 1<<len(mechanismNames) - 1

// maxErrors bounds how many mistakes of one value are reported.
const maxErrors = 50

// ParseMechanism reads mechanisms separated by commas, in any letter case. The empty
// string and "None" give None; None together with another value has the code
// NoneExclusive. The error joins all mistakes. Check checks combinations.
func ParseMechanism(s string) (Mechanism, error) {
	trimmed := strings.TrimSpace(s)
	if trimmed == "" || equalFold(trimmed, "None") {
		return None, nil
	}
	var m Mechanism
	var errs []error
	for part := range strings.SplitSeq(trimmed, ",") {
		flag, err := parseOne(strings.TrimSpace(part))
		m |= flag
		if err != nil {
			errs = append(errs, err)
		}
		if len(errs) == maxErrors {
			break
		}
	}
	if len(errs) > 0 {
		return None, errors.Join(errs...)
	}
	return m, nil
}

func parseOne(name string) (Mechanism, error) {
	for i, known := range mechanismNames {
		if equalFold(name, known) {
			return 1 << i, nil
		}
	}
	if equalFold(name, "None") {
		broken := source.Mistake("", NoneExclusive, "None can't be combined with another mechanism")
		return None, &broken
	}
	const limit = 80
	if len(name) > limit {
		name = name[:limit] + "…"
	}
	return None, fmt.Errorf("unknown mechanism %q: give None or some of %v", name, allMechanisms)
}

// equalFold compares a with the ASCII string b, letter case aside. Comparing the
// lengths excludes letters that Unicode folds to letters of ASCII.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// Has reports whether all of n are in m.
func (m Mechanism) Has(n Mechanism) bool { return m&n == n }

// LogsOn reports whether a connector with the flags m lets users log on: with passwords, tokens
// or certificates.
func (m Mechanism) LogsOn() bool {
	return !m.Has(ExternalAuthoritative) && m&(BasicAuth|OAuth|ClientCertificate) != 0
}

// IsValid reports whether m holds only the mechanisms above. It doesn't check
// combinations.
func (m Mechanism) IsValid() bool { return m&^allMechanisms == 0 }

// String returns the mechanisms of m as Exchange prints them,
// "Tls, BasicAuth", or "None". Unknown flags print as a number.
func (m Mechanism) String() string {
	var names []string
	for i, name := range mechanismNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if unknown := m &^ allMechanisms; unknown != 0 {
		names = append(names, fmt.Sprintf("Mechanism(%#x)", uint16(unknown)))
	}
	return cmp.Or(strings.Join(names, ", "), "None")
}

// MarshalText returns the text of String. It fails if m isn't valid.
func (m Mechanism) MarshalText() ([]byte, error) {
	if !m.IsValid() {
		return nil, fmt.Errorf("%v is not a mechanism", m)
	}
	return []byte(m.String()), nil
}

// UnmarshalText is ParseMechanism.
func (m *Mechanism) UnmarshalText(text []byte) error {
	parsed, err := ParseMechanism(string(text))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

// The codes of combinations that a Receive connector may not have.
const (
	NoneExclusive          source.Code = "auth-none-exclusive"
	UnknownMechanism       source.Code = "auth-unknown-mechanism"
	RequireTLSNeedsBasic   source.Code = "auth-basic-tls-needs-basic"
	RequireTLSNeedsTLS     source.Code = "auth-basic-tls-needs-tls"
	ExternalOnlyBesidesTLS source.Code = "auth-external-exclusive"
	OAuthNeedsTLS          source.Code = "auth-oauth-needs-tls"
	CertificateNeedsTLS    source.Code = "auth-certificate-needs-tls"
)

// Check returns a mistake for each combination in m that a Receive connector may
// not have, in a fixed order, or nil. Package connector checks rules that
// involve other parameters, such as permission groups.
func (m Mechanism) Check() source.Diagnostics {
	var broken source.Diagnostics
	breaks := func(code source.Code, format string, args ...any) {
		broken = append(broken, source.Mistake("", code, format, args...))
	}
	if !m.IsValid() {
		breaks(UnknownMechanism, "%v is not a mechanism", m&^allMechanisms)
	}
	if m.Has(BasicAuthRequireTLS) && !m.Has(BasicAuth) {
		breaks(RequireTLSNeedsBasic, "BasicAuthRequireTLS needs BasicAuth beside it")
	}
	if m.Has(BasicAuthRequireTLS) && !m.Has(TLS) {
		breaks(RequireTLSNeedsTLS, "BasicAuthRequireTLS needs Tls beside it")
	}
	if m.Has(ExternalAuthoritative) && m&^(ExternalAuthoritative|TLS) != 0 {
		breaks(ExternalOnlyBesidesTLS, "ExternalAuthoritative allows only Tls beside it")
	}
	if m.Has(OAuth) && !m.Has(TLS) {
		breaks(OAuthNeedsTLS, "OAuth needs Tls beside it")
	}
	if m.Has(ClientCertificate) && !m.Has(TLS) {
		breaks(CertificateNeedsTLS, "ClientCertificate needs Tls beside it")
	}
	return broken
}

// Offer returns the SASL names to advertise in the EHLO reply on ch as a fresh
// slice, the strongest first, or nil if AUTH isn't offered on ch.
func (m Mechanism) Offer(ch Channel) []string {
	var names []string
	for _, s := range ch.Further {
		if s.fits(m, ch) {
			names = append(names, s.Name)
		}
	}
	if m.passwordsOn(ch) {
		names = append(names, Login, Plain)
	}
	return names
}

// Permits reports whether the SASL mechanism of that name may be used on ch. The
// name may be in any letter case: RFC 4422 section 3.1 has upper case, clients
// vary. A mechanism that isn't offered isn't permitted.
func (m Mechanism) Permits(name string, ch Channel) bool {
	if equalFold(name, Login) || equalFold(name, Plain) {
		return m.passwordsOn(ch)
	}
	return slices.ContainsFunc(ch.Further, func(s SASL) bool { return equalFold(name, s.Name) && s.fits(m, ch) })
}

// passwordsOn reports whether LOGIN and PLAIN are offered on ch.
func (m Mechanism) passwordsOn(ch Channel) bool {
	return !ch.NoVerifier && SASL{Name: Plain, Flags: BasicAuth | BasicAuthRequireTLS}.fits(m, ch)
}
