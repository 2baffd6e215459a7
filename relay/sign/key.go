package sign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/routing"
)

// The algorithms of keys, as the tag k= of a record names them.
const (
	RSA     = "rsa"
	Ed25519 = "ed25519"
)

// minRSA is the length in bits below which receivers ignore signatures (RFC 8301, section 3.2), and newRSA
// that of new keys: a longer one doesn't fit into every name server's answer.
const (
	minRSA = 1024
	newRSA = 2048
)

// errNotDKIM is the error of a key that DKIM has no algorithm for.
var errNotDKIM = errors.New("it is neither an RSA nor an Ed25519 key, which are the ones that DKIM signs with")

// Key signs for a domain. Printing one never shows the private key. The zero Key signs nothing.
type Key struct {
	Domain   routing.Domain
	Selector string    // the record is published at Selector._domainkey.Domain
	From     time.Time // when it begins to sign; zero: it always has
	File     string    // the path of the file that ReadDirectory has read it from; "": it isn't from a Directory

	private func() crypto.Signer // a function, so that no printer finds the key
}

// NewKey returns a key of a domain. The signer has an RSA key of 1024 bits or more, or an Ed25519 key; it must
// be safe for concurrent use.
func NewKey(domain routing.Domain, selector string, from time.Time, signer crypto.Signer) (Key, error) {
	k := Key{Domain: domain, Selector: selector, From: from, private: func() crypto.Signer { return signer }}
	if !domain.IsValid() || domain.IsLiteral() {
		return Key{}, errors.New("a key needs a domain, as in contoso.com")
	}
	if err := CheckSelector(selector); err != nil {
		return Key{}, err
	}
	if signer == nil {
		return Key{}, errors.New("the private key is missing")
	}
	switch public := signer.Public().(type) {
	case ed25519.PublicKey:
	case *rsa.PublicKey:
		if n := public.N.BitLen(); n < minRSA {
			return Key{}, fmt.Errorf("the RSA key has %d bits, and receivers ignore signatures of less than %d; make one of %d", n, minRSA, newRSA)
		}
	default:
		return Key{}, errNotDKIM
	}
	return k, nil
}

// CheckSelector returns an error if s can't be a selector: labels of letters, digits, hyphens and underscores,
// with dots between them.
func CheckSelector(s string) error {
	for label := range strings.SplitSeq(s, ".") {
		bad := func(c rune) bool {
			return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
		}
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, bad) || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("%q is not a selector: give letters, digits and hyphens, as in 20261201", s)
		}
	}
	return nil
}

// Generate makes a private key for an algorithm: RSA of 2048 bits, or Ed25519.
func Generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case RSA:
		return rsa.GenerateKey(rand.Reader, newRSA)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("%q is not an algorithm of DKIM keys: give %s or %s", algorithm, RSA, Ed25519)
}

// signer returns the private key, nil for the zero Key.
func (k Key) signer() crypto.Signer {
	if k.private == nil {
		return nil
	}
	return k.private()
}

// Algorithm returns RSA or Ed25519; "" for the zero Key.
func (k Key) Algorithm() string {
	if k.private == nil {
		return ""
	}
	if _, ok := k.private().Public().(*rsa.PublicKey); ok {
		return RSA
	}
	return Ed25519
}

// Bits returns the length of an RSA key; 0 for others.
func (k Key) Bits() int {
	if s := k.signer(); s != nil {
		if public, ok := s.Public().(*rsa.PublicKey); ok {
			return public.N.BitLen()
		}
	}
	return 0
}

// Name returns the name of the record in DNS: selector._domainkey.domain.
func (k Key) Name() string { return k.Selector + "._domainkey." + k.Domain.String() }

// public returns the public key as the tag p= has it, in binary.
func (k Key) public() []byte {
	s := k.signer()
	if s == nil {
		return nil
	}
	if p, ok := s.Public().(ed25519.PublicKey); ok {
		return p
	}
	der, err := x509.MarshalPKIXPublicKey(s.Public())
	if err != nil { // NewKey has seen the type
		return nil
	}
	return der
}

// Record returns the text of the TXT record with the public key.
func (k Key) Record() string {
	return "v=DKIM1; k=" + k.Algorithm() + "; p=" + base64.StdEncoding.EncodeToString(k.public())
}

// maxString is the length of one string of a TXT record in bytes (RFC 1035, section 3.3).
const maxString = 255

// Zone returns the record as a line of a zone file, in strings of at most 255 bytes.
func (k Key) Zone() string {
	var quoted []string
	for part := range slices.Chunk([]byte(k.Record()), maxString) {
		quoted = append(quoted, `"`+string(part)+`"`)
	}
	if len(quoted) == 1 {
		return k.Name() + ". IN TXT " + quoted[0]
	}
	return k.Name() + ". IN TXT ( " + strings.Join(quoted, "\n\t") + " )"
}

// signsFrom begins the line of a file that says when its key begins to sign.
const signsFrom = "Signs-From:"

// MarshalPEM returns the text of the key's file, with the private key. It fails for keys whose private part
// isn't in memory.
func (k Key) MarshalPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.signer())
	if err != nil {
		return nil, errors.New("this key can't be written to a file")
	}
	var text []byte
	if !k.From.IsZero() {
		text = fmt.Appendf(nil, "%s %s\n", signsFrom, k.From.UTC().Format(time.RFC3339Nano))
	}
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...), nil
}

// ParsePEM reads the text of a key's file. Of several keys in it the first counts.
func ParsePEM(domain routing.Domain, selector string, text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	for rest := text; block != nil && !strings.HasSuffix(block.Type, "PRIVATE KEY"); {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		return Key{}, errors.New("the file has no PEM private key")
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return Key{}, errors.New("the private key is encrypted; store it without a passphrase, with openssl pkey")
	}
	signer, err := parsePrivate(block)
	if err != nil {
		return Key{}, err
	}
	from, err := parseFrom(text)
	if err != nil {
		return Key{}, err
	}
	return NewKey(domain, selector, from, signer)
}

// parsePrivate parses the private key in a PEM block.
func parsePrivate(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "RSA PRIVATE KEY" {
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the private key is damaged, or neither RSA nor Ed25519")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errNotDKIM
	}
	return signer, nil
}

// parseFrom reads the line Signs-From in front of a key; without one the time is zero.
func parseFrom(text []byte) (time.Time, error) {
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "-----BEGIN") {
			break
		}
		if value, ok := strings.CutPrefix(line, signsFrom); ok {
			return ParseTime(strings.TrimSpace(value))
		}
	}
	return time.Time{}, nil
}

// ParseTime parses the time from which a key signs: a time of RFC 3339, or a day, which begins in UTC.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		t, err := time.Parse(layout, s)
		if year := t.UTC().Year(); err == nil && year >= 0 && year <= 9999 { // otherwise MarshalPEM couldn't write it
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time: give a day, as in 2026-12-06, or a time, as in 2026-12-06T08:00:00Z", s)
}

// Signing returns the keys that sign at a time: of each algorithm the one that has begun last, and of several
// that began together the one whose selector sorts last. RSA comes first.
func Signing(keys []Key, now time.Time) []Key {
	var chosen []Key
	for _, algorithm := range []string{RSA, Ed25519} {
		var best Key
		for _, k := range keys {
			if k.Algorithm() != algorithm || k.From.After(now) {
				continue
			}
			if c := k.From.Compare(best.From); best.private == nil || c > 0 || c == 0 && k.Selector > best.Selector {
				best = k
			}
		}
		if best.private != nil {
			chosen = append(chosen, best)
		}
	}
	return chosen
}
