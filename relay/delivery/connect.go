package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// How long it may take until a next hop is ready for a message. Each step of the
// conversation has a limit of its own (RFC 5321 section 4.5.3.2). These are the limits for a
// call, for everything up to AUTH at one address while there are others, and for all
// addresses together, with and without a waiting client.
const (
	dialTimeout    = 30 * time.Second
	addressTimeout = time.Minute
	waitTimeout    = 3 * time.Minute
	connectTimeout = 20 * time.Minute
)

// attempt is a transaction for which tryHosts looks for a host.
type attempt struct {
	hop   *NextHop
	mail  smtpclient.Mail
	to    []envelope.Recipient
	data  bool          // send DATA at once
	fresh bool          // use a new connection only
	limit time.Duration // for connecting

	opened  opened // the transaction, once tryHosts has found a host
	failed  failures
	heard   bool    // a host accepted MAIL
	refused []error // the permanent refusals of recipients before a connection was lost
}

// keepRefusals keeps the permanent refusals of recipients by a host before the connection was
// lost. A host may hang up because of them: without them the others are accepted.
func (a *attempt) keepRefusals(host string, answers []error) {
	for i, err := range answers {
		if err == nil || errors.Is(err, smtpclient.ErrUTF8) || replyTo(err, nil).Code < 500 {
			continue
		}
		if a.refused == nil {
			a.refused = make([]error, len(a.to))
		}
		a.refused[i] = &hostError{host, err}
	}
}

// tryHosts opens a transaction at one of the next hop's hosts, on a kept connection or a new
// one. It tries the next host after every failure except a refusal of this transaction. The
// error is a hopError if no host accepted or refused MAIL. With an error, the answers are
// the permanent refusals.
func (s *Sender) tryHosts(ctx context.Context, a *attempt) (*link, []error, error) {
	end := time.Now().Add(a.limit) // the commands of a transaction have limits of their own
	list := s.candidates(a.hop)
	var slow []call
	for _, c := range list {
		o, late := s.tryHost(ctx, end, a, c, len(list) == 1)
		slow = append(slow, late...)
		if o != nil && !(len(list) > 1 && s.skipHost(a, o)) {
			return s.begun(o)
		}
	}
	for _, c := range slow { // they may just be slow, and there is no other address
		n := s.session(a.hop, c.candidate)
		l, err := s.reach(ctx, end, a.hop, c, n)
		if err != nil {
			n.end(err)
			a.failed.add(err)
			continue
		}
		if o := s.tryLink(ctx, a, l); o != nil {
			return s.begun(o)
		}
	}
	failed := a.failed
	if a.heard {
		return nil, a.refused, &failed
	}
	return nil, nil, &hopError{&failed}
}

// opened is a transaction that a host has opened, or refused as a whole.
type opened struct {
	link    *link
	answers []error // to the recipients
	err     error   // the refusal
}

// kept returns a kept connection, unless the attempt needs a new one.
func (s *Sender) kept(a *attempt, k linkKey) *link {
	if a.fresh {
		return nil
	}
	return s.pool.get(k)
}

// tryLink begins the transaction on l. It returns nil, and closes l, if another connection
// may succeed.
func (s *Sender) tryLink(ctx context.Context, a *attempt, l *link) *opened {
	used := l.used
	l.use()
	answers, err := l.Begin(ctx, a.mail, a.to, a.data)
	err = s.note(ctx, l.key, l.account, err)
	for i := range answers {
		answers[i] = s.note(ctx, l.key, l.account, answers[i])
	}
	switch trouble := scopeOf(err); {
	case trouble == ofMessage && !(used && answersDoubtConnection(answers, err)):
		a.opened = opened{l, answers, err}
		return &a.opened
	case used && !isPaused(err):
		s.emit(ctx, event.Event{Kind: event.KeptConnectionFailed, ID: a.mail.ID, Connector: a.hop.set.Name, Host: l.host, Addr: l.addr, Err: err})
		if trouble != ofMessage {
			s.pool.drop(l.key) // the older connections are likely to be dead too
		}
	default:
		a.heard = a.heard || afterMail(err)
		a.failed.add(&hostError{l.host, err})
		s.health.failed(l.addr, time.Now())
		if trouble == ofConnection && l.Has("STARTTLS") && l.TLSVersion() == 0 {
			// STARTTLS was refused, and some hosts hang up then.
			s.health.tlsFailed(l.addr, plainHello, time.Now())
		}
	}
	a.keepRefusals(l.host, answers)
	l.close(refusalIn(answers, err))
	return nil
}

