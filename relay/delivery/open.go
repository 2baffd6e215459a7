package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Open opens a connection for an SMTP client, such as those of net/smtp and go-smtp: it
// calls a host of the Send connector out, and goes through EHLO, TLS and AUTH as for a
// message. The hosts are the connector's smart hosts, otherwise those of the domain to,
// which may be an address literal. The client reads a greeting on the connection and may
// send EHLO. It must close the connection; the connector's limits for messages are its duty.
//
// [Diagnose] says what would cure an error. The connection is never in the clear where the connector requires TLS. ctx ends Open,
// not the connection.
func (s *Sender) Open(ctx context.Context, out *connector.Outbound, to routing.Domain) (net.Conn, error) {
	switch {
	case out == nil:
		return nil, errors.New("there is no Send connector")
	case !out.Settings().Enabled.Or(true):
		return nil, fmt.Errorf("the Send connector %q is disabled", out.Name())
	case !out.Local():
		return nil, fmt.Errorf("the Send connector %q belongs to other servers", out.Name())
	}
	h := hopOf(out, to)
	if len(h.set.SmartHosts) == 0 && !to.IsValid() {
		return nil, fmt.Errorf("the Send connector %q has no smart hosts, and no domain is given", out.Name())
	}
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var failed failures
	for _, c := range s.candidates(&h) {
		conn, err := s.openAny(limited, &h, c)
		if err == nil {
			return conn, nil
		}
		failed.add(err)
	}
	return nil, fmt.Errorf("the Send connector %q: %w", out.Name(), &failed)
}

// openAny opens a connection to one of the addresses of c.
func (s *Sender) openAny(ctx context.Context, h *NextHop, c candidate) (net.Conn, error) {
	if err := s.admit(h, c); err != nil {
		s.session(h, c).end(err)
		return nil, err
	}
	n := s.session(h, c)
	list, refused, err := s.resolve(ctx, h, c)
	n.resolved(c, list, refused, err)
	if err != nil {
		n.end(err)
		return nil, err
	}
	end := time.Now().Add(connectTimeout)
	var failed failures
	for _, host := range refused {
		failed.add(host)
	}
	for _, e := range list {
		limit := end
		if len(list) > 1 {
			limit = time.Now().Add(addressTimeout)
		}
		if n == nil { // the connection before had the session
			n = s.session(h, c)
		}
		l, err := s.reach(ctx, limit, h, call{c, e}, n)
		if err != nil {
			if failed.add(err); isPaused(err) {
				break
			}
			continue
		}
		n = nil
		conn, err := l.Handover()
		l.session.end(cmp.Or(err, errHandedOver))
		if err == nil {
			return conn, nil
		}
		failed.add(&hostError{c.name, err})
	}
	n.end(failed.last())
	return nil, &failed
}
