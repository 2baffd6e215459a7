package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
)

// lmtpServer is one -lmtp: the LMTP server to which the mail of a Send connector goes.
type lmtpServer struct {
	connector string
	transport *delivery.LMTP
}

// parseLMTP parses CONNECTOR=unix:PATH or CONNECTOR=HOST:PORT. The name of a connector may
// have "=" in it.
func parseLMTP(s string) (lmtpServer, error) {
	name, path, ok := strings.Cut(s, "=unix:")
	if ok && name != "" && path != "" {
		return lmtpServer{name, &delivery.LMTP{Network: "unix", Address: path}}, nil
	}
	if i := strings.LastIndexByte(s, '='); i > 0 && !ok {
		if host, port, err := net.SplitHostPort(s[i+1:]); err == nil && host != "" && port != "" {
			return lmtpServer{s[:i], &delivery.LMTP{Network: "tcp", Address: s[i+1:]}}, nil
		}
	}
	return lmtpServer{}, fmt.Errorf("-lmtp %s: the form is CONNECTOR=unix:PATH or CONNECTOR=HOST:PORT, as in ToMailboxes=unix:/run/dovecot/lmtp", s)
}

// lmtpServers returns the servers of all -lmtp.
func (f *serveFlags) lmtpServers() ([]lmtpServer, error) {
	var list []lmtpServer
	var errs []error
	for _, s := range f.lmtp {
		server, err := parseLMTP(s)
		if err == nil && slices.ContainsFunc(list, func(other lmtpServer) bool { return strings.EqualFold(other.connector, server.connector) }) {
			err = fmt.Errorf("-lmtp %s: the connector %s has another -lmtp", s, server.connector)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, server)
	}
	if len(f.lmtp) > 0 && f.data == "" {
		errs = append(errs, errors.New("-lmtp needs a queue: some recipients of a message may have to wait; give -data DIR"))
	}
	return list, errors.Join(errs...)
}

// unfitLMTP returns an error for each -lmtp whose connector isn't one of this server's, or
// requires what LMTP doesn't have.
func (r *relayProcess) unfitLMTP(p *loaded) error {
	var errs []error
	for _, server := range r.lmtp {
		var found *connector.Outbound
		for out := range p.Send() {
			if out.Local() && strings.EqualFold(out.Name(), server.connector) {
				found = out
			}
		}
		if found == nil {
			errs = append(errs, fmt.Errorf("-lmtp %s: this server has no Send connector of that name", server.connector))
		} else if err := server.transport.Check(found); err != nil {
			errs = append(errs, fmt.Errorf("-lmtp %s: %w", server.connector, err))
		}
	}
	return errors.Join(errs...)
}

// transports returns the transports of the connectors that have a -lmtp.
func (r *relayProcess) transports() map[string]delivery.Transport {
	m := make(map[string]delivery.Transport)
	for _, server := range r.lmtp {
		m[server.connector] = server.transport
	}
	return m
}
