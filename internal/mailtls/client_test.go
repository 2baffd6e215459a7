package mailtls_test

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// TestClientFailure: the error of a next hop's handshake says what the next hop answered and
// what it was offered.
func TestClientFailure(t *testing.T) {
	cert := ecdsaCertificate(t)
	server := func(config *tls.Config) func(net.Conn) {
		config.Certificates = []tls.Certificate{cert}
		return func(c net.Conn) { _ = tls.Server(c, config).Handshake() }
	}
	for _, row := range []struct {
		name   string
		config *tls.Config
		server func(net.Conn)
		want   string
	}{
		{"old server", &tls.Config{MinVersion: tls.VersionTLS12}, server(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}),
			"the next hop refused: protocol version not supported; it was offered TLS 1.2 and TLS 1.3"},
		{"new server", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12}, server(&tls.Config{MinVersion: tls.VersionTLS13}),
			"the next hop refused: protocol version not supported; it was offered TLS 1.0, TLS 1.1 and TLS 1.2"},
		{"no suite", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, server(&tls.Config{}),
			"the next hop refused: handshake failure; it was offered TLS 1.2 with TLS_RSA_WITH_AES_128_CBC_SHA"},
		{"old answer", &tls.Config{}, func(c net.Conn) {
			answer := binary.BigEndian.AppendUint16(nil, tls.VersionTLS10)
			answer = append(answer, make([]byte, 32)...)
			answer = append(answer, 0, 0xc0, 0x13, 0)
			answer = append([]byte{22, 3, 1, 0, byte(4 + len(answer)), 2, 0, 0, byte(len(answer))}, answer...)
			c.Write(answer)
			io.Copy(io.Discard, c)
		}, "the next hop speaks TLS 1.0 at most; TLS 1.2 or later is required"},
		{"plain text", &tls.Config{}, func(c net.Conn) { io.WriteString(c, "500 5.5.2 Unrecognized command\r\n"); io.Copy(io.Discard, c) },
			"the next hop doesn't answer with TLS"},
		{"another certificate", &tls.Config{ServerName: "other.example"}, server(&tls.Config{}), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			near, far := pair(t)
			go func() {
				row.server(far)
				far.Close()
			}()
			defer near.Close()
			row.config.InsecureSkipVerify = row.want != ""
			err := tls.Client(near, row.config).Handshake()
			if err == nil {
				t.Fatal("the handshake succeeds")
			}
			got := mailtls.ClientFailure(err, row.config)
			if row.want == "" && got != err || row.want != "" && (got.Error() != row.want || !errors.Is(got, err)) {
				t.Errorf("%v, want %s", got, row.want)
			}
		})
	}
}