// skipHost reports whether a host lacks an extension that the message needs, so that another
// candidate must be tried. It then records the failure and keeps the connection for others.
func (s *Sender) skipHost(a *attempt, o *opened) bool {
	err := o.err
	if err == nil && !slices.Contains(o.answers, nil) {
		err = o.answers[0]
	}
	if !errors.Is(err, smtpclient.ErrTooBig) && !errors.Is(err, smtpclient.ErrUTF8) {
		return false
	}
	a.heard = true
	a.failed.add(&hostError{o.link.host, err})
	s.pool.put(o.link)
	return true
}

// begun gives back the connection of a transaction that was refused as a whole.
func (s *Sender) begun(o *opened) (*link, []error, error) {
	if o.err != nil {
		s.done(o.link, nil, o.err)
		return nil, nil, &hostError{o.link.host, o.err}
	}
	return o.link, o.answers, nil
}

// done keeps l for others after a transaction, unless the refusal may concern the
// connection, for example because it has had its messages, or because the next one must
// log on again.
func (s *Sender) done(l *link, answers []error, err error) {
	if answersDoubtConnection(answers, err) || refusesLogon(err) || slices.ContainsFunc(answers, refusesLogon) {
		l.close(refusalIn(answers, err))
		return
	}
	s.pool.put(l)
}

// failedOver reports the hosts that failed before another one accepted the transaction.
func (s *Sender) failedOver(ctx context.Context, a *attempt) {
	for _, err := range a.failed.list {
		s.emit(ctx, event.Event{Kind: event.HostFailed, ID: a.mail.ID, Connector: a.hop.set.Name, Err: err})
	}
}

// call is one address of a candidate.
type call struct {
	candidate
	endpoint
}

// tryHost opens the transaction at c: on a kept connection, or at the first of c's addresses
// that accepts it, until the time end. o is nil if no address does. slow holds the
// addresses that didn't answer soon while there were others. alone means that c is the
// only candidate.
func (s *Sender) tryHost(ctx context.Context, end time.Time, a *attempt, c candidate, alone bool) (o *opened, slow []call) {
	if err := s.admit(a.hop, c); err != nil {
		s.session(a.hop, c).end(err)
		a.failed.add(err)
		return nil, nil
	}
	key := s.linkKey(a.hop, c)
	if !alone {
		suspect := time.AfterFunc(suspectAfter, func() { s.health.suspected(key.String(), time.Now()) })
		defer suspect.Stop()
	}
	if l := s.kept(a, key); l != nil {
		if o := s.tryLink(ctx, a, l); o != nil || isPaused(a.failed.last()) {
			return o, nil
		}
	}
	if o, slow = s.callHost(ctx, end, a, c, alone); o == nil {
		s.health.failed(key.String(), time.Now())
	}
	return o, slow
}

// callHost is tryHost on a new connection.
func (s *Sender) callHost(ctx context.Context, end time.Time, a *attempt, c candidate, alone bool) (o *opened, slow []call) {
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	n := s.session(a.hop, c)
	list, refused, err := s.resolve(limited, a.hop, c)
	n.resolved(c, list, refused, err)
	for _, host := range refused {
		a.failed.add(host)
	}
	if err != nil {
		n.end(err)
		a.failed.add(err)
		return nil, nil
	}
	patience := addressTimeout
	if alone && len(list) == 1 {
		patience = connectTimeout
	}
	crowded := "" // a host that accepts no more connections now, at any address
	for _, e := range list {
		if e.host == crowded {
			continue
		}
		if n == nil { // the connection before had the session
			n = s.session(a.hop, c)
		}
		attempt, cancel := context.WithTimeout(limited, patience)
		l, err := s.reach(attempt, end, a.hop, call{c, e}, n)
		late := attempt.Err() != nil && limited.Err() == nil
		cancel()
		if err == nil {
			n = nil
			if o := s.tryLink(ctx, a, l); o != nil {
				s.failedOver(ctx, a)
				return o, nil
			}
			if isCrowded(a.failed.last()) {
				crowded = e.host
			}
		} else if a.failed.add(err); late {
			slow = append(slow, call{c, e})
		}
		if limited.Err() != nil || isPaused(a.failed.last()) {
			break
		}
	}
	n.end(a.failed.last())
	return nil, slow
}

