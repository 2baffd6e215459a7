package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// devicePolicy is for devices with old TLS that can't set their sender.
var devicePolicy = strings.NewReplacer(`"PermissionGroups": "AnonymousUsers",`, `"PermissionGroups": "AnonymousUsers, ExchangeUsers", "AuthMechanism": "Tls, BasicAuth",
	"TlsMinimumVersion": "Tls10", "AllowedSenders": ["scan@fabrikam.com"], "RewriteSender": "scan@fabrikam.com", "RewriteFrom": "scan@fabrikam.com",`).Replace(cloudPolicy)

// oldCertificate makes a self-signed certificate with an RSA key, which old devices need.
func oldCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"huba.fabrikam.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestServeDevices: a scanner without a logon, and a printer that knows only LOGIN and TLS 1.0,
// both with senders that Microsoft 365 refuses, send through it as the mailbox.
func TestServeDevices(t *testing.T) {
	c := newCloud(t, secretSettings)
	write(t, c.policy, strings.Replace(devicePolicy, "BINDING", c.binding, 1))
	dir := t.TempDir()
	certificate, key := pemOf(t, oldCertificate(t))
	write(t, filepath.Join(dir, "cert.pem"), string(certificate))
	write(t, filepath.Join(dir, "key.pem"), string(key))
	users := new(userfile.File)
	if err := users.Add("printer", "geheim", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := users.Save(filepath.Join(dir, "users")); err != nil {
		t.Fatal(err)
	}
	cmd, stderr := c.serve(t, "-users", filepath.Join(dir, "users"), "-cert", filepath.Join(dir, "cert.pem"), "-key", filepath.Join(dir, "key.pem"))
	connect := func() *relaytest.Client {
		conn, err := net.Dial("tcp", c.binding)
		if err != nil {
			t.Fatal(err, stderr.String())
		}
		device := relaytest.NewClient(t, conn)
		device.Expect(220)
		device.Do("EHLO device", 250)
		return device
	}
	send := func(device *relaytest.Client, from string) {
		device.Do("MAIL FROM:<"+from+">", 250)
		device.Do("RCPT TO:<kim@example.org>", 250)
		device.Do("DATA", 354)
		device.Do("From: Device <"+from+">\r\nSubject: scan\r\n\r\npage 1\r\n.", 250)
		device.Do("QUIT", 221)
	}
	send(connect(), "root@scanner.local")
	printer := connect()
	printer.StartTLS(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}})
	printer.Do("EHLO printer", 250)
	printer.Do("AUTH LOGIN", 334)
	printer.Do(base64.StdEncoding.EncodeToString([]byte("printer")), 334)
	printer.Do(base64.StdEncoding.EncodeToString([]byte("geheim")), 235)
	send(printer, "admin@printer.local")

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := c.smtp.Wait(ctx, 2)
	if err != nil {
		t.Error(err)
	}
	for _, m := range got {
		if m.User != cloudBox || !m.TLS || m.From != cloudBox || !strings.Contains(string(m.Data), "From: \"Device\" <"+cloudBox+">\r\nX-Original-From: Device <") {
			t.Errorf("as %s from %s:\n%s", m.User, m.From, m.Data)
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || !strings.Contains(stderr.String(), "mail-from=admin@printer.local from="+cloudBox) {
		t.Errorf("%v:\n%s", err, stderr)
	}
}
