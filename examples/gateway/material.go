package main

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/sign"
)

// material has the files that a relay runs with beside its policy: their names, "" if they
// aren't given, and the content of some of them.
type material struct {
	limits   bool   // an explanation shows them
	counters string // with the counters of the gateway on this directory; "": without

	credentials, tokens, clientCA string

	users        userSource
	directoryErr error // why the directory of users can't be asked

	pairs     []keyPair
	chain     []tls.Certificate // of pairs
	acme      bool              // certificates come by ACME, too
	tokenKeys error             // why the keys of the identity provider can't be fetched

	acmeStored  map[string]storedCertificate // by host
	oauth       *oauth.Settings              // for tokens of Send connectors; nil: no file is given
	oauthFile   string
	oauthTokens string          // the directory of refresh tokens
	dkim        *sign.Directory // the keys in dkimDir; nil: no directory is given
	dkimDir     string
	milters     source.Diagnostics // about content filters that can't be asked
	serving     bool               // by the flags of serve; check may be run without them
	noQueue     bool               // serve runs without -data
	recipients  []secretFile       // of the place where recipients are looked up
	console     []secretFile       // of the console
	validating  bool               // a name server is believed about DNSSEC
	now         time.Time
}

// missing is the severity of a finding that another flag of serve would end.
func (m *material) missing() source.Severity {
	if m.serving {
		return source.SeverityWarning
	}
	return source.SeverityNote
}

// material reads the files of the flags. The files of users and that of -oauth have errors that are
// source.Diagnostics.
func (f *checkFlags) material() (m material, err error) {
	m = material{
		credentials: f.credentialsFile(), tokens: f.tokens, clientCA: f.clientCA, oauthTokens: f.oauth.tokens(f.data),
	}
	if m.chain, m.pairs, err = loadCertificates(f.certs, f.keys); err != nil {
		return m, err
	}
	if m.acme = f.acme != ""; m.acme {
		if m.acmeStored, err = storedCertificates(f.acme); err != nil {
			return m, err
		}
	}
	if err := checkAuthorities(f.clientCA); err != nil {
		return m, err
	}
	validating, err := f.names.validating()
	if err != nil {
		return m, err
	}
	m.validating = validating != nil
	if m.users, err = f.loadUsers(nil); err != nil {
		return m, err
	}
	defer m.users.close()
	m.directoryErr = m.users.unreachable(context.Background())
	if m.tokenKeys, err = fetchTokenKeys(f.tokens); err != nil {
		return m, err
	}
	if err := m.loadSending(f.oauth, f.dkimKeys); err != nil {
		return m, err
	}
	m.milters, err = f.milters.findings()
	return m, err
}

// sending is the part of material that explain and route need.
func sending(tokens oauthFlags, dkimKeys string, now time.Time) (material, error) {
	m := material{now: now}
	err := m.loadSending(tokens, dkimKeys)
	return m, err
}

// loadSending reads the files by which Send connectors log on and sign.
func (m *material) loadSending(tokens oauthFlags, dkimKeys string) (err error) {
	m.oauthFile, m.dkimDir = tokens.file, dkimKeys
	if m.oauth, err = tokens.load(); err != nil {
		return err
	}
	m.dkim, err = loadSigningKeys(dkimKeys)
	return err
}

// loadShown reads the certificates that -cert names, without their keys.
func (m *material) loadShown(certs []string) error {
	leaves, files, err := leavesOf(certs)
	for i, leaf := range leaves {
		m.chain = append(m.chain, tls.Certificate{Certificate: [][]byte{leaf.Raw}, Leaf: leaf})
		m.pairs = append(m.pairs, keyPair{cert: files[i]})
	}
	return err
}
