// Package withhold finds passwords and tokens in the words of other programs, so that no log
// or report repeats them. Begin with [Repeats].
package withhold

import (
	"encoding/base64"
	"iter"
	"net/url"
	"strings"
)

// maxFragment is the length of a part of a password or token, in bytes, that no text may contain.
const maxFragment = 24

// contains reports whether text contains secret or, if that is long, a part of it: a program
// that repeats a line with a token mostly cuts it.
func contains(text, secret string) bool {
	if len(secret) <= maxFragment {
		return strings.Contains(text, secret)
	}
	spaces := strings.Contains(secret, " ")
	for i := 0; i+maxFragment <= len(text); i++ {
		part := text[i : i+maxFragment]
		if space := strings.LastIndexByte(part, ' '); space >= 0 && !spaces {
			i += space
		} else if strings.Contains(secret, part) {
			return true
		}
	}
	return false
}

// Repeats reports whether text contains secret, or a long part of it, in any letter case, in
// base64, whatever is encoded before it, or as a form has it. No text repeats the secret "".
func Repeats(text, secret string) bool {
	if secret == "" {
		return false
	}
	lower, small := strings.ToLower(text), strings.ToLower(secret)
	if contains(lower, small) || contains(lower, strings.ToLower(url.QueryEscape(secret))) {
		return true
	}
	for plain := range Decoded(text) {
		if contains(plain, secret) {
			return true
		}
	}
	return false
}

// Decoded returns the possible plain texts of the words of text in base64: each word is decoded from its first
// four digits on, because other text may precede the beginning.
func Decoded(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !strings.ContainsRune(digits, r) }) {
			for start := range min(4, len(word)) {
				code := word[start:]
				if len(code)%4 == 1 {
					code = code[:len(code)-1]
				}
				plain, err := base64.RawStdEncoding.DecodeString(code)
				if err == nil && !yield(string(plain)) {
					return
				}
			}
		}
	}
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
