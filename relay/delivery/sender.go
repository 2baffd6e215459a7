package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/routing"
)

// Resolver finds next hops. *net.Resolver is one.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Sender is a relay.Handler and relay.Router that delivers while the client
// waits. The zero Sender works with the system's resolver and certificates.
// It is safe for concurrent use; its fields must not change once it is used.
type Sender struct {
	Resolver Resolver // nil: net.DefaultResolver
	// Dial calls a next hop, from the given source address if it is valid.
	// It must heed ctx. Nil: TCP.
	Dial func(ctx context.Context, source netip.Addr, to netip.AddrPort) (net.Conn, error)
	// Local reports whether an address is one of this machine's, so that mail
	// isn't sent to a wildcard binding of our own. Nil: the addresses of the
	// network interfaces; set it beside a Dial that doesn't call from them.
	// Loopback addresses always are.
	Local   func(netip.Addr) bool
	RootCAs *x509.CertPool // nil: the system's
	// Certificates are offered to next hops that ask for one: by a connector's
	// TlsCertificateName, else those that cover its Fqdn, else all.
	// SetCertificates replaces them.
	Certificates []tls.Certificate
	Logger       *slog.Logger // nil: no log

	renewed  atomic.Pointer[[]tls.Certificate] // nil: Certificates
	pool     pool
	buffers  sync.Pool
	timeouts smtpclient.Timeouts // zero: those of RFC 5321
}

