package userfile

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Bounds of the work of one check. bcrypt of cost 14 takes about a second today;
// argon2id at its bounds takes about as long.
const (
	maxBcryptCost  = 14
	maxArgonPasses = 16
	maxArgonLanes  = 16
	maxArgonWork   = 1 << 19 // memory in KiB times passes
	minSalt        = 8       // RFC 9106 section 3.1
	maxSalt        = 64
	minKey         = 16
	maxKey         = 64
)

// Parameters of new hashes; the package documentation gives the reasons.
const (
	newMemory = 19 * 1024 // KiB
	newPasses = 2
	newLanes  = 1
	newSalt   = 16
	newKey    = 32
)

const argonPrefix = "$argon2id$"

// bcryptLimit is the number of bytes of a password that bcrypt uses.
const bcryptLimit = 72

// hash is a parsed password hash whose cost is within the bounds above.
type hash struct {
	bcrypt []byte // nil for argon2id
	argon  argonParams
	salt   []byte
	key    []byte
}

type argonParams struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// memory returns how much memory checking h takes, in bytes.
func (h *hash) memory() int64 {
	const blowfish = 8 << 10
	if h.bcrypt != nil {
		return blowfish
	}
	return int64(h.argon.memory) << 10
}

// matches reports whether password is the password of h.
func (h *hash) matches(password string) bool {
	if h.bcrypt != nil {
		cut := password[:min(len(password), bcryptLimit)]
		ok := bcrypt.CompareHashAndPassword(h.bcrypt, []byte(cut)) == nil
		return ok && len(password) <= bcryptLimit
	}
	key := argon2.IDKey([]byte(password), h.salt, h.argon.passes, h.argon.memory, h.argon.lanes, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}

// newHash returns the text of a new hash of password.
func newHash(password string) string {
	salt := make([]byte, newSalt)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, newPasses, newMemory, newLanes, newKey)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("%sv=%d$m=%d,t=%d,p=%d$%s$%s", argonPrefix, argon2.Version,
		newMemory, newPasses, newLanes, enc.EncodeToString(salt), enc.EncodeToString(key))
}

// unmatchableHash returns a hash that takes the work of a new one and matches no
// password that can be found. It is checked where a file has no users.
func unmatchableHash() *hash {
	return &hash{
		argon: argonParams{newMemory, newPasses, newLanes},
		salt:  make([]byte, newSalt),
		key:   make([]byte, newKey),
	}
}

// parseHash reads a hash. Its errors don't quote it.
func parseHash(s string) (*hash, error) {
	switch {
	case s == "":
		return nil, errors.New("no password hash; give one that begins with $2b$ (bcrypt) or " + argonPrefix)
	case strings.HasPrefix(s, argonPrefix):
		return parseArgon(s[len(argonPrefix):])
	case strings.HasPrefix(s, "$2a$"), strings.HasPrefix(s, "$2b$"), strings.HasPrefix(s, "$2y$"):
		return parseBcrypt(s)
	}
	return nil, errors.New("unknown kind of password hash; give one that begins with $2b$ (bcrypt) or " + argonPrefix)
}

// parseBcrypt reads "$2b$", two digits, "$", 53 digits of its base64.
func parseBcrypt(s string) (*hash, error) {
	const form = "give $2b$, a cost of two digits, $ and 53 characters"
	if len(s) != 60 || s[6] != '$' || !isDigits(s[4:6]) {
		return nil, errors.New("broken bcrypt hash; " + form)
	}
	if strings.Trim(s[7:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./") != "" {
		return nil, errors.New("broken bcrypt hash: stray character; " + form)
	}
	cost, _ := strconv.Atoi(s[4:6])
	if cost < bcrypt.MinCost || cost > maxBcryptCost {
		return nil, fmt.Errorf("bcrypt cost %d; give %d to %d", cost, bcrypt.MinCost, maxBcryptCost)
	}
	return &hash{bcrypt: []byte(s)}, nil
}

// parseArgon reads "v=19$m=…,t=…,p=…$salt$key".
func parseArgon(s string) (*hash, error) {
	const form = "give $argon2id$v=19$m=…,t=…,p=…$salt$hash"
	parts := strings.Split(s, "$")
	if len(parts) != 4 || parts[0] != "v=19" {
		return nil, errors.New("broken argon2id hash; " + form)
	}
	numbers := strings.Split(parts[1], ",")
	if len(numbers) != 3 {
		return nil, errors.New("broken argon2id parameters; " + form)
	}
	var p [3]uint32
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(numbers[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || !isDigits(digits) {
			return nil, fmt.Errorf("broken argon2id parameter %s; %s", name, form)
		}
		p[i] = uint32(n)
	}
	if err := checkArgon(p[0], p[1], p[2]); err != nil {
		return nil, err
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[2])
	key, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[3])
	if err1 != nil || err2 != nil || strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("broken base64 in argon2id hash; leave out the padding")
	}
	if len(salt) < minSalt || len(salt) > maxSalt || len(key) < minKey || len(key) > maxKey {
		return nil, fmt.Errorf("argon2id salt of %d bytes and hash of %d bytes; give %d to %d and %d to %d",
			len(salt), len(key), minSalt, maxSalt, minKey, maxKey)
	}
	return &hash{argon: argonParams{p[0], p[1], uint8(p[2])}, salt: salt, key: key}, nil
}

func checkArgon(memory, passes, lanes uint32) error {
	switch {
	case lanes < 1 || lanes > maxArgonLanes:
		return fmt.Errorf("argon2id p=%d; give 1 to %d", lanes, maxArgonLanes)
	case passes < 1 || passes > maxArgonPasses:
		return fmt.Errorf("argon2id t=%d; give 1 to %d", passes, maxArgonPasses)
	case memory < 8*lanes: // RFC 9106 section 3.1
		return fmt.Errorf("argon2id m=%d; give at least eight times p", memory)
	case int64(memory) > MaxMemory>>10:
		return fmt.Errorf("argon2id m=%d; give at most %d", memory, MaxMemory>>10)
	case uint64(memory)*uint64(passes) > maxArgonWork:
		return fmt.Errorf("argon2id m=%d,t=%d; give a product of at most %d", memory, passes, maxArgonWork)
	}
	return nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
