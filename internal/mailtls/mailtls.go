// Package mailtls has the server's side of TLS as mail clients expect it: [Config] offers
// what they need beyond the defaults of crypto/tls, [Harden] keeps a program's changes to it
// safe, and [Server] explains a handshake that fails. [Floor] is the minimum of both sides
// where TLS is required.
package mailtls

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// MinVersion is the oldest version that servers accept (RFC 8996).
const MinVersion = tls.VersionTLS12

// suites are the cipher suites for TLS 1.2; TLS 1.3 has its own. Whatever their order
// here, crypto/tls prefers forward secrecy and authenticated encryption (RFC 9325,
// section 4.2). The other suites are for peers that have nothing better: Windows Server
// 2012 R2 and its contemporaries have ECDHE with CBC only for an RSA certificate, and
// many printers of those years have RSA key exchange only, which crypto/tls leaves out
// by default. Without these suites such a peer sends in plaintext or not at all, which
// is worse.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,

	tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,

	tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	tls.TLS_RSA_WITH_AES_256_CBC_SHA,
}

// Config returns a new configuration for a server, without certificates. It may be changed
// and is ready for [Server] after [Harden].
//
// Session tickets are off: SMTP sessions aren't resumed, and crypto/tls sends tickets of
// TLS 1.3 before it has received the client's Finished. Then Exchange Online closes the
// connection, and libesmtp waits for five minutes.
func Config() *tls.Config {
	return &tls.Config{
		MinVersion:             MinVersion,
		CipherSuites:           slices.Clone(suites),
		SessionTicketsDisabled: true,
	}
}

// Floor raises c to TLS 1.2 at least, and removes RC4 and Triple DES from its cipher suites.
func Floor(c *tls.Config) {
	c.MinVersion = max(c.MinVersion, MinVersion)
	c.CipherSuites = slices.DeleteFunc(slices.Clone(c.CipherSuites), func(id uint16) bool {
		name := tls.CipherSuiteName(id)
		return strings.Contains(name, "RC4") || strings.Contains(name, "3DES")
	})
}

// Harden applies Floor to c and to the configurations that its GetConfigForClient returns.
// A configuration that has no version of TLS then is an error.
func Harden(c *tls.Config) error {
	Floor(c)
	if c.MaxVersion != 0 && c.MaxVersion < c.MinVersion {
		return fmt.Errorf("the newest TLS version is %s, which is older than the oldest, %s",
			tls.VersionName(c.MaxVersion), tls.VersionName(c.MinVersion))
	}
	choose := c.GetConfigForClient
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		note(hello)
		if choose == nil {
			return nil, nil
		}
		chosen, err := choose(hello)
		if chosen == nil || err != nil {
			return nil, err
		}
		chosen = chosen.Clone()
		Floor(chosen)
		return chosen, nil
	}
	return nil
}

// Server makes the server's side of the handshake on conn, whose configuration went
// through [Harden]. The error is a *[Failure].
func Server(ctx context.Context, conn *tls.Conn) error {
	var hello *tls.ClientHelloInfo
	err := conn.HandshakeContext(context.WithValue(ctx, helloKey{}, &hello))
	if err != nil {
		return failed(err, hello)
	}
	return nil
}

// helloKey is the context key of a **tls.ClientHelloInfo, which note sets.
type helloKey struct{}

// note stores the client's hello in the context.
func note(hello *tls.ClientHelloInfo) {
	if room, ok := hello.Context().Value(helloKey{}).(**tls.ClientHelloInfo); ok {
		*room = hello
	}
}