// Check reports what of p's Send connectors can't be done with the fields of
// s: a TlsCertificateName that none of the Certificates has. Mail for such a
// connector would be refused with 451 until it is mended.
func (s *Sender) Check(p *connector.Policy) error {
	var errs []error
	for out := range p.Send() {
		if name := out.Settings().TlsCertificateName; name != "" && out.Local() {
			if _, err := certificate.Choose(name, out.Fqdn(), s.certificates()); err != nil {
				errs = append(errs, fmt.Errorf("delivery: Send connector %q: %w", out.Name(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// SetCertificates replaces the Certificates of a Sender that is in use, for
// connections that are opened from now on. The slice must not change any more.
func (s *Sender) SetCertificates(certificates []tls.Certificate) { s.renewed.Store(&certificates) }

// certificates returns those of the moment.
func (s *Sender) certificates() []tls.Certificate {
	if renewed := s.renewed.Load(); renewed != nil {
		return *renewed
	}
	return s.Certificates
}

// Route picks the Send connector of rcpt, and keeps one next hop per
// transaction. From the second recipient on it asks the next hop. Errors are
// *relay.Error.
func (s *Sender) Route(ctx context.Context, p *connector.Policy, env *relay.Envelope, rcpt *relay.Recipient) error {
	rcpt.Route = p.Route(rcpt.To, env.Size)
	if err := unroutable(rcpt.Route); err != nil {
		return err
	}
	t := s.target(p, rcpt)
	tx, _ := env.State.(*transaction)
	if tx == nil || len(env.To) == 0 {
		s.Release(env)
		env.State = &transaction{target: t}
		return nil
	}
	if tx.key != t.key {
		return &relay.Error{Reply: reply(connector.DifferentNextHop)}
	}
	return s.add(ctx, tx, env, rcpt)
}

// unroutable returns the error for a recipient without a Send connector.
func unroutable(r connector.Route) error {
	if r.Outcome == routing.Routed && r.Outbound != nil {
		return nil
	}
	return &relay.Error{Reply: r.Decision().Reply()}
}

// target returns where rcpt's mail goes.
func (s *Sender) target(p *connector.Policy, rcpt *relay.Recipient) target {
	out := rcpt.Route.Outbound
	t := target{key: key{out: out}, policy: p, set: out.Settings(), name: out.Fqdn()}
	switch {
	case rcpt.Route.Via != nil:
		t.via = rcpt.Route.Via.FQDN
		if t.via == "" {
			t.via = rcpt.Route.Via.Name
		}
	case len(t.set.SmartHosts) == 0:
		t.domain = rcpt.To.Domain()
		t.secure = out.Secured(t.domain)
		fallthrough
	default:
		t.keep = out.Headers(t.domain).Keep
	}
	return t
}

// Release gives up what Route opened at the next hop, and keeps the connection
// for others.
func (s *Sender) Release(env *relay.Envelope) {
	if tx, _ := env.State.(*transaction); tx != nil && tx.link != nil {
		s.pool.put(tx.link)
		tx.link = nil
	}
	env.State = nil
}

// Deliver sends the message to the next hop that Route chose, and returns nil
// when that took it for all recipients. Otherwise it took it for none, or its
// answer was lost. Errors are *relay.Error; of a body that couldn't be read to
// its end, Deliver leaves nothing at the next hop.
func (s *Sender) Deliver(ctx context.Context, env *relay.Envelope, body io.Reader) error {
	tx, _ := env.State.(*transaction)
	if tx == nil || len(env.To) == 0 {
		return &relay.Error{Reply: reply(connector.NotRouted)}
	}
	m, err := s.read(&tx.target, env, body)
	if err != nil {
		return s.outcome(ctx, env, tx, "", smtpclient.Reply{}, err)
	}
	defer s.free(m)
	l, err := s.ready(ctx, env, tx, m)
	if err != nil {
		return s.outcome(ctx, env, tx, "", smtpclient.Reply{}, err)
	}
	reply, err := l.Data(ctx, m.Message)
	s.pool.put(l)
	return s.outcome(ctx, env, tx, l.host, reply, err)
}

// ready returns a connection on which all recipients were accepted.
func (s *Sender) ready(ctx context.Context, env *relay.Envelope, tx *transaction, m *message) (*link, error) {
	mail := mailOf(env, m.size(env), m.utf8, nil)
	if l := tx.link; l != nil {
		tx.link = nil
		err := l.Check(mail)
		if err == nil && tx.taken == len(env.To) {
			return l, nil
		}
		s.pool.put(l)
		if err != nil {
			return nil, err
		}
	}
	to := rcptsOf(env)
	l, answers, err := s.begin(ctx, &tx.target, mail, to, len(to) == 1 && !m.Binary && m.Rest == nil)
	if err != nil {
		return nil, err
	}
	return s.unanimous(l, answers)
}

// unanimous returns l if all recipients were accepted. If some were and some
// not, none gets the message: the client comes back, and then hears of each.
func (s *Sender) unanimous(l *link, answers []error) (*link, error) {
	var refused error
	taken := 0
	for _, err := range answers {
		if err == nil {
			taken++
		} else {
			refused = worse(refused, err)
		}
	}
	if refused == nil {
		return l, nil
	}
	s.pool.put(l)
	if taken > 0 {
		return nil, &relay.Error{Reply: reply(connector.MixedRecipients), Err: refused}
	}
	return nil, refused
}

// outcome leaves word of how a delivery ended, in env for the Server's log if it
// went well, and returns the error for the client.
func (s *Sender) outcome(ctx context.Context, env *relay.Envelope, tx *transaction, host string, r smtpclient.Reply, err error) error {
	if err == nil {
		env.Delivered = tx.set.Name + " to " + host + ": " + r.String()
		return nil
	}
	err = failure(err, tx.set)
	s.log(ctx, slog.LevelWarn, "not delivered",
		slog.String("id", env.ID), slog.String("connector", tx.set.Name),
		slog.Int("recipients", len(env.To)), slog.String("host", host), slog.String("error", logText(err)))
	return err
}

// log writes to the Logger if there is one.
func (s *Sender) log(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr) {
	if s.Logger != nil {
		s.Logger.LogAttrs(ctx, level, msg, attrs...)
	}
}

// Close drops the connections that have nothing to do. Those in use are
// closed when their transaction ends.
func (s *Sender) Close() error {
	s.pool.close()
	return nil
}
