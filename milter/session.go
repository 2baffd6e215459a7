package milter

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	gomilter "github.com/emersion/go-milter"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/message"
)

// session follows one SMTP connection. One goroutine at a time uses it.
type session struct {
	filter *Milter
	talk   *gomilter.ClientSession // nil: not connected
	done   bool                    // the filter has accepted or is left out until the connection ends

	name          string // of the SMTP connection in events
	fqdn, daemon  string
	client, local netip.AddrPort
	helo          string

	// Of the transaction.
	id      string // of the message; "": no transaction is open
	passed  bool   // the filter isn't asked any more
	discard bool   // it has discarded the message
	open    bool   // it knows of the transaction, and of no end

	mu    sync.Mutex
	conn  net.Conn // to the filter; nil: not connected
	ended bool     // the SMTP connection has ended
}

// sessionKey is the key of a Milter's session in the context of a connection.
type sessionKey struct{ filter *Milter }

// Hooks returns the Hooks that ask the filter.
func (f *Milter) Hooks() relay.Hooks {
	of := func(ctx context.Context) *session {
		s, _ := ctx.Value(sessionKey{f}).(*session)
		return s
	}
	return relay.Hooks{
		Connect: func(ctx context.Context, c *relay.Conn) (context.Context, error) {
			s := &session{filter: f, name: c.ID, fqdn: c.Inbound.Fqdn(), daemon: c.Inbound.Name(), client: c.Remote, local: c.Local}
			context.AfterFunc(ctx, s.abandon)
			return context.WithValue(ctx, sessionKey{f}, s), s.connect(ctx)
		},
		Hello: func(ctx context.Context, c *relay.Conn) error {
			s := of(ctx)
			s.helo = c.Helo
			return s.hello(ctx)
		},
		Mail: func(ctx context.Context, env *relay.Envelope) (context.Context, error) {
			return nil, of(ctx).mail(ctx, env)
		},
		Rcpt: func(ctx context.Context, _ *relay.Envelope, rcpt envelope.Recipient) error {
			return of(ctx).rcpt(ctx, rcpt)
		},
		Message: func(ctx context.Context, env *relay.Envelope, m *message.Message) error {
			return of(ctx).message(ctx, env, m)
		},
		Done: func(ctx context.Context, _ *relay.Envelope, _ relay.Result) { of(ctx).end(ctx) },
	}
}

// connect connects to the filter and reports the client. If the filter is away, the error is
// nil: the DefaultAction is for MAIL.
func (s *session) connect(ctx context.Context) error {
	if err := s.dial(ctx); err != nil {
		s.lost(ctx, err)
		return nil
	}
	act, err := s.ask(ctx, s.commandTime(), func() (*gomilter.Action, error) {
		family := gomilter.FamilyInet
		if addr := s.client.Addr(); addr.Is6() && !addr.Is4In6() {
			family = gomilter.FamilyInet6
		}
		client := s.client.Addr().Unmap().String()
		port := strconv.Itoa(int(s.client.Port()))
		err := s.talk.Macros(gomilter.CodeConn, "j", s.fqdn, "{daemon_name}", s.daemon, "{daemon_addr}", s.local.Addr().Unmap().String(),
			"v", "Interchange", "{client_addr}", client, "{client_port}", port)
		if err != nil {
			return nil, err
		}
		return s.talk.Conn("unknown", family, s.client.Port(), client)
	})
	if err != nil {
		s.lost(ctx, err)
		return nil
	}
	return s.connectionVerdict(act)
}

// hello reports the name that the client has given.
func (s *session) hello(ctx context.Context) error {
	if s.talk == nil || s.done {
		return nil
	}
	act, err := s.ask(ctx, s.commandTime(), func() (*gomilter.Action, error) { return s.talk.Helo(s.helo) })
	if err != nil {
		s.lost(ctx, err)
		return nil
	}
	return s.connectionVerdict(act)
}

// connectionVerdict returns the error for an answer about a connection.
func (s *session) connectionVerdict(act *gomilter.Action) error {
	if act.Code == gomilter.ActAccept {
		s.done = true
	}
	return refusal(act)
}

// mail begins a transaction.
func (s *session) mail(ctx context.Context, env *relay.Envelope) error {
	s.id = env.ID
	s.passed, s.discard, s.open = s.done || s.filter.Skip != nil && s.filter.Skip(env), false, false
	if s.passed {
		return nil
	}
	if s.talk == nil { // it was away, or was lost in an earlier transaction
		if err := cmp.Or(s.connect(ctx), s.hello(ctx)); err != nil {
			return err
		}
		if s.talk == nil {
			return s.unavailable()
		}
		if s.passed = s.done; s.passed {
			return nil
		}
	}
	s.open = true
	from := ""
	if !env.From.IsNull() {
		from = env.From.String()
	}
	act, err := s.ask(ctx, s.commandTime(), func() (*gomilter.Action, error) {
		macros := []string{"i", env.ID, "{mail_addr}", from}
		if env.User != "" {
			macros = append(macros, "{auth_authen}", env.User)
		}
		if env.TLS != nil {
			macros = append(macros, "{tls_version}", tls.VersionName(env.TLS.Version), "{cipher}", tls.CipherSuiteName(env.TLS.CipherSuite))
		}
		if err := s.talk.Macros(gomilter.CodeMail, macros...); err != nil {
			return nil, err
		}
		return s.talk.Mail(from, parameters(&env.Envelope))
	})
	return s.verdict(ctx, act, err)
}

