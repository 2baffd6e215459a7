package gosmtp

import (
	"context"
	"fmt"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/routing"
)

// Dial returns a client of a host of the Send connector out: connected, within TLS and
// authenticated as the connector demands. The hosts are the connector's smart hosts; a
// connector without any calls those of the domain to, which otherwise isn't used. s says
// how hosts are found, called and trusted; nil is the zero Sender. See
// [delivery.Sender.Open].
//
// Where the connector requires TLS, the client never speaks in the clear. Its
// TLSConnectionState is empty all the same, because TLS began before the client did; the
// VerifyConnection of a tls.Config gets that state, and s.TLSConfig can set it. The caller
// keeps to the sizes, the header firewall and the number of messages for a connection, and
// quotes addresses: give the client the text of routing.Address.String.
func Dial(ctx context.Context, out *connector.Outbound, to routing.Domain, s *delivery.Sender) (*smtp.Client, error) {
	if s == nil {
		s = new(delivery.Sender)
	}
	conn, err := s.Open(ctx, out, to)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	client := smtp.NewClient(conn)
	err = client.Hello(out.Fqdn())
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = client.Close()
		return nil, fmt.Errorf("the Send connector %q: EHLO within the connection: %w", out.Name(), err)
	}
	return client, nil
}
