package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
)

// Server serves the Receive connectors of a Policy.
type Server struct {
	Policy       *connector.Policy
	Verifier     auth.Verifier
	Handler      Handler
	Certificates []tls.Certificate
	ClientCAs    *x509.CertPool
	Logger       *slog.Logger
}

// ListenAndServe opens every binding of the policy and serves until Shutdown.
func (s *Server) ListenAndServe(ctx context.Context) error { return nil }

// Serve serves the connections of l; their local addresses pick the connector.
func (s *Server) Serve(l net.Listener) error { return nil }

// SetPolicy is what new connections go by from now on.
func (s *Server) SetPolicy(p *connector.Policy) {}

// Shutdown stops accepting, lets transactions end until ctx does, and closes.
func (s *Server) Shutdown(ctx context.Context) error { return nil }
