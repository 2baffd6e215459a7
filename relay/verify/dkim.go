package verify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/relay/message"
)

const (
	maxSignatures = 8
	// A signature names header fields, and each name is looked for in all fields: together
	// these bound the work.
	maxSignature = 8 << 10 // bytes of a signature that is checked
	maxFields    = 1000    // of a header whose signatures are checked
	maxKey       = 8 << 10 // bytes of a key record
)

const signatureName = "DKIM-Signature"

// checkDKIM checks the signatures of a message, at most eight from the top, and returns how many
// further ones there are.
func checkDKIM(ctx context.Context, l *lookups, m *message.Message) (checked []Signature, more int) {
	var header bytes.Buffer
	var fields int
	var long []Signature
	for f := range m.Header().Fields() {
		fields++
		if strings.EqualFold(f.Name, signatureName) {
			s := parseSignature(f)
			switch {
			case len(checked)+len(long) == maxSignatures:
				more++
				continue
			case len(f.Raw) > maxSignature:
				long = append(long, Signature{Value: "permerror", Domain: s.Domain, Err: errors.New("the signature is too long")})
				continue
			}
			checked = append(checked, s)
		}
		header.Write(f.Raw)
	}
	switch {
	case len(checked) == 0:
	case fields > maxFields:
		for i := range checked {
			checked[i].Value, checked[i].Err = "permerror", errors.New("the header has too many fields")
		}
	default:
		header.WriteString("\r\n")
		verify(ctx, l, io.MultiReader(&header, m.Body()), checked)
	}
	return append(checked, long...), more
}

// verify sets the results of all signatures of a message.
func verify(ctx context.Context, l *lookups, r io.Reader, signatures []Signature) {
	keys := keyRing{ctx: ctx, lookups: l, subdomains: make(map[string]bool)}
	results, err := dkim.VerifyWithOptions(r, &dkim.VerifyOptions{LookupTXT: keys.lookup, MaxVerifications: maxSignatures})
	for i := range signatures {
		s := &signatures[i]
		if i >= len(results) || results[i] == nil { // the message can't be read
			s.Value, s.Err = "temperror", err
			continue
		}
		s.Value, s.Err = valueOf(results[i].Err), results[i].Err
		if s.Value == "pass" && keys.excludes(s, results[i].Identifier) {
			s.Value, s.Err = "permerror", errors.New("the key isn't for subdomains")
		}
		if s.Value == "fail" && s.limited() {
			s.Value = "policy" // part of the body isn't signed
		}
	}
}

// limited reports whether the signature was refused because it has a body length.
func (s *Signature) limited() bool {
	return s.Err != nil && strings.Contains(s.Err.Error(), "body length")
}

// valueOf returns the result for an error of package dkim.
func valueOf(err error) string {
	switch {
	case err == nil:
		return "pass"
	case dkim.IsTempFail(err):
		return "temperror"
	case dkim.IsPermFail(err):
		return "permerror"
	}
	return "fail"
}

// keyRing looks keys up. It is safe for concurrent use.
type keyRing struct {
	ctx     context.Context
	lookups *lookups

	mu         sync.Mutex
	subdomains map[string]bool // names of keys that are not for subdomains (t=s)
}

// lookup returns the key record of a name.
func (k *keyRing) lookup(name string) ([]string, error) {
	texts, err := k.lookups.LookupTXT(k.ctx, name)
	for _, text := range texts {
		if len(text) > maxKey {
			return nil, &net.DNSError{Err: "the key record is too long", Name: name}
		}
		for flag := range strings.SplitSeq(tag(text, "t"), ":") {
			if strings.TrimSpace(flag) == "s" {
				k.mu.Lock()
				k.subdomains[name] = true
				k.mu.Unlock()
			}
		}
	}
	return texts, err
}

// excludes reports whether the key of a signature isn't for the subdomain in its i= (RFC 6376
// section 3.6.1).
func (k *keyRing) excludes(s *Signature, identifier string) bool {
	domain := identifier[strings.LastIndexByte(identifier, '@')+1:]
	return k.subdomains[s.Selector+"._domainkey."+s.Domain] && !strings.EqualFold(domain, s.Domain)
}

// parseSignature reads the tags of a DKIM-Signature field that a result shows.
func parseSignature(f message.Field) Signature {
	value := f.Value()
	digits := tag(value, "b")
	return Signature{Domain: tag(value, "d"), Selector: tag(value, "s"), Algorithm: tag(value, "a"), Digits: digits[:min(len(digits), 8)]}
}

// tag returns the value of a tag in a list of "name=value" with semicolons between them, without
// white space; "" if there is no such tag.
func tag(list, name string) string {
	for part := range strings.SplitSeq(list, ";") {
		if key, value, ok := strings.Cut(part, "="); ok && strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}
