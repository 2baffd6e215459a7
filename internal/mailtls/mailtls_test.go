package mailtls_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// issue makes a self-signed certificate for key.
func issue(t *testing.T, key crypto.Signer) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"mx.example.net"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func rsaCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return issue(t, key)
}

func ecdsaCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return issue(t, key)
}

// pair is a connection with room for what the other end hasn't read yet.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}

// hardened returns a configuration that a program has changed.
func hardened(t *testing.T, change func(*tls.Config)) *tls.Config {
	t.Helper()
	return floored(t, mailtls.Floor{}, change)
}

// floored is hardened with a floor.
func floored(t *testing.T, floor mailtls.Floor, change func(*tls.Config)) *tls.Config {
	t.Helper()
	config := floor.Config()
	change(config)
	if err := floor.Harden(config); err != nil {
		t.Fatal(err)
	}
	return config
}

// shake lets talk be the client of a server with cert, and returns the server's
// error.
func shake(t *testing.T, cert tls.Certificate, talk func(net.Conn)) error {
	t.Helper()
	return shakeAt(t, mailtls.Floor{}, cert, talk)
}

// shakeAt is shake with a floor.
func shakeAt(t *testing.T, floor mailtls.Floor, cert tls.Certificate, talk func(net.Conn)) error {
	t.Helper()
	near, far := pair(t)
	config := floored(t, floor, func(c *tls.Config) { c.Certificates = []tls.Certificate{cert} })
	done := make(chan error, 1)
	go func() {
		err := mailtls.Server(context.Background(), tls.Server(far, config))
		far.Close()
		done <- err
	}()
	talk(near)
	near.Close()
	return <-done
}

// dial is a client of shake with a configuration.
func dial(config *tls.Config, got *tls.ConnectionState) func(net.Conn) {
	return func(c net.Conn) {
		config.InsecureSkipVerify = true
		conn := tls.Client(c, config)
		if conn.Handshake() == nil {
			*got = conn.ConnectionState()
		}
	}
}

// Peers that have nothing better than what was usual in 2013 are served, with
// the best that both have.
func TestSuites(t *testing.T) {
	for _, row := range []struct {
		name  string
		offer []uint16
		want  uint16
	}{
		{"Windows Server 2012 R2", []uint16{
			tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
			tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
		}, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
		{"RSA key exchange with GCM", []uint16{tls.TLS_RSA_WITH_AES_256_GCM_SHA384}, tls.TLS_RSA_WITH_AES_256_GCM_SHA384},
		{"RSA key exchange with CBC", []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}, tls.TLS_RSA_WITH_AES_128_CBC_SHA},
		{"all of them", []uint16{
			tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		}, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got tls.ConnectionState
			config := &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: row.offer}
			if err := shake(t, rsaCertificate(t), dial(config, &got)); err != nil {
				t.Fatal(err)
			}
			if got.CipherSuite != row.want {
				t.Errorf("%s, want %s", tls.CipherSuiteName(got.CipherSuite), tls.CipherSuiteName(row.want))
			}
		})
	}
}

// tickets is a cache of a client that counts what servers give it.
type tickets int

func (n *tickets) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (n *tickets) Put(string, *tls.ClientSessionState)        { *n++ }

// Some mail clients close the connection at a session ticket, or wait after it.
func TestNoSessionTickets(t *testing.T) {
	cert := ecdsaCertificate(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, allowed := range []bool{false, true} {
			near, far := pair(t)
			config := hardened(t, func(c *tls.Config) {
				c.Certificates = []tls.Certificate{cert}
				if allowed { // to see that the test would notice
					c.SessionTicketsDisabled = false
				}
			})
			go func() {
				conn := tls.Server(far, config)
				if mailtls.Server(context.Background(), conn) == nil {
					io.WriteString(conn, "220 mx.example.net")
				}
				conn.Close()
			}()
			var got tickets
			client := tls.Client(near, &tls.Config{InsecureSkipVerify: true, MaxVersion: version, ClientSessionCache: &got, ServerName: "mx.example.net"})
			if greeting, err := io.ReadAll(client); len(greeting) == 0 {
				t.Fatal(err)
			}
			near.Close()
			if (got > 0) != allowed {
				t.Errorf("%s: %d tickets, allowed: %t", tls.VersionName(version), got, allowed)
			}
		}
	}
}

// An administrator reads what a client lacks, not numbers.
func TestFailure(t *testing.T) {
	cert := ecdsaCertificate(t)
	var none tls.ConnectionState
	for _, row := range []struct {
		name string
		talk func(net.Conn)
		want string
	}{
		{"TLS 1.0", dial(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, &none),
			"TLS handshake failed: the client speaks TLS 1.0 only; TLS 1.2 or later is required (TlsMinimumVersion)"},
		{"TLS 1.1", dial(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, &none),
			"TLS handshake failed: the client speaks TLS 1.0 and TLS 1.1 only; TLS 1.2 or later is required (TlsMinimumVersion)"},
		{"suites", dial(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}, &none),
			"TLS handshake failed: no cipher suite of the client fits: it offers TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA; these need a certificate with an RSA key"},
		{"a client that doesn't believe our certificate", func(c net.Conn) {
			_ = tls.Client(c, &tls.Config{ServerName: "mx.example.net", RootCAs: x509.NewCertPool()}).Handshake()
		}, "TLS handshake failed: the client refused: bad certificate"},
		{"plain text", func(c net.Conn) { io.WriteString(c, "EHLO client.example.org\r\n") },
			"TLS handshake failed: the client doesn't begin with TLS"},
		{"nothing", func(net.Conn) {}, "TLS handshake failed: the client closed the connection"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := shake(t, cert, row.talk)
			var failure *mailtls.Failure
			if !errors.As(err, &failure) || err.Error() != row.want {
				t.Errorf("%v\nwant %s", err, row.want)
			}
			if err != nil && errors.Unwrap(err) == nil {
				t.Error("the cause is lost")
			}
		})
	}
}
