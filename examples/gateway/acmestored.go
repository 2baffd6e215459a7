package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
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
func (l *loaded) certificatesByACME(m material) (all []analysis.Certificate, files []string) {
	if !m.acme {
		return nil, nil
	}
	for _, host := range acmeHosts(l.Policy) {
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
