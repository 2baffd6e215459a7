package crypt

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/scrypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
	"github.com/go-crypt/x/yescrypt"

	"github.com/interchange-smtp/interchange/auth/userfile"
)

// Bounds of the work of one check.
const (
	maxHash   = 512 // bytes of its text
	maxRounds = 1_000_000
	maxMemory = 40 << 20
	maxSalt   = 64 // bytes, of {SSHA} and its kind
)

// parsed is a hash whose cost is within the bounds.
type parsed struct {
	native  string                     // "": not for userfile.Checker
	matches func(password string) bool // of the others; nil: no password matches
}

// locked reports whether no password matches.
func (p parsed) locked() bool { return p.native == "" && p.matches == nil }

// parse reads a hash. Its errors don't quote it.
func parse(text string) (parsed, error) {
	if len(text) > maxHash {
		return parsed{}, fmt.Errorf("a hash of %d bytes; the limit is %d", len(text), maxHash)
	}
	if text == "" || text[0] == '!' || text[0] == '*' {
		return parsed{}, nil
	}
	scheme, text, err := splitScheme(text)
	if err != nil {
		return parsed{}, err
	}
	switch scheme {
	case "SSHA":
		return salted(text, sha1.New)
	case "SSHA256":
		return salted(text, sha256.New)
	case "SSHA512":
		return salted(text, sha512.New)
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(text, "$"), "$")
	if !strings.HasPrefix(text, "$") || prefixOf[scheme] != "" && !strings.HasPrefix(kind, prefixOf[scheme]) {
		return parsed{}, errors.New(unknownHash)
	}
	switch kind {
	case "2a", "2b", "2y", "argon2id":
		return parsed{native: text}, userfile.CheckHash(text)
	case "1":
		return digest(text, md5crypt.Decode)
	case "5", "6":
		if err := checkRounds(text); err != nil {
			return parsed{}, err
		}
		return digest(text, shacrypt.Decode)
	case "y":
		if err := checkYescrypt(text); err != nil {
			return parsed{}, err
		}
		return digest(text, scrypt.Decode)
	}
	return parsed{}, errors.New(unknownHash)
}

// digestLength is how many characters the digest has at the end of a hash of each kind. The libraries take a
// shorter one, which no password matches.
var digestLength = map[byte]int{'1': 22, '5': 43, '6': 86, 'y': 43}

const digestCharacters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const unknownHash = "unknown kind of password hash; give one that begins with $6$, $5$, $y$, $2b$, $argon2id$, $1$ or the name of such a scheme in braces"

// prefixOf has the beginning of the hashes of a scheme of Dovecot, behind the $; "" stands for all.
var prefixOf = map[string]string{
	"": "", "CRYPT": "", "SHA512-CRYPT": "6", "SHA256-CRYPT": "5", "MD5-CRYPT": "1", "BLF-CRYPT": "2", "ARGON2ID": "argon2id",
}

// splitScheme cuts "{SCHEME}" off, which is "" if the hash has no scheme.
func splitScheme(text string) (scheme, hash string, err error) {
	rest, ok := strings.CutPrefix(text, "{")
	if !ok {
		return "", text, nil
	}
	scheme, hash, ok = strings.Cut(rest, "}")
	scheme = strings.ToUpper(scheme)
	_, known := prefixOf[scheme]
	if !ok || !known && !strings.HasPrefix(scheme, "SSHA") {
		return "", "", errors.New(unknownHash)
	}
	return scheme, hash, nil
}

// checkRounds refuses a hash of SHA-crypt that takes too long.
func checkRounds(text string) error {
	_, rounds, ok := strings.Cut(text, "$rounds=")
	if !ok {
		return nil
	}
	digits, _, _ := strings.Cut(rounds, "$")
	n, err := strconv.Atoi(digits)
	if errors.Is(err, strconv.ErrSyntax) {
		return errors.New("a hash whose rounds are not a number")
	}
	if n < 1 || n > maxRounds { // Atoi returns the largest number for one that is larger
		return fmt.Errorf("a hash of %d rounds; the limit is %d", n, maxRounds)
	}
	return nil
}

// checkYescrypt refuses a hash of yescrypt that takes too much memory.
func checkYescrypt(text string) error {
	parts := strings.Split(text, "$")
	if len(parts) != 5 || len(parts[2]) != 3 {
		return errors.New("a broken yescrypt hash, or one with parameters that aren't known here")
	}
	_, ln, r, err := yescrypt.DecodeSetting([]byte(parts[2]))
	if err != nil {
		return errors.New("a yescrypt hash with flags that aren't known here; give one that begins with $y$j")
	}
	if ln < 1 || ln > 30 || r < 1 || r > 1<<10 || int64(128)*int64(r)<<ln > maxMemory {
		return fmt.Errorf("a yescrypt hash that takes more than %d MiB", maxMemory>>20)
	}
	return nil
}

// digest returns a hash that decode of the library has read. The library's errors may quote it.
func digest(text string, decode func(string) (algorithm.Digest, error)) (parsed, error) {
	end := text[strings.LastIndexByte(text, '$')+1:]
	if want := digestLength[text[1]]; len(end) != want || strings.Trim(end, digestCharacters) != "" {
		return parsed{}, fmt.Errorf("a broken password hash: behind its last $ are %d characters; %d of a to z, A to Z, 0 to 9, . and / belong there", len(end), want)
	}
	d, err := decode(text)
	if err != nil {
		return parsed{}, errors.New("a broken password hash")
	}
	return parsed{matches: d.Match}, nil
}

// salted reads base64 of a digest with the salt behind it, as LDAP servers have it.
func salted(text string, function func() hash.Hash) (parsed, error) {
	both, err := base64.StdEncoding.DecodeString(text)
	size := function().Size()
	if err != nil || len(both) <= size || len(both) > size+maxSalt {
		return parsed{}, errors.New("a broken password hash: give base64 of the digest and the salt")
	}
	want, salt := both[:size], both[size:]
	return parsed{matches: func(password string) bool {
		h := function()
		h.Write([]byte(password))
		h.Write(salt)
		return subtle.ConstantTimeCompare(h.Sum(nil), want) == 1
	}}, nil
}
