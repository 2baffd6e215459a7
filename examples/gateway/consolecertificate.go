package main

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"strings"
	"sync"
)

// chooseCertificate is the GetCertificate of a tls.Config.
type chooseCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// consoleCertificate is the certificate of -console-cert. It is read again when one of its files has changed.
type consoleCertificate struct {
	cert, key string
	logger    *slog.Logger

	mu    sync.Mutex
	stamp string // of the files
	now   tls.Certificate
}

// newConsoleCertificate reads the files of -console-cert and -console-key.
func newConsoleCertificate(cert, key string, logger *slog.Logger) (*consoleCertificate, error) {
	c := &consoleCertificate{cert: cert, key: key, logger: logger, stamp: stampOf([]string{cert}, []string{key})}
	var err error
	if c.now, err = loadCertificate(cert, key); err != nil {
		// The lines begin with the flags of the relay's certificates.
		return nil, errors.New(strings.ReplaceAll("\n"+err.Error(), "\n-", "\n-console-")[1:])
	}
	return c, nil
}

// choose returns the certificate as the files are now. While they have a mistake, it is the one before.
func (c *consoleCertificate) choose(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stamp := stampOf([]string{c.cert}, []string{c.key}); stamp != c.stamp {
		c.stamp = stamp
		next, err := loadCertificate(c.cert, c.key)
		if err != nil {
			c.logger.Warn("the console keeps its certificate, because the new one can't be used", "error", err)
		} else {
			c.now = next
		}
	}
	now := c.now
	return &now, nil
}

// chooseFrom returns the first of several certificates that the browser can use, or the first of all.
func chooseFrom(all func() []tls.Certificate) chooseCertificate {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		certificates := all()
		for i := range certificates {
			if hello.SupportsCertificate(&certificates[i]) == nil {
				return &certificates[i], nil
			}
		}
		if len(certificates) == 0 {
			return nil, errors.New("there is no certificate")
		}
		return &certificates[0], nil
	}
}
