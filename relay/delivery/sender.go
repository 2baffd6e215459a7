// Package delivery hands messages to next hops through Send connectors.
package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
)

// Resolver finds next hops. *net.Resolver is one.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Sender is a relay.Handler that delivers while the client waits. The zero
// Sender works with the system's resolver and certificates.
type Sender struct {
	Resolver     Resolver
	Dial         func(ctx context.Context, source netip.Addr, to netip.AddrPort) (net.Conn, error)
	RootCAs      *x509.CertPool
	Certificates []tls.Certificate // offered to next hops that ask
	Logger       *slog.Logger
}

// Route picks the Send connector of rcpt and keeps one next hop per transaction.
func (s *Sender) Route(ctx context.Context, p *connector.Policy, env *relay.Envelope, rcpt *relay.Recipient) error {
	return nil
}

// Release gives up what Route opened at the next hop.
func (s *Sender) Release(env *relay.Envelope) {}

// Deliver sends the message.
func (s *Sender) Deliver(ctx context.Context, env *relay.Envelope, body io.Reader) error { return nil }

// Close drops idle connections.
func (s *Sender) Close() error { return nil }
