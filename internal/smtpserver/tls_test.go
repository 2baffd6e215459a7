package smtpserver_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// certificate makes a self-signed one for mx.example.net.
func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"mx.example.net"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func tlsConfig(t testing.TB) smtpserver.Config {
	cfg := config()
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS10}
	cfg.TLS = func() *tls.Config { return config }
	return cfg
}

// startTLS continues a conversation under TLS. The plaintext pump is in the way
// of the handshake, so tests must read the conversation themselves.
func startTLS(t testing.TB, c *client, cfg *tls.Config) error {
	t.Helper()
	cfg.InsecureSkipVerify = true
	conn := tls.Client(c.conn, cfg)
	if err := conn.Handshake(); err != nil {
		return err
	}
	c.conn = conn
	c.pump(conn)
	return nil
}

// serveOnDemand is serve with a client that reads only what it is asked for.
func serveOnDemand(t testing.TB, ctx context.Context, cfg smtpserver.Config, s smtpserver.Handler) *client {
	t.Helper()
	near, far := pipe()
	c := &client{t: t, conn: near, done: make(chan error, 1), r: bufio.NewReader(near)}
	agree(s, &cfg)
	go func() { c.done <- smtpserver.Serve(ctx, far, &cfg, s) }()
	return c
}

func TestStartTLS(t *testing.T) {
	s := &session{offer: smtpserver.Offer{SASL: []string{"PLAIN"}}, onAuth: login("secret")}
	c := serveOnDemand(t, context.Background(), tlsConfig(t), s)
	c.hello()
	c.talk(`> AUTH PLAIN AHVzZXIAc2VjcmV0
		< 235 ...
		> MAIL FROM:<a@example.org>
		< 250 ...
		> STARTTLS
		< 503 5.5.1 ...
		> RSET
		< 250 ...
		> STARTTLS now
		< 501 5.5.4 ...
		> STARTTLS
		< 220 2.0.0 SMTP server ready`)
	if err := startTLS(t, c, &tls.Config{}); err != nil {
		t.Fatal(err)
	}
	c.talk(`> MAIL FROM:<a@example.org>
		< 503 5.5.2 Send hello first
		> STARTTLS
		< 503 5.5.1 Bad sequence of commands
		> EHLO x
		< 250-mx.example.net Hello [pipe]
		< 250-PIPELINING
		< 250-DSN
		< 250-ENHANCEDSTATUSCODES
		< 250-AUTH PLAIN
		< 250-8BITMIME
		< 250-BINARYMIME
		< 250 CHUNKING
		> AUTH PLAIN AHVzZXIAc2VjcmV0
		< 235 ...
		> MAIL FROM:<a@example.org>
		< 250 ...
		> RCPT TO:<b@example.net>
		< 250 ...
		>> DATA\r\nunder TLS\r\n.\r\n
		< 354 ...
		< 250 2.6.0 ...
		> QUIT
		< 221 ...
		<<`)
	if err := c.end(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	const want = "hello client.example.org true|auth PLAIN|mail a@example.org|reset|tls|" +
		"hello x true|auth PLAIN|mail a@example.org|rcpt b@example.net|data|reset|close"
	if got := strings.Join(s.calls, "|"); got != want {
		t.Errorf("calls\n%s, want\n%s", got, want)
	}
}

// TestPanicInHandshake: a function of the configuration panics, and only this connection ends.
func TestPanicInHandshake(t *testing.T) {
	cfg := config()
	broken := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { panic("no certificate today") }}
	cfg.TLS = func() *tls.Config { return broken }
	c := serveOnDemand(t, context.Background(), cfg, &session{})
	c.hello()
	c.talk("> STARTTLS\n< 220 ...")
	if startTLS(t, c, &tls.Config{}) == nil {
		t.Error("the handshake succeeded")
	}
	if err := c.end(); err == nil || !strings.Contains(err.Error(), "panic while serving: no certificate today") {
		t.Errorf("Serve: %v", err)
	}
}

