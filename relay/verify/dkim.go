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

	"github.com/interchange-smtp/interchange/internal/content"
	"github.com/interchange-smtp/interchange/internal/mailheader"
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
	h := header{body: m.Body}
	var places []place
	for f := range m.Header().Fields() {
		is := strings.EqualFold(f.Name, signatureName)
		if is && len(checked) == maxSignatures {
			more++
			continue
		}
		at := h.add(f)
		if is {
			checked = append(checked, parseSignature(f))
			places = append(places, at)
		}
	}
	var work sync.WaitGroup
	var reading sync.Mutex
	for i, at := range places {
		s := &checked[i]
		if err := h.refuses(at); err != nil {
			s.Value, s.Err = "permerror", err
			continue
		}
		message := h.reader(ctx, at)
		work.Go(func() { s.verify(&key{ctx: ctx, lookups: l, reading: &reading}, message) })
	}
	work.Wait()
	return checked, more
}

// header has the fields of a message as they are verified.
type header struct {
	text   []byte
	fields int
	body   func() io.ReadSeeker
}

// place is where a field is in the text of a header.
type place struct{ start, end int }

// add appends a field. Each of its lines ends in CRLF then, so that package dkim finds the same
// lines. A first line that begins with a blank belongs to no field.
func (h *header) add(f message.Field) place {
	h.fields++
	start := len(h.text)
	if lines := mailheader.AppendLines(nil, f.Raw); len(lines) > 0 && !mailheader.IsFolded(lines) || start > 0 {
		h.text = append(h.text, lines...)
	}
	return place{start, len(h.text)}
}

// refuses returns why a signature isn't verified. Package dkim must take the field for a
// signature, too: it reads names more strictly than mail programs do.
func (h *header) refuses(at place) error {
	field := h.text[at.start:at.end]
	name, _, _ := bytes.Cut(field, []byte(":"))
	name = bytes.TrimSpace(name)
	switch {
	case len(name) != len(signatureName) || !strings.EqualFold(string(name), signatureName):
		return errors.New("the name of the field has further characters")
	case len(field) > maxSignature:
		return errors.New("the signature is too long")
	case h.fields > maxFields:
		return errors.New("the header has too many fields")
	}
	return nil
}

// reader returns a message whose first field is the one at a place. The order of fields of one
// name counts from the bottom, so this changes no signature.
func (h *header) reader(ctx context.Context, at place) io.Reader {
	return io.MultiReader(bytes.NewReader(h.text[at.start:at.end]), bytes.NewReader(h.text[:at.start]), bytes.NewReader(h.text[at.end:]),
		strings.NewReader("\r\n"), content.LimitBlankLines(&body{ctx, h.body()}))
}

// body reads a body until ctx ends.
type body struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

// verify sets the result of the signature, which is the first field of the message. Package dkim
// verifies this field alone, because a sender can make it find other signatures than those that
// were counted here.
func (s *Signature) verify(k *key, r io.Reader) {
	defer k.done()
	results, err := dkim.VerifyWithOptions(r, &dkim.VerifyOptions{LookupTXT: k.lookup, MaxVerifications: 1})
	if len(results) != 1 || results[0] == nil { // the message can't be read
		s.Value, s.Err = "temperror", err
		if errors.Is(err, content.ErrBlankLines) {
			s.Value = "permerror"
		}
		return
	}
	result := results[0]
	s.Value, s.Err = valueOf(result.Err), result.Err
	switch {
	case result.Domain != "" && result.Domain != s.Domain, s.Value == "pass" && k.name != s.Selector+"._domainkey."+s.Domain:
		s.Value, s.Err = "permerror", errors.New("it isn't certain who has signed")
	case s.Value == "pass" && k.excludes(s, result.Identifier):
		s.Value, s.Err = "permerror", errors.New("the key isn't for subdomains")
	case s.Value == "fail" && s.limited():
		s.Value = "policy" // part of the body isn't signed
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

// key looks the key of a signature up. It then holds reading until the signature is checked, so that a message
// has the work and memory of one body at a time.
type key struct {
	ctx     context.Context
	lookups *lookups
	reading *sync.Mutex
	locked  bool

	name         string // that was asked for
	noSubdomains bool   // the key isn't for subdomains (t=s)
}

// lookup returns the key record of a name.
func (k *key) lookup(name string) ([]string, error) {
	k.name = name
	texts, err := k.lookups.LookupTXT(k.ctx, name)
	for _, text := range texts {
		if len(text) > maxKey {
			return nil, &net.DNSError{Err: "the key record is too long", Name: name}
		}
		for flag := range strings.SplitSeq(tag(text, "t"), ":") {
			if strings.TrimSpace(flag) == "s" {
				k.noSubdomains = true
			}
		}
	}
	if err == nil && !k.locked {
		k.reading.Lock()
		k.locked = true
	}
	return texts, err
}

// done ends reading.
func (k *key) done() {
	if k.locked {
		k.reading.Unlock()
	}
}

// excludes reports whether the key of a signature isn't for the subdomain in its i= (RFC 6376
// section 3.6.1).
func (k *key) excludes(s *Signature, identifier string) bool {
	domain := identifier[strings.LastIndexByte(identifier, '@')+1:]
	return k.noSubdomains && !strings.EqualFold(domain, s.Domain)
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
