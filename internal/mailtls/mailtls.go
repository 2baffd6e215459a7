// Package mailtls is TLS as mail clients expect it of a server: what is offered,
// where that differs from crypto/tls's defaults, and handshakes that fail told in
// words.
package mailtls

import (
	"context"
	"crypto/tls"
)

// MinVersion is the oldest version that is spoken (RFC 8996).
const MinVersion = tls.VersionTLS12

// suites are those of TLS 1.2; TLS 1.3 has its own. Whatever the order here,
// crypto/tls prefers forward secrecy and authenticated encryption (RFC 9325,
// section 4.2), so the others are for peers that have nothing better: Windows
// Server 2012 R2 and its contemporaries have ECDHE with CBC only for an RSA
// certificate, and many printers of those years exchange keys by RSA only.
// crypto/tls leaves the latter out by default. Without them such a peer sends
// in the clear or not at all, which is worse.
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

// Config returns what a server begins with.
//
// Session tickets are off: SMTP sessions aren't resumed, and crypto/tls sends
// those of TLS 1.3 before it has heard the client's Finished, upon which
// Exchange Online hangs up and libesmtp waits for five minutes.
func Config() *tls.Config {
	return &tls.Config{
		MinVersion:             MinVersion,
		CipherSuites:           suites,
		SessionTicketsDisabled: true,
		GetConfigForClient:     note,
	}
}

// Server puts conn, a connection whose configuration is from [Config], under TLS
// as its server. The error is a *[Failure].
func Server(ctx context.Context, conn *tls.Conn) error {
	var hello *tls.ClientHelloInfo
	err := conn.HandshakeContext(context.WithValue(ctx, helloKey{}, &hello))
	if err != nil {
		return failed(err, hello)
	}
	return nil
}

// helloKey is where a context has room for what a client began with.
type helloKey struct{}

// note keeps what a client began with, and leaves the configuration as it is.
func note(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if room, ok := hello.Context().Value(helloKey{}).(**tls.ClientHelloInfo); ok {
		*room = hello
	}
	return nil, nil
}