// parameters returns those of MAIL.
func parameters(env *envelope.Envelope) []string {
	var all []string
	if env.Size > 0 {
		all = append(all, "SIZE="+strconv.FormatInt(env.Size, 10))
	}
	if env.Body != envelope.SevenBit {
		all = append(all, "BODY="+env.Body.String())
	}
	if env.UTF8 {
		all = append(all, "SMTPUTF8")
	}
	return all
}

// rcpt reports a recipient.
func (s *session) rcpt(ctx context.Context, rcpt envelope.Recipient) error {
	switch {
	case s.passed:
		return nil
	case s.talk == nil:
		return s.unavailable()
	}
	act, err := s.ask(ctx, s.commandTime(), func() (*gomilter.Action, error) {
		to := rcpt.To.String()
		if err := s.talk.Macros(gomilter.CodeRcpt, "{rcpt_addr}", to); err != nil {
			return nil, err
		}
		return s.talk.Rcpt(to, nil)
	})
	if err == nil && act.Code != gomilter.ActAccept && act.Code != gomilter.ActDiscard {
		return refusal(act) // of this recipient: the transaction goes on
	}
	return s.verdict(ctx, act, err)
}

// verdict returns the error for an answer about a transaction.
func (s *session) verdict(ctx context.Context, act *gomilter.Action, err error) error {
	if err != nil {
		s.lost(ctx, err)
		return s.unavailable()
	}
	if act.Code != gomilter.ActContinue {
		s.open = false
		s.passed = act.Code == gomilter.ActAccept || act.Code == gomilter.ActDiscard
		s.discard = act.Code == gomilter.ActDiscard
	}
	return refusal(act)
}

// end ends the transaction, unless the filter knows already.
func (s *session) end(ctx context.Context) {
	s.id = ""
	if s.open && s.talk != nil {
		if err := s.talk.Abort(); err != nil {
			s.lost(ctx, err)
		}
	}
	s.open = false
}

// dial connects to the filter. Old filters, of version 2 of the protocol, know fewer changes.
func (s *session) dial(ctx context.Context) error {
	network, address, err := s.filter.address()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(s.filter.ConnectTimeout, defaultConnect))
	defer cancel()
	open := func(a gomilter.OptAction, p gomilter.OptProtocol) (*gomilter.ClientSession, net.Conn, error) {
		d := &dialer{ctx: ctx, filter: s.filter}
		defer d.stop()
		talk, err := gomilter.NewClientWithOptions(network, address, gomilter.ClientOptions{
			Dialer: d, ReadTimeout: orDefault(s.filter.MessageTimeout, defaultMessage), WriteTimeout: s.commandTime(), ActionMask: a, ProtocolMask: p,
		}).Session()
		if err != nil && d.conn != nil {
			_ = d.conn.Close()
		}
		return talk, d.conn, err
	}
	talk, conn, err := open(actions, protocol)
	if errors.Is(err, gomilter.ErrUnsupportedMilterVersion) {
		talk, conn, err = open(actions&actionsV2, protocol&protocolV2)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || ctx.Err() != nil {
		_ = conn.Close()
		return cmp.Or(context.Cause(ctx), context.Canceled)
	}
	s.talk, s.conn = talk, conn
	return nil
}

func (s *session) commandTime() time.Duration {
	return orDefault(s.filter.CommandTimeout, defaultCommand)
}

// ask calls f, which talks to the filter, for at most timeout.
func (s *session) ask(ctx context.Context, timeout time.Duration, f func() (*gomilter.Action, error)) (*gomilter.Action, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	act, err := f()
	if !stop() {
		return nil, fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
	return act, err
}

// lost reports a failure of the filter and ends the connection to it.
func (s *session) lost(ctx context.Context, err error) {
	s.report(ctx, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close()
	}
	s.talk, s.conn, s.open = nil, nil, false
}

// report says that the filter can't be asked, and what becomes of the message, if there is one.
func (s *session) report(ctx context.Context, err error) {
	read := event.Log(s.filter.Logger, s.filter.Events...)
	if read == nil {
		return
	}
	e := event.Event{
		Kind: event.MilterFailed, Time: time.Now(), Session: s.name, ID: s.id, Connector: s.daemon,
		Local: s.local, Remote: s.client, Helo: s.helo, Host: s.filter.Address, Err: &failure{err},
	}
	if s.id != "" {
		e.Detail = s.filter.DefaultAction.String()
	}
	read(ctx, e)
}

// library is the name with which errors of go-milter begin.
const library = "milter"

// failure is an error of go-milter, without the library's name.
type failure struct{ err error }

// Error implements error.
func (e *failure) Error() string {
	text := strings.TrimPrefix(e.err.Error(), library+": ")
	return strings.TrimPrefix(text, "session create: ")
}

// Unwrap returns the error itself.
func (e *failure) Unwrap() error { return e.err }

// unavailable returns the error by the DefaultAction.
func (s *session) unavailable() error {
	away := fmt.Errorf("%s: the milter can't be asked", s.filter.Address) // for the log, beside the reply
	switch s.filter.DefaultAction {
	case Accept:
		s.passed = true
		return nil
	case Reject:
		return rejected(away)
	}
	return refusedForNow(away)
}

// quit is the packet that ends a connection to a filter.
var quit = []byte{0, 0, 0, 1, byte(gomilter.CodeQuit)}

// abandon ends the connection to the filter when the SMTP connection has ended.
func (s *session) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.conn != nil {
		_ = s.conn.SetDeadline(time.Now().Add(time.Second))
		_, _ = s.conn.Write(quit) // it is closed, whether the filter hears this or not
		_ = s.conn.Close()
	}
}