// reach opens a connection to one address, until the time end. The connection has the session n
// from then on.
func (s *Sender) reach(ctx context.Context, end time.Time, h *NextHop, c call, n *session) (*link, error) {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	key := s.linkKey(h, c.candidate) // before the RootCAs are used
	if c.kind == smartHost && h.set.SmartHostMaxConnections > 0 {
		s.pool.dropOthers(key, s.account(h, c.candidate).user)
	}
	conn, err := s.logOn(ctx, h, c, n)
	address := c.endpoint.addr.String()
	if err != nil {
		if !errors.Is(err, errOwnCertificate) && !errors.As(err, new(*tokenError)) && !errors.Is(ctx.Err(), context.Canceled) {
			s.health.failed(address, time.Now())
		}
		return nil, &hostError{c.host, s.note(ctx, key, s.account(h, c.candidate), err)}
	}
	l := &link{Conn: conn, key: key, account: s.account(h, c.candidate), host: c.host, addr: address, idle: h.idle(), left: h.messages(), session: n}
	if l.left <= 0 {
		l.left = -1
	}
	s.health.answered(address)
	s.health.answered(l.key.String())
	s.breaker.accepted(key, false)
	n.established(l)
	return l, nil
}

// logOn is open with the credentials or the token of the connector. If the host refuses the
// token, it opens one more connection with another token.
func (s *Sender) logOn(ctx context.Context, h *NextHop, c call, n *session) (*smtpclient.Conn, error) {
	token, err := s.token(ctx, h, c.candidate)
	if err != nil {
		return nil, err
	}
	conn, err := s.open(ctx, h, c, token, n)
	again, failed := s.otherToken(ctx, h, c.candidate, token, err)
	switch {
	case failed != nil:
		return nil, fmt.Errorf("%w; %w", err, failed)
	case again != nil:
		return s.open(ctx, h, c, again, n)
	}
	return conn, err
}

// open calls c and goes through greeting, EHLO, TLS and AUTH, with token unless that is nil.
// When TLS fails it calls again with the next level, as far as the connector permits.
func (s *Sender) open(ctx context.Context, h *NextHop, c call, token *auth.BearerToken, n *session) (*smtpclient.Conn, error) {
	host := c.host
	if c.kind == smartHost {
		host = c.name // what the administrator wrote, not what DNS says
	}
	p := h.tlsPolicy(c.candidate)
	c.published.add(&p)
	last := inTheClear
	if p.Required || h.credentials(c.candidate) != nil || token != nil {
		last = plainHello // credentials are never sent in the clear after a failure
	}
	var failed error // TLS
	for level := min(s.health.tlsLevel(c.endpoint.addr.String()), last); ; level++ {
		config, err := s.tlsConfig(h, p, host, level)
		if err != nil {
			return nil, err
		}
		n.calling(c.endpoint.addr)
		nc, err := s.dial(ctx, h.source(), c.endpoint.addr)
		if err != nil {
			n.unreachable(c.endpoint.addr.String(), err)
			return nil, cmp.Or(failed, err)
		}
		conn, err := smtpclient.Open(ctx, nc, smtpclient.Config{
			Name: h.name, HELO: h.set.ForceHELO && h.key.via == "", DATA: s.health.hasNoBDAT(c.endpoint.addr.String()),
			TLS: config, ImplicitTLS: h.implicitTLS(), RequireTLS: p.Required || level > fullHello && last == plainHello,
			Auth: h.credentials(c.candidate), Token: token, Timeouts: h.timeouts(s.timeouts),
			Log: n.connected(nc),
		})
		if err != nil {
			n.failed(c.endpoint.addr.String(), err)
		}
		switch {
		case failed != nil && (errors.Is(err, smtpclient.ErrNoTLS) || hungUp(err)):
			return nil, failed // the next hop offered TLS before, and it failed
		case err == nil:
			s.test(ctx, h, c, conn)
			return conn, nil
		case !errors.Is(err, smtpclient.ErrHandshake):
			return nil, c.published.explain(err)
		}
		if failed = blameCertificate(err, config); isCertificate(err) || config == nil || ctx.Err() != nil {
			return nil, failed
		}
		s.health.tlsFailed(c.endpoint.addr.String(), level, time.Now())
		if level == last {
			return nil, failed
		}
		s.emit(ctx, event.Event{Kind: event.TLSFailed, Connector: h.set.Name, Host: c.host, Addr: c.endpoint.addr.String(),
			Detail: (level + 1).String(), Err: failed})
	}
}

// hungUp reports whether err is about a connection that was lost before the next hop
// answered EHLO.
func hungUp(err error) bool {
	var e *smtpclient.Error
	return errors.As(err, &e) && e.Reply.Code == 0 && (e.Stage == smtpclient.StageGreeting || e.Stage == smtpclient.StageHello)
}

func (s *Sender) dial(ctx context.Context, from netip.Addr, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dial := s.Dial
	if dial == nil {
		dial = dialTCP
	}
	nc, err := dial(ctx, from, to)
	if err != nil {
		return nil, &dialError{to.String(), err}
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
