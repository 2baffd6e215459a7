package gateway

import (
	"crypto/tls"
	"errors"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// Config is what a Gateway works by and what Reload replaces as a whole.
type Config struct {
	// Policy has the Receive connectors to serve and the Send connectors to deliver by.
	Policy *connector.Policy

	// Verifier checks passwords. Nil: AUTH is not offered.
	Verifier auth.Verifier

	// Certificates are those that connectors choose from: Receive connectors for
	// STARTTLS, which is not offered without any, and Send connectors to show to next
	// hops. The slice must not change any more.
	Certificates []tls.Certificate
}

// Check returns an error if there is no Policy, and for each Send connector whose
// certificate is not among the Certificates.
func (c *Config) Check() error {
	if c.Policy == nil {
		return errors.New("no policy is given")
	}
	return (&delivery.Sender{Certificates: c.Certificates}).Check(c.Policy)
}

// Reload replaces the configuration. New sessions and delivery attempts work by next;
// sessions that are open end by the configuration that they began with. Bindings that
// are new are opened, and those that are gone are closed. If next can't be served, the
// error says why, and everything goes on by the previous configuration.
func (g *Gateway) Reload(next Config) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state != running {
		return ErrNotRunning
	}
	if err := next.Check(); err != nil {
		return err
	}
	// While some mail is still sent by the old policy and some by the new one, the
	// certificates that either names must be there.
	old := g.current.Certificates
	g.Sender.SetCertificates(append(next.Certificates[:len(next.Certificates):len(next.Certificates)], old...))
	if err := g.Server.Reload(next.Policy, next.Verifier, next.Certificates); err != nil {
		g.Sender.SetCertificates(old)
		return err
	}
	g.Sender.SetCertificates(next.Certificates)
	if g.queue != nil {
		g.Dispatcher.SetPolicy(next.Policy)
	}
	g.current = next
	return nil
}
