package mailtls

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Floor is the least that a server accepts of TLS: the zero Floor TLS 1.2, without RC4 and
// Triple DES. RC4 is below every Floor.
type Floor struct {
	MinVersion   uint16    // 0: TLS 1.2
	CipherSuites []uint16  // offered beside those of the zero Floor
	Until        time.Time // from then on nothing weaker than the zero Floor is accepted; zero: it is
}

// oldest returns the oldest version of f while it holds.
func (f Floor) oldest() uint16 {
	if f.MinVersion == 0 {
		return MinVersion
	}
	return f.MinVersion
}

// ended reports whether Until has passed.
func (f Floor) ended() bool { return !f.Until.IsZero() && !time.Now().Before(f.Until) }

// after returns the Floor that holds after Until.
func (f Floor) after() Floor { return Floor{MinVersion: max(f.MinVersion, MinVersion)} }

// Config returns a new configuration for a server, without certificates. It may be changed
// and is ready for [Server] after [Floor.Harden].
//
// Session tickets are off: SMTP sessions aren't resumed, and crypto/tls sends tickets of
// TLS 1.3 before it has received the client's Finished. Then Exchange Online closes the
// connection, and libesmtp waits for five minutes.
func (f Floor) Config() *tls.Config {
	return &tls.Config{
		MinVersion:             f.oldest(),
		CipherSuites:           slices.Concat(suites, f.CipherSuites),
		SessionTicketsDisabled: true,
	}
}

// Raise raises c to f: its oldest version, and no RC4, nor Triple DES unless f has it.
func (f Floor) Raise(c *tls.Config) {
	c.MinVersion = max(c.MinVersion, f.oldest())
	c.CipherSuites = slices.DeleteFunc(slices.Clone(c.CipherSuites), func(id uint16) bool {
		name := tls.CipherSuiteName(id)
		return strings.Contains(name, "RC4") || strings.Contains(name, "3DES") && !slices.Contains(f.CipherSuites, id)
	})
}

// Harden applies f to c and to the configurations that its GetConfigForClient returns, at
// the time of each handshake. A configuration that has no version of TLS after Until is an
// error.
func (f Floor) Harden(c *tls.Config) error {
	choose, weak := c.GetConfigForClient, c.Clone()
	weak.GetConfigForClient = nil
	f.Raise(weak)
	c.CipherSuites = slices.DeleteFunc(slices.Clone(c.CipherSuites), func(id uint16) bool {
		return slices.Contains(f.CipherSuites, id) && !slices.Contains(suites, id)
	})
	f.after().Raise(c)
	if c.MaxVersion != 0 && c.MaxVersion < c.MinVersion {
		return fmt.Errorf("the newest TLS version is %s, which is older than the oldest, %s",
			tls.VersionName(c.MaxVersion), tls.VersionName(c.MinVersion))
	}
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		floor, config := f, weak
		if f.ended() {
			floor, config = f.after(), c
		}
		if choose != nil {
			chosen, err := choose(hello)
			if err != nil {
				return nil, err
			}
			if chosen != nil {
				config = chosen.Clone()
				floor.Raise(config)
			}
		}
		config = withoutSignatures(config, hello)
		note(offer{hello, f, config})
		return config, nil
	}
	return nil
}

// withoutSignatures returns the configuration for a client: config, unless the client speaks
// TLS 1.2 and names no signature algorithms. It takes signatures with SHA-1 only then (RFC
// 5246, section 7.4.1.4.1), which crypto/tls no longer makes. In TLS 1.1 they are of another
// kind, and a key exchange by RSA needs no signature.
func withoutSignatures(config *tls.Config, hello *tls.ClientHelloInfo) *tls.Config {
	if !namesNoSignatures(hello) {
		return config
	}
	changed := config.Clone()
	if config.MinVersion < tls.VersionTLS12 {
		changed.MaxVersion = tls.VersionTLS11
		return changed
	}
	changed.CipherSuites = slices.DeleteFunc(changed.CipherSuites, func(id uint16) bool { return !exchangesByRSA(id) })
	if len(changed.CipherSuites) == 0 { // which would mean those of crypto/tls
		return config
	}
	return changed
}

// namesNoSignatures reports whether a client speaks TLS 1.2 at most and names no signature
// algorithms.
func namesNoSignatures(hello *tls.ClientHelloInfo) bool {
	return len(hello.SignatureSchemes) == 0 && slices.Contains(hello.SupportedVersions, tls.VersionTLS12) &&
		!slices.Contains(hello.SupportedVersions, tls.VersionTLS13)
}

// exchangesByRSA reports whether a cipher suite exchanges keys by RSA, so that it needs a
// certificate with an RSA key.
func exchangesByRSA(id uint16) bool { return strings.HasPrefix(suiteName(id), "TLS_RSA_") }
