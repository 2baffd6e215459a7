package userfile

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/decoy"
)

// secretPrefix begins the line with the file's secret. It is a comment, so that earlier versions read the file.
const secretPrefix = "# unknown-users-secret: "

var secretEncoding = base64.RawStdEncoding.Strict()

// addSecret takes the secret from a line that is a comment; another comment says nothing.
func (f *File) addSecret(comment string) error {
	text, ok := strings.CutPrefix(comment, secretPrefix)
	if !ok {
		return nil
	}
	secret, err := secretEncoding.DecodeString(strings.TrimSpace(text))
	switch {
	case f.stored:
		return mistake(source.CodeNameDuplicate, "a second secret for unknown users; keep the first line with one only")
	case err != nil || len(secret) != len(f.secret):
		return mistake(source.CodeSyntax, "broken secret for unknown users; give 32 bytes in base64 without padding, or remove the line")
	}
	f.secret, f.stored = [sha256.Size]byte(secret), true
	return nil
}

// changed follows a change of the users. The first change stores the secret that was in use, so
// that this change, and all later ones, leave the keys of unknown users as they were.
func (f *File) changed() {
	if !f.stored {
		if len(f.models) == 0 {
			_, _ = rand.Read(f.secret[:]) // never fails
		}
		f.lines = slices.Insert(f.lines, 0, line{text: secretPrefix + secretEncoding.EncodeToString(f.secret[:])})
		f.stored = true
	}
	f.index()
}

// index collects the users with a password and counts those without keys. While the file stores
// no secret, it derives one from what the file keeps of the first password: that is as secret, the same
// after a restart, and stays if users are added below.
func (f *File) index() {
	f.models, f.withoutKeys = nil, 0
	for _, l := range f.lines {
		if l.user == nil || l.user.hash == nil {
			continue
		}
		if len(f.models) == 0 && !f.stored {
			f.secret = sha256.Sum256([]byte(strings.SplitN(l.text, ":", 3)[1]))
		}
		f.models = append(f.models, l.user)
		if l.user.keys == nil {
			f.withoutKeys++
		}
	}
	slices.SortFunc(f.models, compareCost)
}

// compareCost orders users by what a client can see of their passwords.
func compareCost(a, b *entry) int {
	kind := func(h *hash) []byte { return h.bcrypt[:min(len(h.bcrypt), len("$2b$12$"))] }
	return cmp.Or(
		cmp.Compare(a.iterations(), b.iterations()),
		cmp.Compare(a.saltSize(), b.saltSize()),
		bytes.Compare(kind(a.hash), kind(b.hash)),
		cmp.Compare(a.hash.argon.memory, b.hash.argon.memory),
		cmp.Compare(a.hash.argon.passes, b.hash.argon.passes),
		cmp.Compare(a.hash.argon.lanes, b.hash.argon.lanes),
	)
}

// iterations returns those of the user's SCRAM keys, or of new ones.
func (e *entry) iterations() int {
	if e == nil || e.keys == nil {
		return newIterations
	}
	return e.keys.Iterations
}

// saltSize returns the size of the salt of the user's SCRAM keys, or of new ones.
func (e *entry) saltSize() int {
	if e == nil || e.keys == nil {
		return newSalt
	}
	return len(e.keys.Salt)
}

// unknownKeys returns the keys of an unknown name, which look like those of its model.
func (f *File) unknownKeys(folded string) auth.ScramKeys {
	model := f.model(folded)
	k := auth.UnknownKeys(f.secret[:], folded, model.iterations())
	mac := hmac.New(sha512.New, f.secret[:]) // as long as the longest salt
	mac.Write([]byte("salt\x00" + folded))
	k.Salt = mac.Sum(nil)[:model.saltSize()]
	return k
}

// model returns the user that an unknown name looks like, nil if no user has a password. The name
// and the secret decide how far down the models it stands. Those are ordered by cost, so that a
// change of a user changes the cost of few unknown names.
func (f *File) model(folded string) *entry {
	at := decoy.Index(f.secret[:], folded, len(f.models))
	if len(f.models) == 0 {
		return nil
	}
	return f.models[at]
}
