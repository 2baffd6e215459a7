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
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/certificate"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// Resolver finds next hops. *net.Resolver is one.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Sender is a relay.Handler and relay.Router that delivers while the client
// waits; who keeps messages hands them to Send. The zero Sender works with the system's resolver and certificates.
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
	// Certificates are shown to next hops that ask for one where the connector
	// says so: the one of its TlsCertificateName, or for the domains that it
	// secures those that cover its Fqdn. SetCertificates replaces them.
	Certificates []tls.Certificate
	Logger       *slog.Logger // nil: no log

	renewed  atomic.Pointer[[]tls.Certificate] // nil: Certificates
	pool     pool
	health   health
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

// Route picks the Send connector of rcpt, keeps one next hop per transaction, and
// asks it. Errors are *relay.Error.
func (s *Sender) Route(ctx context.Context, p *connector.Policy, env *relay.Envelope, rcpt *envelope.Recipient) error {
	hop, err := nextHop(p, rcpt.To, p.Route(rcpt.To, env.Size))
	if err != nil {
		return err
	}
	tx, _ := env.State.(*transaction)
	switch {
	case tx != nil && tx.hop.key == hop.key:
	case len(env.To) > 0:
		return &relay.Error{Reply: replyFor(reply.DifferentNextHop)}
	default:
		s.Release(env)
		tx = &transaction{hop: hop}
		env.State = tx
	}
	return s.add(ctx, tx, env, rcpt)
}

// Release gives up what Route opened at the next hop, and keeps the connection
// for others.
func (s *Sender) Release(env *relay.Envelope) {
	if tx, _ := env.State.(*transaction); tx != nil {
		s.giveUp(tx)
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
		return &relay.Error{Reply: replyFor(reply.NotRouted)}
	}
	m, err := s.read(&tx.hop, &env.Envelope, body)
	if err != nil {
		return s.outcome(ctx, env, tx, taken{}, err)
	}
	defer s.free(m)
	t, err := s.finish(ctx, env, tx, m)
	return s.outcome(ctx, env, tx, t, err)
}

// finish ends the transaction that is open, or makes another one. The message may
// go to all recipients or to none: the client comes back, and then hears of each.
func (s *Sender) finish(ctx context.Context, env *relay.Envelope, tx *transaction, m *message) (taken, error) {
	if l := tx.link; l != nil && tx.taken == len(env.To) && l.Check(m.mail) == nil {
		t := l.taken()
		tx.link = nil
		var err error
		t.reply, err = s.data(ctx, l, m)
		if !m.again(err) || isDoubt(err) && !l.usedBefore {
			return t, err
		}
	}
	s.giveUp(tx)
	return s.hand(ctx, &tx.hop, env.To, m, waitTimeout, unanimous)
}

// outcome leaves word of how a delivery ended, in env for the Server's log if it
// went well, and returns the error for the client.
func (s *Sender) outcome(ctx context.Context, env *relay.Envelope, tx *transaction, t taken, err error) error {
	if err == nil {
		env.Delivered = tx.hop.set.Name + " to " + t.host + " [" + t.addr + secured(t.tls) + "]: " + t.reply.String()
		return nil
	}
	e := failure(err, tx.hop.set)
	s.log(ctx, slog.LevelWarn, "not delivered",
		slog.String("id", env.ID), slog.String("connector", tx.hop.set.Name),
		slog.Int("recipients", len(env.To)), slog.String("host", t.host), slog.String("error", printable(cause(e))))
	return e
}

// secured names a version of TLS behind an address; "" in the clear.
func secured(version uint16) string {
	if version == 0 {
		return ""
	}
	return ", " + tls.VersionName(version)
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
