package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

const (
	codeDkimUnused   source.Code = "dkim-unused"    // no Send connector uses the keys
	codeDkimKeyShort source.Code = "dkim-key-short" // an RSA key is shorter than it should be
)

// goodRSA is the length in bits that an RSA key should have (RFC 8301, section 3.2). A shorter one signs, down
// to 1024 bits, below which the key can't be used.
const goodRSA = 2048

// loadSigningKeys reads the DKIM keys in a directory; nil if none is given.
func loadSigningKeys(dir string) (*sign.Directory, error) {
	if dir == "" {
		return nil, nil
	}
	keys, err := sign.ReadDirectory(dir)
	if err != nil {
		return nil, fmt.Errorf("-dkim-keys %w", err)
	}
	return keys, nil
}

// dkimFindings lists the keys that can't be used, and the Send connectors that sign without having the keys.
func (l *loaded) dkimFindings(m material) source.Diagnostics {
	var list source.Diagnostics
	signs := false
	for out := range l.Policy.Send() {
		if s := out.Settings(); s.DkimSigning == param.DkimSigningNone || !out.Local() || !s.Enabled.Or(true) {
			continue
		}
		signs = true
		list = append(list, l.unsigned(out, m)...)
	}
	if m.dkim == nil {
		return list
	}
	list = append(list, m.dkim.Problems()...)
	list = append(list, m.shortKeys()...)
	if !signs {
		list = append(list, source.Diagnostic{
			Severity: source.SeverityWarning, Position: source.Position{File: m.dkimDir}, Code: codeDkimUnused,
			Detail: "no Send connector signs with these DKIM keys", Fix: "Set-SendConnector NAME -DkimSigning IfKeyExists",
		})
	}
	return list
}

// shortKeys lists the keys that sign, or will, and are shorter than they should be.
func (m material) shortKeys() (list source.Diagnostics) {
	for domain := range m.dkim.Domains() {
		keys, err := m.dkim.Keys(context.Background(), domain)
		if err != nil {
			continue // one of the Problems
		}
		signing := sign.Signing(keys, m.now)
		for _, k := range keys {
			signs := k.From.After(m.now) || slices.ContainsFunc(signing, func(s sign.Key) bool { return s.Selector == k.Selector })
			if !signs || k.Algorithm() != sign.RSA || k.Bits() >= goodRSA {
				continue
			}
			list = append(list, source.Diagnostic{
				Severity: source.SeverityWarning, Position: source.Position{File: k.File}, Code: codeDkimKeyShort,
				Detail: fmt.Sprintf("the RSA key has %d bits, and should have %d", k.Bits(), goodRSA),
				Fix:    fmt.Sprintf("gateway dkim new %s -keys %s -algorithm rsa", domain, m.dkimDir),
			})
		}
	}
	return list
}

// unsigned says which mail of a Send connector has no signature.
func (l *loaded) unsigned(out *connector.Outbound, m material) source.Diagnostics {
	fate := "leaves without a signature"
	if out.Settings().DkimSigning == param.DkimRequired {
		fate = "waits"
	}
	missing := source.Diagnostic{
		Severity: source.SeverityWarning, Path: source.Named("Send", out.Name()).Field("DkimSigning"), Code: source.CodeDkimKeyMissing,
	}
	if m.dkim == nil {
		missing.Detail = "there are no DKIM keys, so all mail " + fate + ": give -dkim-keys"
		return source.Diagnostics{missing}
	}
	domains := l.unkeyed(m)
	if len(domains) == 0 {
		return nil
	}
	missing.Detail = fmt.Sprintf("no DKIM key signs now for %s, so mail of its authors %s", strings.Join(domains, ", "), fate)
	missing.Fix = fmt.Sprintf("gateway dkim new %s -keys %s", domains[0], m.dkimDir)
	return source.Diagnostics{missing}
}

// unkeyed returns the domains of the organisation without a key that signs now. Files that can't be used are
// findings of their own.
func (l *loaded) unkeyed(m material) []string {
	var list []string
	signer := sign.Signer{Keys: m.dkim}
	for _, a := range l.Config().Accepted {
		domain, err := routing.ParseDomain(strings.TrimPrefix(a.DomainName, "*."))
		if err != nil || a.DomainType == routing.ExternalRelay {
			continue
		}
		keys, err := signer.KeysFor(context.Background(), domain, m.now)
		if err == nil && len(keys) == 0 && !slices.Contains(list, domain.String()) {
			list = append(list, domain.String())
		}
	}
	return list
}
