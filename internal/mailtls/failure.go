package mailtls

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// maxNamed is how many names List lists.
const maxNamed = 8

// Failure is the error of a handshake, in words for administrators.
type Failure struct {
	why string
	err error
}

// failed returns err, the error of a server's handshake, as a Failure.
func failed(err error, o offer) *Failure {
	return &Failure{"TLS handshake failed: " + reason(err, o), err}
}

// Error implements error.
func (f *Failure) Error() string { return f.why }

// Unwrap returns the error of crypto/tls.
func (f *Failure) Unwrap() error { return f.err }

// reason returns the words for err. crypto/tls has no types for most of its errors, so
// reason looks for the cause in the offers, and compares texts only if it must.
func reason(err error, o offer) string {
	var record tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &record):
		return "the client doesn't begin with TLS"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "the client stopped responding"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.ErrClosedPipe):
		return "the client closed the connection"
	case errors.As(err, &remote) && remote.Op == "remote error":
		return "the client refused: " + plain(remote.Err)
	case o.hello == nil:
		return plain(err)
	}
	oldest := o.config.MinVersion
	if !slices.ContainsFunc(o.hello.SupportedVersions, func(v uint16) bool { return v >= oldest && v <= tls.VersionTLS13 }) {
		text := fmt.Sprintf("the client speaks %s only; %s or later is required", versions(o.hello.SupportedVersions), tls.VersionName(oldest))
		return text + o.versionCure()
	}
	switch text := err.Error(); {
	case strings.Contains(text, "no cipher suite supported by both"):
		return "no cipher suite of the client fits: it offers " + suiteNames(o.hello.CipherSuites) + o.suiteCure()
	case strings.Contains(text, "signature_algorithms"), strings.Contains(text, "signature algorithms"):
		return "the client has no signature algorithm that fits the certificate: it offers " + signatureNames(o.hello.SignatureSchemes)
	}
	return plain(err)
}

// versionCure says which parameter refuses the client's version of TLS; "" if it has none
// that a server can speak.
func (o offer) versionCure() string {
	switch {
	case !slices.ContainsFunc(o.hello.SupportedVersions, func(v uint16) bool { return v >= tls.VersionTLS10 && v <= tls.VersionTLS13 }):
		return ""
	case o.floor.ended() && slices.Contains(o.hello.SupportedVersions, o.floor.oldest()):
		return ", because TlsLegacyEndDate has passed"
	}
	return " (TlsMinimumVersion)"
}

// suiteCure says what would let the server take one of the client's cipher suites; "" if
// nothing would.
func (o offer) suiteCure() string {
	if o.onlyDHE() {
		return "; this server has no key exchange by DHE"
	}
	if namesNoSignatures(o.hello) && o.config.MaxVersion != tls.VersionTLS11 {
		return "; it names no signature algorithms, so it needs key exchange by RSA or TlsMinimumVersion Tls11"
	}
	var more []uint16
	for _, id := range o.hello.CipherSuites {
		switch {
		case slices.Contains(o.config.CipherSuites, id) && exchangesByRSA(id):
			return "; these need a certificate with an RSA key"
		case canAdd(id) && !slices.Contains(o.config.CipherSuites, id):
			more = append(more, id)
		}
	}
	switch {
	case len(more) == 0:
		return ""
	case o.floor.ended() && slices.ContainsFunc(more, func(id uint16) bool { return slices.Contains(o.floor.CipherSuites, id) }):
		return "; TlsLegacyEndDate has passed"
	}
	return "; TlsLegacyCipherSuites could add " + suiteNames(more)
}

// onlyDHE reports whether the client offers DHE, and no cipher suite that the server has or a Floor can add.
func (o offer) onlyDHE() bool {
	exchangesByDHE := func(id uint16) bool { return strings.HasPrefix(suiteName(id), "TLS_DHE_") }
	isKnown := func(id uint16) bool { return slices.Contains(o.config.CipherSuites, id) || canAdd(id) }
	return slices.ContainsFunc(o.hello.CipherSuites, exchangesByDHE) && !slices.ContainsFunc(o.hello.CipherSuites, isKnown)
}

// canAdd reports whether a Floor can add the cipher suite.
func canAdd(id uint16) bool {
	is := func(s *tls.CipherSuite) bool { return s.ID == id && !strings.Contains(s.Name, "RC4") }
	return slices.ContainsFunc(tls.CipherSuites(), is) || slices.ContainsFunc(tls.InsecureCipherSuites(), is)
}

// plain is the text of err without the name of its package.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "tls: ") }

// versions names the versions of TLS in list, the oldest first.
func versions(list []uint16) string {
	var names []string
	for v := uint16(tls.VersionTLS10); v <= tls.VersionTLS13; v++ {
		if slices.Contains(list, v) {
			names = append(names, tls.VersionName(v))
		}
	}
	if len(names) == 0 {
		return "SSL" // older than TLS 1.0
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// suiteNames names cipher suites, without the signaling values.
func suiteNames(list []uint16) string {
	const scsv, fallback = 0x00ff, 0x5600
	var names []string
	for _, id := range list {
		if id != scsv && id != fallback && id&0x0f0f != 0x0a0a { // RFC 8701: GREASE
			names = append(names, suiteName(id))
		}
	}
	return List(names)
}

// suiteName names a cipher suite. crypto/tls knows few of the suites that it lacks.
func suiteName(id uint16) string {
	if name, ok := otherSuites[id]; ok {
		return name
	}
	return tls.CipherSuiteName(id)
}

// otherSuites has the names of old cipher suites that crypto/tls doesn't know.
var otherSuites = map[uint16]string{
	0x0004: "TLS_RSA_WITH_RC4_128_MD5",
	0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
	0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
	0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
	0x003d: "TLS_RSA_WITH_AES_256_CBC_SHA256",
	0x0067: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
	0x006b: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
	0x009e: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
	0x009f: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
	0xc024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
	0xc028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
}

// signatureNames names signature algorithms.
func signatureNames(list []tls.SignatureScheme) string {
	var names []string
	for _, s := range list {
		names = append(names, s.String())
	}
	return List(names)
}

// List lists the first few names for an error, and counts the others.
func List(names []string) string {
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > maxNamed:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
	}
	return strings.Join(names, ", ")
}
