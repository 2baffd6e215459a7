// Package mailtls has the server's side of TLS as mail clients expect it: a [Floor] is the
// least that a server accepts, [Floor.Config] offers what clients need beyond the defaults of
// crypto/tls, [Floor.Harden] keeps a program's changes to it safe, and [Server] explains a
// handshake that fails; [ClientFailure] explains a client's. The zero Floor is the minimum of
// both sides where TLS is required.
package mailtls

import (
	"context"
	"crypto/tls"
)

// MinVersion is the oldest version of the zero Floor (RFC 8996).
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

// Server makes the server's side of the handshake on conn, whose configuration went
// through [Floor.Harden]. The error is a *[Failure].
func Server(ctx context.Context, conn *tls.Conn) error {
	var o offer
	err := conn.HandshakeContext(context.WithValue(ctx, offerKey{}, &o))
	if err != nil {
		return failed(err, o)
	}
	return nil
}

// offer has the offers of both sides of a handshake. The zero offer is of a client that sent
// no hello.
type offer struct {
	hello  *tls.ClientHelloInfo // nil: none
	floor  Floor                // of the connector, whether it holds or not
	config *tls.Config          // of the server, for this client
}

// offerKey is the context key of an *offer, which note sets.
type offerKey struct{}

// note stores what both sides offer in the context of the client's hello.
func note(o offer) {
	if room, ok := o.hello.Context().Value(offerKey{}).(*offer); ok {
		*room = o
	}
}
