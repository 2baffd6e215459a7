package connector

import (
	"iter"
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Policy is a compiled Config. It is immutable and safe for concurrent use.
type Policy struct{}

// Compile checks cfg and compiles it. The error is Problems: all of them.
func Compile(cfg Config) (*Policy, error) { return &Policy{}, nil }

// Warnings returns what is legal but doubtful.
func (p *Policy) Warnings() []Problem { return nil }

// Select returns the Receive connector for a connection; nil refuses it.
func (p *Policy) Select(local netip.AddrPort, remote netip.Addr) *Inbound { return nil }

// Bindings returns the addresses to listen on, without duplicates, sorted.
func (p *Policy) Bindings() []netip.AddrPort { return nil }

// Receive returns the Receive connectors of our server in the order of the Config.
func (p *Policy) Receive() iter.Seq[*Inbound] { return func(func(*Inbound) bool) {} }

// Send returns all Send connectors in the order of the Config.
func (p *Policy) Send() iter.Seq[*Outbound] { return func(func(*Outbound) bool) {} }

// Accepted returns the type of the accepted domain that covers d.
func (p *Policy) Accepted(d routing.Domain) (routing.DomainType, bool) { return 0, false }

// Route is the way of one recipient.
type Route struct {
	Outbound *Outbound // nil unless Outcome is Routed
	Outcome  routing.Outcome
	Space    routing.AddressSpace
	Via      *routing.Server // the connector lives there; nil: here
}

// Route picks the Send connector for a recipient. size 0 is unknown.
func (p *Policy) Route(to routing.Address, size int64) Route { return Route{} }

// Config returns a copy of what p was compiled from.
func (p *Policy) Config() Config { return Config{} }

// Inbound is a compiled Receive connector.
type Inbound struct{}

// Name returns the connector's name.
func (in *Inbound) Name() string { return "" }

// Settings returns the connector with every default filled in. The caller
// must not change its slices.
func (in *Inbound) Settings() *Receive { return nil }

// Fqdn returns the name for banner, EHLO reply and Received.
func (in *Inbound) Fqdn() string { return "" }

// Open starts a session on a channel: anonymous, Externally Secured or
// Partner, as the connector has it.
func (in *Inbound) Open(ch auth.Channel) Session { return Session{} }

// Outbound is a compiled Send connector.
type Outbound struct{}

// Name returns the connector's name.
func (out *Outbound) Name() string { return "" }

// Settings returns the connector with every default filled in, the secret included.
func (out *Outbound) Settings() *Send { return nil }

// Fqdn returns the name for EHLO.
func (out *Outbound) Fqdn() string { return "" }

// Peer returns the principal under which the next hop is known.
func (out *Outbound) Peer() permission.Principal { return permission.Principal{} }

// Headers returns what passes to the next hop.
func (out *Outbound) Headers() HeaderFilter { return HeaderFilter{} }

// Session is what one client may do. It is a small value; all methods are
// pure. The zero Session may do nothing.
type Session struct{}

// Mail is a MAIL command.
type Mail struct {
	From routing.Address // zero: <>
	Size int64           // 0: not declared
}

// Rcpt is a RCPT command.
type Rcpt struct {
	To       routing.Address
	Accepted int // recipients that this transaction has already
}

// End is a message at its end.
type End struct {
	HeaderSize, Size int64
	Hops, LocalHops  int
}

// Inbound returns the connector; nil for the zero Session.
func (s Session) Inbound() *Inbound { return nil }

// Identity returns who the session is.
func (s Session) Identity() auth.Identity { return auth.Identity{} }

// Rights returns what it holds.
func (s Session) Rights() permission.Set { return 0 }

// Login returns the session after AUTH proved id, or the decision that refuses it.
func (s Session) Login(id auth.Identity) (Session, Decision) { return s, Decision{} }

// SASL returns the SASL mechanisms to offer now.
func (s Session) SASL() []string { return nil }

// Hello decides on EHLO or HELO with the given argument.
func (s Session) Hello(name string) Decision { return Decision{} }

// Auth decides whether mechanism may be tried now.
func (s Session) Auth(mechanism string) Decision { return Decision{} }

// Mail decides on MAIL.
func (s Session) Mail(m Mail) Decision { return Decision{} }

// Rcpt decides on RCPT.
func (s Session) Rcpt(r Rcpt) Decision { return Decision{} }

// End decides on the message once its header and size are known.
func (s Session) End(e End) Decision { return Decision{} }

// Sender decides on an address of the header's From or Sender field.
func (s Session) Sender(a routing.Address) Decision { return Decision{} }

// MaxSize returns the size limit that applies; 0 is none.
func (s Session) MaxSize() int64 { return 0 }

// Headers returns what passes of the message's header.
func (s Session) Headers() HeaderFilter { return HeaderFilter{} }

// HeaderFilter is the header firewall. The zero HeaderFilter strips all
// classes it knows.
type HeaderFilter struct{}

// Keep reports whether the header field of that name passes.
func (f HeaderFilter) Keep(name string) bool { return false }

// Decision is the answer to one command. The zero Decision refuses.
type Decision struct {
	Verdict Verdict
	Reason  ReasonCode
	Right   permission.Right
	profile Profile
}

// Verdict is what becomes of the command.
type Verdict uint8

// The verdicts. Close is refuse and end the connection.
const (
	Refuse Verdict = iota
	Accept
	Close
)

// ReasonCode says why, in a stable form.
type ReasonCode uint8

// Allowed reports whether d lets the command pass.
func (d Decision) Allowed() bool { return d.Verdict == Accept }

// Reply returns what goes on the wire.
func (d Decision) Reply() Reply { return Reply{} }

// Reply is an SMTP reply.
type Reply struct {
	Code     int
	Enhanced [3]int // zero: none
	Text     string
}
