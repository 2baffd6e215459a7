package permission

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// SID is a security identifier, as Windows writes it: "S-1-5-7". No principal
// has the zero SID. SIDs from ParseSID, ParsePrincipal and NameSID are in
// canonical spelling and can be compared with ==.
type SID string

// The well-known principals of connectors.
const (
	SIDAnonymous          SID = "S-1-5-7"
	SIDAuthenticatedUsers SID = "S-1-5-11"
	SIDPartners           SID = exchangeAuthority + "-10"
	SIDHubServers         SID = exchangeAuthority + "-21"
	SIDEdgeServers        SID = exchangeAuthority + "-22"
	SIDExternallySecured  SID = exchangeAuthority + "-23"
	SIDLegacyServers      SID = exchangeAuthority + "-24"

	// Groups of the Windows domain in Exchange, with SIDs that Interchange made up.
	SIDExchangeServers SID = ownAuthority + "-1"
	SIDLegacyInterop   SID = ownAuthority + "-2"
)

const (
	exchangeAuthority = "S-1-9-1419165041-1139599005-3936102811-1022490595"
	// ownAuthority is S-1-9 and the first 128 bits of the SHA-256 of this module's
	// path, so that it differs from the authorities of other programs.
	ownAuthority  = "S-1-9-850032304-3739439385-2323396511-2866132455"
	hashAuthority = ownAuthority + "-3" // and the SHA-256 of a name
	nameAuthority = ownAuthority + "-4" // and a name itself, four bytes to a number
	maxSpelled    = 40                  // bytes of a name that fit into a SID
)

// NameSID returns the SID of a user or group known only by name. It depends on the
// whole name, letter case aside, so `CONTOSO\Jürgen` and `contoso\JÜRGEN` are one
// principal and `jürgen` is another. It never returns the SID of a well-known
// principal, not even for that principal's name. The empty name has the zero SID.
//
// A name of up to 40 bytes is spelled out in the SID, and [SID.Name] gives it
// back in lower case. A longer one is hashed.
func NameSID(name string) SID {
	if name == "" {
		return ""
	}
	name = foldName(name)
	if len(name) > maxSpelled || strings.IndexByte(name, 0) >= 0 {
		sum := sha256.Sum256([]byte(name))
		return appendNumbers(hashAuthority, sum[:])
	}
	return appendNumbers(nameAuthority, []byte(name))
}

// appendNumbers returns the SID made of authority and b, four bytes to a
// number, the last padded with zeros.
func appendNumbers(authority string, b []byte) SID {
	sid := []byte(authority)
	for len(b) > 0 {
		var word [4]byte
		b = b[copy(word[:], b):]
		sid = append(sid, '-')
		sid = strconv.AppendUint(sid, uint64(binary.BigEndian.Uint32(word[:])), 10)
	}
	return SID(sid)
}

// spelled returns the name that NameSID spelled out in s. It returns false if
// s holds no such name, or one that ParsePrincipal reads as another principal
// or refuses because it can't be printed.
func (s SID) spelled() (name string, ok bool) {
	rest, ok := strings.CutPrefix(string(s), nameAuthority+"-")
	if !ok {
		return "", false
	}
	var b []byte
	for number := range strings.SplitSeq(rest, "-") {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return "", false
		}
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	name = strings.TrimRight(string(b), "\x00")
	who, err := ParsePrincipal(name)
	return name, err == nil && who.SIDs[0] == s
}

// equalFold compares a with the ASCII string b, letter case aside. Comparing
// the lengths excludes the Kelvin sign and the long s, which strings.EqualFold
// folds to letters of ASCII.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// ParseSID reads a SID of the form S-1-authority-sub…, with one to fifteen
// subauthorities ([MS-DTYP] section 2.4.2.1). The letter S may be lower case,
// numbers are decimal without leading zeros, an authority of 2³² or more is
// written in hexadecimal. The result is in canonical spelling.
func ParseSID(s string) (SID, error) {
	bad := func(why string) (SID, error) {
		return "", fmt.Errorf("%q is not a SID: %s; give the form S-1-5-7", clip(s), why)
	}
	const maxLen = 190 // S-1-, 14 digits of authority, 15 times 11
	if len(s) > maxLen {
		return bad("too long")
	}
	if len(s) < 4 || !equalFold(s[:4], "S-1-") {
		return bad("it doesn't begin with S-1-")
	}
	authority, rest, ok := strings.Cut(s[4:], "-")
	if !ok {
		return bad("it has no subauthority")
	}
	canonical, ok := canonicalAuthority(authority)
	if !ok {
		return bad("its authority is not a 48-bit number in its normal form")
	}
	subs := strings.Split(rest, "-")
	if len(subs) > 15 {
		return bad("it has more than 15 subauthorities")
	}
	for _, sub := range subs {
		if !isDecimal(sub, 32) {
			return bad("a subauthority is not a 32-bit number in its normal form")
		}
	}
	return SID("S-1-" + canonical + "-" + rest), nil
}

func canonicalAuthority(s string) (string, bool) {
	if len(s) == 14 && equalFold(s[:2], "0x") {
		n, err := strconv.ParseUint(s[2:], 16, 48)
		return fmt.Sprintf("0x%012x", n), err == nil && n >= 1<<32
	}
	return s, isDecimal(s, 32)
}

func isDecimal(s string, bits int) bool {
	if s == "" || s[0] == '+' || len(s) > 1 && s[0] == '0' {
		return false
	}
	_, err := strconv.ParseUint(s, 10, bits)
	return err == nil
}

// IsValid reports whether s is a SID in canonical spelling.
func (s SID) IsValid() bool {
	parsed, err := ParseSID(string(s))
	return err == nil && parsed == s
}

// Name returns the name of a well-known principal, or the name that [NameSID]
// spelled out in s, and the text of s for other SIDs.
func (s SID) Name() string {
	if name, ok := wellKnownName(s); ok {
		return name
	}
	if name, ok := s.spelled(); ok {
		return name
	}
	return string(s)
}

// UnmarshalText is ParseSID.
func (s *SID) UnmarshalText(text []byte) error {
	parsed, err := ParseSID(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
