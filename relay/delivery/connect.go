package delivery

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// How long it may take until a hop can be given a message: a connection, all
// up to AUTH at one address, and that at one address after the other. A hop
// that takes the connection and says nothing must leave time for the next.
const (
	dialTimeout    = 30 * time.Second
	addressTimeout = time.Minute
	connectTimeout = 3 * time.Minute
)

// begin opens a transaction at one of h's hosts, on a kept connection or a
// new one. Everything that isn't a refusal of this transaction makes it try
// the next host. The error is a hopError when no host took MAIL or refused it.
func (s *Sender) begin(ctx context.Context, h *NextHop, m smtpclient.Mail, to []smtpclient.Rcpt, data bool) (*link, []error, error) {
	// The commands of a transaction have waits of their own.
	connected := time.Now().Add(connectTimeout)
	var failed error
	heard := false // a host took MAIL
	for _, c := range h.candidates() {
		k := linkKey{h.out, c.kind, c.name}
		if l := s.pool.get(k); l != nil {
			answers, err := l.Begin(ctx, m, to, data)
			if !deadLink(err) {
				return s.begun(l, answers, err)
			}
			s.log(ctx, slog.LevelDebug, "kept connection was dead", slog.String("host", l.host), slog.Any("error", err))
			l.Close()
			s.pool.drop(k)
		}
		l, err := s.connect(ctx, connected, h, c, k)
		if err != nil {
			failed = worse(failed, err)
			continue
		}
		answers, err := l.Begin(ctx, m, to, data)
		if !deadLink(err) {
			return s.begun(l, answers, err)
		}
		l.Close()
		heard = heard || afterMail(err)
		failed = worse(failed, &hostError{l.host, err})
	}
	if !heard {
		failed = &hopError{failed}
	}
	return nil, nil, failed
}

// begun keeps the connection of a transaction that was refused as a whole.
func (s *Sender) begun(l *link, answers []error, err error) (*link, []error, error) {
	if err != nil {
		s.pool.put(l)
		return nil, nil, &hostError{l.host, err}
	}
	if l.left > 0 {
		l.left--
	}
	return l, answers, nil
}

// deadLink reports whether err says something about the connection and
// nothing about the transaction.
func deadLink(err error) bool {
	if err == nil {
		return false
	}
	var e *smtpclient.Error
	if !errors.As(err, &e) {
		return true
	}
	if e.Reply.Code != 0 {
		return e.Reply.Code == 421 || e.Stage == smtpclient.StageReset
	}
	return !errors.Is(err, smtpclient.ErrBinary) && !errors.Is(err, smtpclient.ErrUTF8) && !errors.Is(err, smtpclient.ErrTooBig)
}

// worse returns the error to report when several hosts failed: a temporary
// one, if there is one, because that host may yet take the message.
func worse(a, b error) error {
	if a == nil || replyTo(a, nil).Code >= 500 {
		return b
	}
	return a
}

// connect opens a connection to the first address of c that answers, until the
// time end.
func (s *Sender) connect(ctx context.Context, end time.Time, h *NextHop, c candidate, k linkKey) (*link, error) {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	list, err := s.resolve(ctx, h, c)
	if err != nil {
		return nil, err
	}
	p := h.tlsPolicy(c)
	var failed error
	for _, e := range list {
		attempt, cancel := context.WithTimeout(ctx, addressTimeout)
		conn, err := s.open(attempt, h, c, p, e)
		cancel()
		if err == nil {
			l := &link{Conn: conn, key: k, host: e.host, idle: h.idle(), left: h.set.SmtpMaxMessagesPerConnection}
			if l.left <= 0 {
				l.left = -1
			}
			return l, nil
		}
		s.log(ctx, slog.LevelWarn, "next hop failed", slog.String("connector", h.set.Name),
			slog.String("host", e.host), slog.String("address", e.addr.String()), slog.Any("error", err))
		failed = worse(failed, &hostError{e.host, err})
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// open calls e and goes through greeting, EHLO, TLS and AUTH.
func (s *Sender) open(ctx context.Context, h *NextHop, c candidate, p tlsPolicy, e endpoint) (*smtpclient.Conn, error) {
	host := e.host
	if c.kind == smartHost {
		host = c.name // what the administrator wrote, not what DNS says
	}
	config, err := s.tlsConfig(h, p, host)
	if err != nil {
		return nil, err
	}
	cfg := smtpclient.Config{
		Name: h.name, HELO: h.set.ForceHELO && h.key.via == "",
		TLS: config, RequireTLS: p.required,
		Auth: h.credentials(), Timeouts: h.timeouts(s.timeouts),
	}
	nc, err := s.dial(ctx, h.source(), e.addr)
	if err != nil {
		return nil, err
	}
	conn, err := smtpclient.Open(ctx, nc, cfg)
	if !errors.Is(err, smtpclient.ErrHandshake) || p.required || cfg.Auth != nil || ctx.Err() != nil {
		return conn, err
	}
	s.log(ctx, slog.LevelWarn, "TLS isn't required and failed, going on without", slog.String("host", e.host), slog.Any("error", err))
	cfg.TLS = nil
	if nc, err = s.dial(ctx, h.source(), e.addr); err != nil {
		return nil, err
	}
	return smtpclient.Open(ctx, nc, cfg)
}

// dialError is a connection that didn't come about.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

func (s *Sender) dial(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dial := s.Dial
	if dial == nil {
		dial = dialTCP
	}
	nc, err := dial(ctx, from, to)
	if err != nil {
		return nil, &dialError{err}
	}
	return nc, nil
}

// dialTCP is the Dial of a Sender that has none.
func dialTCP(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	if from.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
	}
	return d.DialContext(ctx, "tcp", to.String())
}
