package mailtls

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"
)

// What a client offers is named, GREASE and signals left out, and cut.
func TestReason(t *testing.T) {
	const grease = 0x1a1a
	many := []uint16{grease, 0x00ff, 0x0005, 0x000a, 0x0016, 0x0033, 0x0039, 0x003d, 0xc028, 0xc012, 0x0004, 0xfefe}
	noSuite := errors.New("tls: no cipher suite supported by both client and server; client offered: [5]")
	for _, row := range []struct {
		err   error
		hello *tls.ClientHelloInfo
		want  string
	}{
		{noSuite, &tls.ClientHelloInfo{SupportedVersions: []uint16{grease, tls.VersionTLS12}, CipherSuites: many},
			"no cipher suite of the client fits: it offers TLS_RSA_WITH_RC4_128_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA, " +
				"TLS_DHE_RSA_WITH_AES_128_CBC_SHA, TLS_DHE_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA256, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, " +
				"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA and 2 more; it names no signature algorithms, so it needs key exchange by RSA or TlsMinimumVersion Tls11"},
		{noSuite, &tls.ClientHelloInfo{SupportedVersions: []uint16{tls.VersionTLS12}}, "no cipher suite of the client fits: it offers none; it names no signature algorithms, so it needs key exchange by RSA or TlsMinimumVersion Tls11"},
		{noSuite, &tls.ClientHelloInfo{SupportedVersions: []uint16{tls.VersionTLS12}, CipherSuites: []uint16{0x0033, 0x0039, 0x00ff}},
			"no cipher suite of the client fits: it offers TLS_DHE_RSA_WITH_AES_128_CBC_SHA, TLS_DHE_RSA_WITH_AES_256_CBC_SHA; this server has no key exchange by DHE"},
		{errors.New("tls: client offered only unsupported versions: []"), &tls.ClientHelloInfo{SupportedVersions: []uint16{grease}},
			"the client speaks SSL only; TLS 1.2 or later is required"},
		{errors.New("tls: peer doesn't support any of the certificate's signature algorithms"),
			&tls.ClientHelloInfo{SupportedVersions: []uint16{tls.VersionTLS12}, SignatureSchemes: []tls.SignatureScheme{tls.PKCS1WithSHA1}},
			"the client has no signature algorithm that fits the certificate: it offers PKCS1WithSHA1"},
		{errors.New("tls: client using inappropriate protocol fallback"), &tls.ClientHelloInfo{SupportedVersions: []uint16{tls.VersionTLS12}},
			"client using inappropriate protocol fallback"},
		{errors.New("tls: unexpected message"), nil, "unexpected message"},
		{context.DeadlineExceeded, nil, "the client stopped responding"},
	} {
		if got := reason(row.err, offer{hello: row.hello, config: Floor{}.Config()}); got != row.want {
			t.Errorf("%v:\n%s, want\n%s", row.err, got, row.want)
		}
	}
}
