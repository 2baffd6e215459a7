package sign

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNotPublished is the error of Check if there is no record.
var ErrNotPublished = errors.New("there is no TXT record")

// Check compares the TXT records at the key's Name, each as one text, with the key. The error says in words
// why receivers would not accept its signatures.
func (k Key) Check(records []string) error {
	switch len(records) {
	case 0:
		return ErrNotPublished
	case 1:
	default:
		return fmt.Errorf("there are %d TXT records, and receivers accept only one; remove the others", len(records))
	}
	tags, err := parseTags(records[0])
	if err != nil {
		return err
	}
	has := func(tag string, values ...string) bool { // of a list with colons
		list, ok := tags[tag]
		return !ok || slices.ContainsFunc(strings.Split(list, ":"), func(v string) bool { return slices.Contains(values, strings.TrimSpace(v)) })
	}
	algorithm, given := tags["k"]
	if !given {
		algorithm = RSA
	}
	public, given := tags["p"]
	switch {
	case !has("v", "DKIM1"):
		return fmt.Errorf("the record is of version %q; it should begin with v=DKIM1", tags["v"])
	case !given:
		return errors.New("the record has no public key (p=)")
	case public == "":
		return errors.New("the record says that the key was revoked (p= is empty)")
	case algorithm != k.Algorithm():
		return fmt.Errorf("the record is for a key of type %s (k=), and this one is of type %s", algorithm, k.Algorithm())
	case !has("h", "sha256"):
		return fmt.Errorf("the record doesn't permit SHA-256 (h=%s); remove h=", tags["h"])
	case !has("s", "*", "email"):
		return fmt.Errorf("the record isn't for mail (s=%s); remove s=", tags["s"])
	}
	if err := k.samePublic(public); err != nil {
		return err
	}
	if flags, ok := tags["t"]; ok && slices.Contains(strings.Split(strings.ReplaceAll(flags, " ", ""), ":"), "y") {
		return errors.New("the record says that the domain tests DKIM (t=y), so receivers treat the mail as unsigned; remove t=y")
	}
	return nil
}

// samePublic returns an error unless text, in base64, is the public key.
func (k Key) samePublic(text string) error {
	text = strings.Join(strings.Fields(text), "")
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return errors.New("the public key of the record (p=) is damaged or cut off")
	}
	if bytes.Equal(der, k.public()) {
		return nil
	}
	if old, err := x509.ParsePKCS1PublicKey(der); err == nil { // as RFC 6376 may be read, too
		if public, ok := k.signer().Public().(*rsa.PublicKey); ok && old.Equal(public) {
			return nil
		}
	}
	return errors.New("the record has another public key")
}

// parseTags reads a list of tags (RFC 6376, section 3.2).
func parseTags(s string) (map[string]string, error) {
	tags := make(map[string]string)
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if _, twice := tags[name]; !ok || twice {
			return nil, fmt.Errorf("the record can't be read: %q is not one of its tags, as in v=DKIM1; k=rsa; p=…", part[:min(len(part), 40)])
		}
		tags[name] = strings.TrimSpace(value)
	}
	return tags, nil
}
