package milter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	gomilter "github.com/emersion/go-milter"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/message"
)

// Action says how mail is treated about which the filter can't be asked.
type Action int

// The actions, named as the values of Postfix's milter_default_action.
const (
	TempFail Action = iota // 451: the client tries again
	Accept                 // mail passes without the filter
	Reject                 // 550
)

// actionNames are the names of the actions in Postfix.
var actionNames = [...]string{"tempfail", "accept", "reject"}

// ParseAction reads the name of an action, in any letter case.
func ParseAction(s string) (Action, error) {
	for i, name := range actionNames {
		if strings.EqualFold(s, name) {
			return Action(i), nil
		}
	}
	return 0, fmt.Errorf("%.40q is not an action: give tempfail, accept or reject", s)
}

// String returns the name of a in Postfix, or a number.
func (a Action) String() string {
	if a < 0 || int(a) >= len(actionNames) {
		return fmt.Sprintf("Action(%d)", int(a))
	}
	return actionNames[a]
}

// Milter is a filter. Its fields must not change once its Hooks are in use; it is safe for
// concurrent use. The zero Milter has no address, so every message gets its DefaultAction.
type Milter struct {
	// Address is where the filter listens, as in Postfix's smtpd_milters:
	// "inet:127.0.0.1:11332" or "unix:/run/opendkim/opendkim.sock".
	Address string

	DefaultAction Action

	// Times: to connect (0: 30 seconds), for the answer to a command (0: 30 seconds), and for
	// a whole message (0: 5 minutes), as Postfix's milter_connect_timeout and its kind.
	ConnectTimeout, CommandTimeout, MessageTimeout time.Duration

	// Skip reports whether the filter isn't asked about a transaction, which begins with MAIL.
	// Nil: it is asked about every one.
	Skip func(env *relay.Envelope) bool

	// Quarantine keeps a message that the filter has quarantined: it may put it elsewhere and
	// empty env.To, or refuse it with an error. Nil: the message goes on with the field
	// X-Milter-Quarantine, which has the filter's reason, and which no client can set.
	Quarantine func(ctx context.Context, env *relay.Envelope, m *message.Message, reason string) error

	// Events are called with event.MilterFailed when the filter can't be asked, and with the
	// context of the connection, which waits for them.
	Events []event.Reader
	// Logger gets a line for each event. Nil: no log.
	Logger *slog.Logger

	// Dial connects to the filter. Nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	defaultConnect = 30 * time.Second
	defaultCommand = 30 * time.Second
	defaultMessage = 5 * time.Minute
)

// Check returns an error if the Address isn't one.
func (f *Milter) Check() error {
	_, _, err := f.address()
	return err
}

// Reach connects to the filter, agrees with it on the protocol, and ends the connection. The error says why the
// filter can't be asked now. Reach ends with ctx, and after ConnectTimeout.
func (f *Milter) Reach(ctx context.Context) error {
	s := &session{filter: f}
	if err := s.dial(ctx); err != nil {
		return &failure{err}
	}
	s.abandon()
	return nil
}

// address returns network and address for a Dialer.
func (f *Milter) address() (network, address string, err error) {
	kind, address, _ := strings.Cut(f.Address, ":")
	switch kind {
	case "inet", "inet6":
		host, port, err := net.SplitHostPort(address)
		if err == nil && host != "" && port != "" {
			return "tcp", net.JoinHostPort(host, port), nil
		}
	case "unix", "local":
		if address != "" {
			return "unix", address, nil
		}
	}
	return "", "", errors.New("the address of a milter: give inet:HOST:PORT or unix:PATH")
}

// actions are the changes that this package can make.
const actions = gomilter.OptAddHeader | gomilter.OptChangeBody | gomilter.OptAddRcpt | gomilter.OptRemoveRcpt |
	gomilter.OptChangeHeader | gomilter.OptQuarantine | gomilter.OptChangeFrom

// protocol are the steps that a filter may leave out, and the answers that it needn't give.
const protocol = gomilter.OptNoConnect | gomilter.OptNoHelo | gomilter.OptNoMailFrom | gomilter.OptNoRcptTo | gomilter.OptNoBody |
	gomilter.OptNoHeaders | gomilter.OptNoEOH | gomilter.OptNoUnknown | gomilter.OptNoData | gomilter.OptNoHeaderReply |
	gomilter.OptNoConnReply | gomilter.OptNoHeloReply | gomilter.OptNoMailReply | gomilter.OptNoRcptReply |
	gomilter.OptNoDataReply | gomilter.OptNoUnknownReply | gomilter.OptNoEOHReply | gomilter.OptNoBodyReply

// The actions and steps of version 2.
const (
	actionsV2  = 0x3f
	protocolV2 = 0x7f
)

// dialer is a Milter's dialer for go-milter, and makes its connections end with a context.
type dialer struct {
	ctx    context.Context // of Session, which has none
	filter *Milter
	conn   net.Conn
	cancel func() bool // keeps conn open when ctx ends; nil: not connected
}

// stop lets the connection outlive the context.
func (d *dialer) stop() {
	if d.cancel != nil {
		d.cancel()
	}
}

// Dial implements gomilter.Dialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	dial := d.filter.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	c, err := dial(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.conn = &boundedConn{Conn: c}
	d.cancel = context.AfterFunc(d.ctx, func() { _ = c.Close() })
	return d.conn, nil
}

// maxAnswer bounds what a filter sends in answer to all of one SMTP connection, in bytes: its
// changes are held in memory.
const maxAnswer = 256 << 20

// boundedConn reads at most maxAnswer bytes.
type boundedConn struct {
	net.Conn
	read int64
}

func (c *boundedConn) Read(b []byte) (int, error) {
	if c.read >= maxAnswer {
		return 0, errors.New("the filter sends too much")
	}
	n, err := c.Conn.Read(b)
	c.read += int64(n)
	return n, err
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