// TestNothingBeforeTLSSurvives: what is pipelined behind STARTTLS in the clear
// is neither executed nor ignored.
func TestNothingBeforeTLSSurvives(t *testing.T) {
	s := &session{}
	c := serve(t, context.Background(), tlsConfig(t), s)
	c.talk(`< 220 ...
		>> HELO x\r\nSTARTTLS\r\nMAIL FROM:<evil@example.org>\r\n
		< 250 ...
		< 554 5.5.0 Improper use of command pipelining, closing transmission channel
		<<`)
	c.end()
	if got := strings.Join(s.calls, "|"); got != "hello x false|close" {
		t.Errorf("calls %s", got)
	}

	// The same in two segments: it is the handshake that fails.
	s = &session{}
	c = serve(t, context.Background(), tlsConfig(t), s)
	c.talk(`< 220 ...
		> HELO x
		< 250 ...
		> STARTTLS
		< 220 ...
		> MAIL FROM:<evil@example.org>`)
	if err := c.end(); err == nil {
		t.Error("Serve: no error")
	}
	if got := strings.Join(s.calls, "|"); got != "hello x false|close" {
		t.Errorf("calls %s", got)
	}
}

func TestStartTLSOutOfPlace(t *testing.T) {
	c := serve(t, context.Background(), tlsConfig(t), &session{})
	c.talk(`< 220 ...
		> STARTTLS
		< 503 5.5.2 Send hello first
		> EHLO x
		< 250-...
		< 250-PIPELINING
		< 250-DSN
		< 250-ENHANCEDSTATUSCODES
		< 250-STARTTLS
		< 250-8BITMIME
		< 250-BINARYMIME
		< 250 CHUNKING`)
	c.end()
}

// TestHandshakeFailure: there is no going on in the clear.
func TestHandshakeFailure(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		s := &session{}
		c := serveOnDemand(t, context.Background(), tlsConfig(t), s)
		c.hello()
		c.talk("> STARTTLS\n< 220 ...")
		if err := startTLS(t, c, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}); err == nil {
			t.Errorf("TLS version %x accepted", version)
		}
		c.send("EHLO x\r\n")
		if l := c.line(); l != "" {
			t.Errorf("after a failed handshake: %q", l)
		}
		if err := c.end(); err == nil {
			t.Error("Serve: no error")
		}
	}
}

// TestHandshakeTimeout: a client that says nothing is not waited for.
func TestHandshakeTimeout(t *testing.T) {
	cfg := tlsConfig(t)
	cfg.Implicit = true
	synctest.Test(t, func(t *testing.T) {
		cfg.InactivityTimeout = 30 * time.Second
		start := time.Now()
		c := serve(t, t.Context(), cfg, &session{})
		c.talk("<<")
		if got := time.Since(start); got != 30*time.Second {
			t.Errorf("ended after %v", got)
		}
		if err := c.end(); err == nil {
			t.Error("Serve: no error")
		}
	})
}

func TestImplicitTLS(t *testing.T) {
	cfg := tlsConfig(t)
	cfg.Implicit = true
	s := &session{}
	c := serveOnDemand(t, context.Background(), cfg, s)
	if err := startTLS(t, c, &tls.Config{}); err != nil {
		t.Fatal(err)
	}
	c.talk(`< 220 mx.example.net ESMTP
		> EHLO x
		< 250-mx.example.net Hello [pipe]
		< 250-PIPELINING
		< 250-DSN
		< 250-ENHANCEDSTATUSCODES
		< 250-8BITMIME
		< 250-BINARYMIME
		< 250 CHUNKING
		> STARTTLS
		< 503 5.5.1 Bad sequence of commands`)
	if err := c.end(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if got := strings.Join(s.calls, "|"); got != "tls|hello x true|close" {
		t.Errorf("calls %s", got)
	}

	cfg.TLS = nil
	c = serve(t, context.Background(), cfg, &session{})
	c.talk("<<")
	if err := c.end(); err == nil {
		t.Error("implicit TLS without a configuration: no error")
	}
}
