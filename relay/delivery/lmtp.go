package delivery

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/hopreply"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
)

// LMTP is a Transport that hands messages to an LMTP server (RFC 2033), which replies for
// each recipient at the end of the message: Dovecot and Cyrus have one. If one mailbox is
// over quota, its recipient is tried again and the others are delivered. The smart hosts,
// the port and the source address of the Send connector don't count. Its Fqdn, timeouts,
// header firewall and MaxMessageSize do.
//
// LMTP has neither TLS nor authentication here: use a socket of this machine or a network
// that you trust. Messages of a Send connector that requires either are not sent; see
// Check. Network and Address must be set; no field may change after the first use. An LMTP
// is safe for concurrent use.
type LMTP struct {
	Network string // "unix" or "tcp", as for net.Dial
	Address string // the path of the socket, or host and port
	// Dial connects to the server. It must return when ctx ends. Nil: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// ProtocolLog and ConnectivityLog are those of a Sender.
	ProtocolLog     func(event.Line)
	ConnectivityLog func(event.ConnectivityLine)

	once   sync.Once
	sender Sender // its memory, its kept connections, and its logs
}

// Check returns an error if Network or Address is empty, or if out requires TLS or
// authentication.
func (l *LMTP) Check(out *connector.Outbound) error {
	if l.Network == "" || l.Address == "" {
		return errors.New("the LMTP server's network or address is missing")
	}
	if out == nil {
		return nil
	}
	h := &NextHop{out: out, set: out.Settings()}
	if h.tlsPolicy(candidate{}).Required || h.set.DomainSecureEnabled || h.basicAuth() || h.usesTokens() {
		return errors.New("the Send connector requires TLS or authentication, which LMTP is used without")
	}
	return nil
}

// Send implements Transport. A recipient whose reply is lost after the message was sent is
// tried again, although its mailbox may have the message.
func (l *LMTP) Send(ctx context.Context, hop NextHop, env *envelope.Envelope, to []envelope.Recipient, body io.Reader) ([]Outcome, error) {
	outcomes := make([]Outcome, len(to))
	if hop.out == nil || len(to) == 0 {
		fill(outcomes, Outcome{Err: &relay.Error{Reply: replyFor(reply.NotRouted)}})
		return outcomes, nil
	}
	if err := l.Check(hop.out); err != nil {
		err = &hopError{&relay.Error{Reply: replyFor(reply.NextHopSecurity), Err: err}}
		fill(outcomes, hop.refused(exchange{}, err))
		return outcomes, err
	}
	m, err := l.sender.read(ctx, &hop, env, body)
	if err != nil {
		fill(outcomes, hop.refused(exchange{}, err))
		return outcomes, nil
	}
	defer l.sender.free(m)
	t, answers, err := l.hand(ctx, &hop, to, m)
	for i, a := range answers {
		if outcomes[i] = t.outcome(a.Reply); a.Err != nil {
			outcomes[i] = hop.refused(t, a.Err)
		}
	}
	if err != nil {
		for i := range outcomes {
			if outcomes[i].Err == nil {
				outcomes[i] = hop.refused(t, err)
			}
		}
	}
	return outcomes, hopFailure(ctx, outcomes, err)
}

// hand gives m to the recipients that the server accepts, on a kept connection or a new
// one. It returns an Answer for each recipient, or none if there is no connection. The
// error concerns all recipients whose Answer has no error.
func (l *LMTP) hand(ctx context.Context, h *NextHop, to []envelope.Recipient, m *outgoing) (t exchange, answers []smtpclient.Answer, err error) {
	for fresh := false; ; fresh = true {
		k, err := l.connect(ctx, h, fresh)
		if err != nil {
			return exchange{}, nil, &hopError{err}
		}
		t = k.exchange()
		answers, err = transact(ctx, k, to, m)
		l.sender.pool.put(k)
		if !k.usedBefore || !mayRepeat(err) {
			return t, answers, err
		}
		l.sender.pool.drop(k.key) // the older connections are likely to be dead too
	}
}

