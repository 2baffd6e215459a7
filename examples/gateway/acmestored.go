package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// storedCertificate is a certificate by ACME in the directory of -acme.
type storedCertificate struct {
	file string // which has the key, too
	leaf *x509.Certificate
}

// storedCertificates reads the certificates in the directory of -acme, by host. A file without a suffix has
// the name of its host. Certificates with RSA keys, account keys and challenges have a suffix such as +rsa.
// If the directory doesn't exist, there are no certificates: serve makes it.
func storedCertificates(dir string) (map[string]storedCertificate, error) {
	stored := map[string]storedCertificate{}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("-acme %w", source.FileError(dir, err))
	}
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if !e.Type().IsRegular() || strings.Contains(e.Name(), "+") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("-acme %w", source.FileError(file, err))
		}
		if block := firstBlock(text, "CERTIFICATE"); block != nil {
			if leaf, err := x509.ParseCertificate(block.Bytes); err == nil { // serve gets another one
				stored[e.Name()] = storedCertificate{file, leaf}
			}
		}
	}
	return stored, nil
}

// certificatesByACME returns the certificates that serve shows by ACME, and the file of each. A host without
// a stored certificate gets one as serve will have it, with the file "".
func certificatesByACME(p *connector.Policy, m material) (all []analysis.Certificate, files []string) {
	if !m.acme {
		return nil, nil
	}
	for _, host := range acmeHosts(p) {
		c := analysis.Certificate{Hosts: []string{host}, NotBefore: m.now, NotAfter: m.now.AddDate(0, 0, 90)}
		stored, ok := m.acmeStored[host]
		if ok {
			c = describe(stored.leaf)
			c.NoRSA = false // a device that needs such a key gets a certificate with one
		}
		all, files = append(all, c), append(files, stored.file)
	}
	return all, files
}

// addToStatus adds what the gateway doesn't know of the certificates. Those by ACME replace those of -cert, as they do in
// handshakes; if their directory can't be read, they are missing.
func (r *relayProcess) addToStatus(s *control.Status) {
	if r.acme == nil {
		return
	}
	stored, _ := storedCertificates(r.flags.acme.dir) // an alert sees that they are missing
	for in := range r.gateway.CurrentPolicy().Receive() {
		c, ok := stored[strings.ToLower(in.Fqdn())]
		if !ok || !in.BeginsTLS() || in.Settings().TlsCertificateName != "" {
			continue
		}
		s.Certificates = slices.DeleteFunc(s.Certificates, func(c control.Certificate) bool { return c.Receive && c.Connector == in.Name() })
		s.Certificates = append(s.Certificates, control.Certificate{Receive: true, Connector: in.Name(), Expires: c.leaf.NotAfter.UTC()})
	}
}
