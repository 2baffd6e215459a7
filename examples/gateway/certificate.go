package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay"
)

// loadCertificate reads a certificate and its key. Errors name the flags and the files.
func loadCertificate(certFile, keyFile string) (tls.Certificate, error) {
	chain, _, certErr := readCertificate(certFile)
	key, keyErr := readKey(keyFile)
	if err := errors.Join(certErr, keyErr); err != nil {
		return tls.Certificate{}, err
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		// The certificate can be parsed, so it is the key.
		return tls.Certificate{}, fmt.Errorf("-key %s: it isn't a private key that belongs to the certificate in %s (%s)", keyFile, certFile, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return cert, nil
}

// readCertificate reads a PEM file and parses the first certificate in it.
func readCertificate(file string) (text []byte, leaf *x509.Certificate, err error) {
	text, err = os.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("-cert %w", source.FileError(file, err))
	}
	block := firstBlock(text, "CERTIFICATE")
	if block == nil {
		return nil, nil, fmt.Errorf("-cert %s: the file has no PEM certificate", file)
	}
	if leaf, err = x509.ParseCertificate(block.Bytes); err != nil {
		return nil, nil, fmt.Errorf("-cert %s: the certificate is damaged (%s)", file, strings.TrimPrefix(err.Error(), "x509: "))
	}
	return text, leaf, nil
}

// readKey reads a PEM file with a private key.
func readKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("-key %w", source.FileError(file, err))
	}
	block := firstBlock(text, "PRIVATE KEY")
	switch {
	case block == nil:
		return nil, fmt.Errorf("-key %s: the file has no PEM private key", file)
	case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, fmt.Errorf("-key %s: the private key is encrypted; store it without a passphrase, with openssl pkey", file)
	}
	return text, nil
}

// firstBlock returns the first block of a PEM text whose type ends with kind, or nil.
func firstBlock(text []byte, kind string) *pem.Block {
	block, rest := pem.Decode(text)
	for block != nil && !strings.HasSuffix(block.Type, kind) {
		block, rest = pem.Decode(rest)
	}
	return block
}

// shownCertificates reads what Get-ExchangeCertificate shows of the certificates that -cert names.
func shownCertificates(certs []string) (shown []shell.Certificate, err error) {
	leaves, _, err := leavesOf(certs)
	for _, leaf := range leaves {
		name := relay.CertificateName(leaf)
		shown = append(shown, shell.Certificate{
			Thumbprint: fmt.Sprintf("%X", sha1.Sum(leaf.Raw)), // as Windows names certificates
			Issuer:     name.Issuer, Subject: name.Subject, Domains: leaf.DNSNames,
			NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
		})
	}
	return shown, err
}

// leavesOf reads the certificates that -cert names, and the file of each: PEM files, and the pairs in directories.
func leavesOf(certs []string) (leaves []*x509.Certificate, files []string, err error) {
	for _, file := range certs {
		inside := []string{file}
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			pairs, err := pairsIn(file)
			if err != nil {
				return nil, nil, err
			}
			inside = nil
			for _, p := range pairs {
				inside = append(inside, p.cert)
			}
		}
		for _, file := range inside {
			_, leaf, err := readCertificate(file)
			if err != nil {
				return nil, nil, err
			}
			leaves, files = append(leaves, leaf), append(files, file)
		}
	}
	return leaves, files, nil
}

// withoutCertificate returns the parameters that need a certificate where none is given.
func (l *loaded) withoutCertificate(m material) (missing source.Diagnostics) {
	add := func(in *connector.Inbound, field source.Path, format string, args ...any) {
		missing = append(missing, source.Diagnostic{
			Severity: m.missing(), Path: source.Named("Receive", in.Name()).Field(field), Code: source.CodeCertificateMissing,
			Detail: fmt.Sprintf(format, args...) + ": give -cert and -key, or -acme",
		})
	}
	for in := range l.Policy.Receive() {
		r := in.Settings()
		if !r.Enabled.Or(true) {
			continue
		}
		proofs := provedWithinTLS(r.AuthMechanism.Or(auth.None))
		switch i := slices.IndexFunc(r.Bindings, order.ImplicitTLS); {
		case i >= 0:
			add(in, "Bindings", "connections to %v begin with TLS, so serve can't start without a certificate", r.Bindings[i])
		case r.RequireTLS:
			add(in, "RequireTLS", "serve can't start without a certificate")
		case len(proofs) > 0:
			add(in, "AuthMechanism", "without a certificate STARTTLS is not offered, so no user can log on with %s", strings.Join(proofs, " or "))
		}
		if r.DomainSecureEnabled {
			add(in, "DomainSecureEnabled", "without a certificate STARTTLS is not offered, so no client can be a partner")
		}
	}
	return missing
}

// provedWithinTLS names the proofs by which m lets users log on within TLS only.
func provedWithinTLS(m auth.Mechanism) (proofs []string) {
	for _, proof := range []struct {
		flag auth.Mechanism
		name string
	}{
		{auth.BasicAuthRequireTLS, "a password"}, {auth.OAuth, "a token"}, {auth.ClientCertificate, "a certificate"},
	} {
		if m.Has(proof.flag) {
			proofs = append(proofs, proof.name)
		}
	}
	return proofs
}

// loadAuthorities reads the certificates of authorities from a PEM file, or those of the
// system if file is "".
func loadAuthorities(file string) (*x509.CertPool, error) {
	if file == "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("can't read the system's certificate authorities, give -client-ca FILE: %w", err)
		}
		return pool, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("-client-ca %w", source.FileError(file, err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("-client-ca %s: the file has no PEM certificate", file)
	}
	return pool, nil
}

// checkAuthorities reads a file of authorities and returns the mistake in it; nil if file is "".
func checkAuthorities(file string) error {
	if file == "" {
		return nil
	}
	_, err := loadAuthorities(file)
	return err
}

// selfSigned makes a certificate for names and a key that is never stored.
func selfSigned(names ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: names[0]},
		DNSNames:              names,
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(0, 0, 30),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}