// connect returns a kept connection; a new one if the pool has none, or if fresh is set.
func (l *LMTP) connect(ctx context.Context, h *NextHop, fresh bool) (*link, error) {
	key := linkKey{out: h.out, host: l.Address}
	if !fresh {
		if k := l.sender.pool.get(key); k != nil {
			return k, nil
		}
	}
	l.once.Do(func() { l.sender.ProtocolLog, l.sender.ConnectivityLog = l.ProtocolLog, l.ConnectivityLog })
	n := l.sender.session(h, candidate{name: l.Address})
	host := "localhost"
	if name, _, err := net.SplitHostPort(l.Address); l.Network != "unix" && err == nil {
		host = name
	}
	conn, err := l.open(ctx, h, host, n)
	if err != nil {
		n.end(err)
		return nil, err
	}
	k := &link{Conn: conn, key: key, host: host, addr: l.Address, idle: h.idle(), left: cmp.Or(max(h.set.SmtpMaxMessagesPerConnection, 0), -1), session: n}
	n.established(k)
	return k, nil
}

// open opens a connection that n logs.
func (l *LMTP) open(ctx context.Context, h *NextHop, host string, n *session) (*smtpclient.Conn, error) {
	dial := l.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	limited, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	to, _ := netip.ParseAddrPort(l.Address) // a name or a socket isn't one
	n.calling(to)
	nc, err := dial(limited, l.Network, l.Address)
	if err != nil {
		err = &dialError{l.Address, err}
		n.unreachable(l.Address, err)
		return nil, err
	}
	conn, err := smtpclient.Open(ctx, nc, smtpclient.Config{Name: h.name, LMTP: true, Timeouts: h.timeouts(l.sender.timeouts), Log: n.connected(nc)})
	if err != nil {
		n.failed(l.Address, err)
		return nil, &hostError{host, explain(ofLMTP, err)}
	}
	return conn, nil
}

// ofLMTP is this server for an LMTP server.
var ofLMTP = hopreply.Caller{SmartHost: true}

// transact makes one transaction on k. It returns an Answer for each recipient; the error
// concerns those whose Answer has no error.
func transact(ctx context.Context, k *link, to []envelope.Recipient, m *outgoing) ([]smtpclient.Answer, error) {
	k.use()
	answers := make([]smtpclient.Answer, len(to))
	taken, err := k.Begin(ctx, m.mail, to, false)
	err = explain(ofLMTP, err)
	for i, refused := range taken {
		taken[i] = explain(ofLMTP, refused)
		answers[i].Err = taken[i]
	}
	switch {
	case err != nil && scopeOf(err) != ofMessage && !afterMail(err):
		return answers, &hopError{&hostError{k.host, err}}
	case err != nil:
		return answers, err
	case !slices.Contains(taken, nil):
		return answers, noneAccepted(taken)
	}
	size := k.session.count(&m.Message)
	each, err := k.DataEach(ctx, m.Message)
	if err != nil {
		return answers, ofNextHop(explain(ofLMTP, err))
	}
	if slices.ContainsFunc(each, func(a smtpclient.Answer) bool { return a.Err == nil }) {
		k.session.carried(size)
	}
	for i, refused := range taken {
		if refused == nil {
			each[0].Err = explain(ofLMTP, each[0].Err)
			answers[i], each = each[0], each[1:]
		}
	}
	return answers, nil
}

// mayRepeat reports whether a transaction that ended with err on a kept connection may
// succeed on a new one: no content has left, and the refusal may concern the connection.
func mayRepeat(err error) bool {
	var e *smtpclient.Error
	return errors.As(err, &e) && e.Stage != smtpclient.StageBody && (scopeOf(err) == ofConnection || doubtsConnection(err))
}

// Close closes unused connections. Connections in use are closed when their attempt ends.
func (l *LMTP) Close() error { return l.sender.Close() }
