package relay

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/internal/mailtls"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/event"
)

// conversation writes the protocol log of one session.
type conversation struct {
	out  func(event.Line)
	line event.Line // the next one: what all lines have in common, and its number

	mechanism string // of the last AUTH

	mu    sync.Mutex
	shown *x509.Certificate // this server's, in the last handshake; nil: it isn't known
}

// write writes one line.
func (c *conversation) write(kind byte, data, context string) {
	if kind != 0 { // not withheld
		l := c.line
		l.Time, l.Event, l.Data, l.Context = time.Now(), kind, data, context
		c.out(l)
	}
	c.line.Sequence++
}

// note writes a line of the server's own.
func (c *conversation) note(data, context string) {
	c.write('*', ascii.Escape(data), ascii.Escape(context))
}

// rights notes the rights of the session from now on.
func (c *conversation) rights(rights permission.Set) {
	var names []string
	for r := range rights.All() {
		names = append(names, r.LogName())
	}
	data := strings.Join(names, " ")
	if data == "" {
		data = "None"
	}
	c.note(data, "Set Session Permissions")
}

// remember wraps the configuration of handshakes, so that the certificate that is shown is
// known.
func (c *conversation) remember(config func() *tls.Config) func() *tls.Config {
	return func() *tls.Config {
		wrapped := config().Clone()
		choose := wrapped.GetCertificate
		wrapped.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			chosen, err := certificateFor(wrapped, choose, hello)
			if chosen != nil {
				c.mu.Lock()
				c.shown = chosen.Leaf
				c.mu.Unlock()
			}
			return chosen, err
		}
		return wrapped
	}
}

// certificateFor returns the certificate that crypto/tls would choose by config, of which choose
// is the GetCertificate; nil leaves the choice to crypto/tls.
func certificateFor(config *tls.Config, choose func(*tls.ClientHelloInfo) (*tls.Certificate, error), hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if choose != nil {
		return choose(hello)
	}
	for i := range config.Certificates {
		if hello.SupportsCertificate(&config.Certificates[i]) == nil {
			return &config.Certificates[i], nil
		}
	}
	return nil, nil
}

// secured notes the handshake: this server's certificate, what was negotiated, and the client's
// certificate on ch.
func (c *conversation) secured(state tls.ConnectionState, ch auth.Channel) {
	c.mu.Lock()
	shown := c.shown
	c.mu.Unlock()
	if shown != nil {
		c.note(mailtls.CertificateNote(shown), "Sending certificate"+mailtls.CertificateFields)
	}
	if len(state.PeerCertificates) > 0 {
		c.note(mailtls.CertificateNote(state.PeerCertificates[0]), "Remote certificate"+mailtls.CertificateFields)
	}
	c.note("", mailtls.NegotiationNote(state, true))
	status := "EmptyCertificate"
	switch {
	case ch.Certificate == nil:
	case ch.Certificate.Verified:
		status = "Valid"
	default:
		status = "UntrustedRoot"
	}
	c.note("", fmt.Sprintf("Client certificate chain validation status: '%s'", status))
	if len(ch.PeerNames) > 0 {
		c.note(strings.Join(ch.PeerNames, " "), "Verified certificate names")
	}
}

// loggedOn notes who the client is from now on, and its rights.
func (c *conversation) loggedOn(user string, rights permission.Set) {
	c.rights(rights)
	c.note(user, "authenticated")
}

// logonFailed notes why a logon failed, and the user name that was tried, if any.
func (c *conversation) logonFailed(tried string, reason reply.Reason) {
	why := reason.String()
	if reason == reply.BadCredentials {
		why = "LogonDenied"
	}
	c.note("", fmt.Sprintf("Inbound AUTH %s failed because of %s", c.mechanism, why))
	if tried != "" {
		c.note("", "User Name: "+tried)
	}
}
