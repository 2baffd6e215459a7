package mailtls_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/internal/mailtls"
)

// legacy is the floor of a connector for old printers.
var legacy = mailtls.Floor{MinVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}

// printers are old clients.
var printers = map[string]func() *tls.Config{
	"TLS 1.0": func() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10} },
	"Triple DES": func() *tls.Config {
		return &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}
	},
	"both": func() *tls.Config {
		return &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}
	},
}

// TestFloor: a lower floor serves old clients, and gives others what they had.
func TestFloor(t *testing.T) {
	cert := rsaCertificate(t)
	for name, printer := range printers {
		var got tls.ConnectionState
		if err := shakeAt(t, legacy, cert, dial(printer(), &got)); err != nil || !got.HandshakeComplete {
			t.Errorf("%s: %v", name, err)
		}
		if err := shake(t, cert, dial(printer(), &got)); err == nil {
			t.Errorf("%s is spoken without the floor", name)
		}
	}
	var got tls.ConnectionState
	if err := shakeAt(t, legacy, cert, dial(&tls.Config{}, &got)); err != nil || got.Version != tls.VersionTLS13 {
		t.Errorf("%v, %s", err, tls.VersionName(got.Version))
	}
	rc4 := &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}}
	if err := shakeAt(t, mailtls.Floor{CipherSuites: rc4.CipherSuites}, cert, dial(rc4, &got)); err == nil {
		t.Error("RC4 is spoken")
	}
	if err := shakeAt(t, mailtls.Floor{MinVersion: tls.VersionTLS13}, cert, dial(&tls.Config{MaxVersion: tls.VersionTLS12}, &got)); err == nil ||
		err.Error() != "TLS handshake failed: the client speaks TLS 1.2 only; TLS 1.3 or later is required (TlsMinimumVersion)" {
		t.Errorf("a higher floor: %v", err)
	}
}

// TestFloorHardens: a program can't go below the connector's floor, nor keep it up after its
// end, and may raise it.
func TestFloorHardens(t *testing.T) {
	for _, row := range []struct {
		name    string
		floor   mailtls.Floor
		program func(*tls.Config)
		client  *tls.Config
		spoken  bool
	}{
		{"below", mailtls.Floor{MinVersion: tls.VersionTLS11}, func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }, printers["TLS 1.0"](), false},
		{"raised", legacy, func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }, printers["TLS 1.0"](), false},
		{"chosen", legacy, func(c *tls.Config) {
			chosen := c.Clone()
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return chosen, nil }
		}, printers["both"](), true},
		{"chosen after the end", mailtls.Floor{MinVersion: tls.VersionTLS10, CipherSuites: legacy.CipherSuites, Until: time.Unix(1, 0)}, func(c *tls.Config) {
			chosen := c.Clone()
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return chosen, nil }
		}, printers["Triple DES"](), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			near, far := pair(t)
			config := floored(t, row.floor, func(c *tls.Config) {
				c.Certificates = []tls.Certificate{rsaCertificate(t)}
				row.program(c)
			})
			go func() {
				_ = mailtls.Server(context.Background(), tls.Server(far, config))
				far.Close()
			}()
			var got tls.ConnectionState
			dial(row.client, &got)(near)
			near.Close()
			if got.HandshakeComplete != row.spoken {
				t.Errorf("spoken: %t", got.HandshakeComplete)
			}
		})
	}
}

// TestFloorEnds: at its end the default floor holds, for a server that has been running since
// before.
func TestFloorEnds(t *testing.T) {
	cert := rsaCertificate(t)
	synctest.Test(t, func(t *testing.T) {
		floor := legacy
		floor.Until = time.Now().Add(time.Hour)
		config := floored(t, floor, func(c *tls.Config) { c.Certificates = []tls.Certificate{cert} })
		shake := func(client *tls.Config) error {
			near, far := net.Pipe()
			client.InsecureSkipVerify = true
			go func() {
				_ = tls.Client(near, client).Handshake()
				io.Copy(io.Discard, near) // the alert, which Close would wait for
			}()
			defer near.Close()
			defer far.Close()
			return mailtls.Server(t.Context(), tls.Server(far, config))
		}
		for _, printer := range printers {
			if err := shake(printer()); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Hour)
		for name, want := range map[string]string{
			"both":       "TLS handshake failed: the client speaks TLS 1.0 only; TLS 1.2 or later is required, because TlsLegacyEndDate has passed",
			"Triple DES": "TLS handshake failed: no cipher suite of the client fits: it offers TLS_RSA_WITH_3DES_EDE_CBC_SHA; TlsLegacyEndDate has passed",
		} {
			if err := shake(printers[name]()); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	})
}

// hello is a ClientHello of TLS 1.2 without signature_algorithms.
func hello(suites ...uint16) []byte {
	body := binary.BigEndian.AppendUint16(nil, tls.VersionTLS12)
	body = append(body, make([]byte, 32)...) // random
	body = append(body, 0)                   // no session
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(suites)))
	for _, s := range suites {
		body = binary.BigEndian.AppendUint16(body, s)
	}
	body = append(body, 1, 0)                                               // no compression
	body = append(body, 0, 14, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0) // supported_groups: P-256; ec_point_formats
	message := append([]byte{1, 0, 0, byte(len(body))}, body...)
	return append([]byte{22, 3, 1, 0, byte(len(message))}, message...)
}

// TestWithoutSignatures: a client of TLS 1.2 that names no signature algorithms gets TLS 1.1
// where that is allowed, and elsewhere a key exchange without a signature.
func TestWithoutSignatures(t *testing.T) {
	for _, row := range []struct {
		floor          mailtls.Floor
		suites         []uint16
		version, suite uint16
		want           string
	}{
		{legacy, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA}, tls.VersionTLS11, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, ""},
		{mailtls.Floor{}, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA}, tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_CBC_SHA, ""},
		{mailtls.Floor{}, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, 0, 0,
			"TLS handshake failed: no cipher suite of the client fits: it offers TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA; " +
				"it names no signature algorithms, so it needs key exchange by RSA or TlsMinimumVersion Tls11"},
	} {
		var version, suite uint16
		err := shakeAt(t, row.floor, rsaCertificate(t), func(c net.Conn) {
			c.Write(hello(row.suites...))
			answer := make([]byte, 5+4+2+32+1)
			if _, err := io.ReadFull(c, answer); err != nil || answer[0] != 22 {
				return
			}
			version = binary.BigEndian.Uint16(answer[9:])
			rest := make([]byte, int(answer[len(answer)-1])+2)
			if _, err := io.ReadFull(c, rest); err == nil {
				suite = binary.BigEndian.Uint16(rest[len(rest)-2:])
			}
		})
		if version != row.version || suite != row.suite || row.want != "" && err.Error() != row.want {
			t.Errorf("%s, %s, %v", tls.VersionName(version), tls.CipherSuiteName(suite), err)
		}
	}
}
