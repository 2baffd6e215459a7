package event

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// Reader reads events. It is called by many goroutines at once. ctx is the connection's;
// for events of a Dispatcher and of what runs in the background it has no values and doesn't end.
type Reader func(ctx context.Context, e Event)

// Proxy is a load balancer that passed a connection on, and what its header of the PROXY protocol
// says about the connection. The texts are the balancer's, or its client's.
type Proxy struct {
	Addr netip.AddrPort
	ID   string // its name for the connection (UNIQUE_ID); ""
	Name string // the host name that the client asked for (AUTHORITY); ""
	TLS  string // the version of TLS from the client to the balancer, if that ends there; ""
}

// Event is something that happened. A field that doesn't concern its Kind is zero; the
// table in docs/logs.md has the fields of each Kind by their keys in the log. Text is as
// clients and hosts wrote it: [Printable] makes it fit to print. Slices and what pointers
// point to are for reading only.
type Event struct {
	Kind Kind
	Time time.Time

	// The message. In events of a delivery report, ID names the report, From is null,
	// and To is the sender of the original.
	ID          string            // of the message, as in Received and on the queue
	EnvID       string            // ENVID of MAIL, in xtext; "": not given
	From        routing.Address   // zero: <>
	MailFrom    routing.Address   // the sender that the client gave, which RewriteSender has replaced by From; zero: it wasn't replaced
	To          routing.Address   // the recipient
	AllTo       []routing.Address // the recipients that wait; of ChangedByOperator
	Recipients  int               // how many recipients the message or the report has
	Size        int64             // in bytes, as far as the message was read
	MessageID   string            // the field of the header, if it can be shown; ""
	NetworkID   string            // of the Envelope: names the message on all servers
	Subject     string            // of the header, decoded and cut; it isn't logged
	TraceParent string            // of the Envelope, in events of attempts
	Outgoing    bool              // the message comes from a known client, or from this server: see envelope.Envelope.Signable
	Following   int               // how many events about other recipients in the same answer or attempt come next

	// The session. Of these, events of a Dispatcher have Session, Connector, Remote and User; they
	// are zero for mail that an application handed in.
	Session   string         // names the connection
	Connector string         // the Receive connector; in events of a Sender and of Sources the Send connector
	Rights    permission.Set // what the session may do, in events of a Server
	Local     netip.AddrPort // this server's end of the connection; of an attempt, of that to the host
	Remote    netip.AddrPort // the client
	Proxy     Proxy          // the load balancer that passed the connection on; zero: none
	Tester    netip.AddrPort // the tester that stands for the client, by XCLIENT; zero: none
	Helo      string         // the client's name in EHLO or HELO
	User      string         // the name of the authenticated user; "": not authenticated
	Command   string         // the SMTP command, in upper case
	Mechanism string         // of AUTH
	Tried     string         // the user name that could not log on
	Messages  int            // that were accepted on the connection
	Refused   int            // commands and messages that were refused on it

	// The answer.
	Reply  string       // of this server to the client or, of an attempt, of the host; "": no reply
	Code   int          // of CommandAnswered: that of the reply; 0: the client broke off, or STARTTLS was accepted
	Reason reply.Reason // the policy's; Undecided: something else decided
	Err    error        // why, in this server's words; of an attempt often a *relay.Error
	Result string       // Receipt.Result: where the accepted message is now; of MessageAuthenticated the results

	// The attempt.
	NextHop       string        // the queue's name
	SendConnector string        // the Send connector
	Host          string        // the host that was reached; "": no host; see below
	Addr          string        // IP address and port of the host, if it answered
	HopSession    string        // the connection to the host in the protocol log of Send connectors and the connectivity log; "": it isn't in them, or there was no connection
	TLS           uint16        // version of TLS, as in package crypto/tls; 0: in the clear; of the connection, of an attempt of that to the host
	Cipher        uint16        // cipher suite, likewise
	Attempts      int           // at which a host was reached, this one included
	Delay         time.Duration // since the message arrived
	Failures      int           // of the next hop, or to fetch a token, one after the other; ReloadFailed: mistakes
	Waiting       int           // messages for the next hop
	Retry         time.Duration // until the next hop, or fetching a token, is tried again
	Advice        string        // what an administrator can do about Reply or Err, if that is known

	Duration       time.Duration      // of a connection, a command or an attempt
	Held           time.Duration      // of CommandAnswered and of answers to a message: how long the client waited at its end
	Report         string             // the ID of a delivery report; of a recipient's last event, that on it, unless the event came before the report was made
	ReportEnvelope *envelope.Envelope // of ReportQueued, and of a recipient's last event if Report is on it: the report's

	// The limit that was reached. The zero Until is a limit without a window, such as that of connections at a
	// time. Of PressureBegan and PressureEnded, Limit is the setting, and Detail says what is short.
	Limit string // the parameter, such as MaxInboundConnectionPerSource, or the setting of a program
	By    string // what is counted for itself: connection, message, source, user, connector, server, next hop, or account at a smart host
	Key   string // which one: the address or the /64 network, the user's name, the connector, the next hop, the smart host and our user there; "": the server, this connection or message, or mail of this program itself
	Value int64  // the counter with what was refused or slowed down; of a time, milliseconds
	Bound int64  // the largest value that passes, or of free space the smallest; of a time, milliseconds
	More  int    // refusals that a line of the log stands for, beside its own; see Log

	Policy string // the fingerprint of the policy in use

	// Of what mail depends on.
	Domain string    // a mail domain with an MTA-STS policy
	Until  time.Time // when the present token, MTA-STS policy, certificate, keys or window of a limit end; zero: there are no valid ones

	// Host of other kinds. MilterFailed: the Milter's Address. ACMEFailed and ACMENotRenewed: the name in
	// the certificate. KeysFetched and KeysNotFetched: the URL or the file of the keys.
	//
	// Detail depends on the Kind. ReportQueued: failed, delayed, relayed or copy. TLSFailed: what is tried
	// next. TestedPolicyUnmet: what requires it. MessageAuthenticated: noted, quarantined, refused or
	// deferred. TokenMissing and TokenNotRenewed: the Cause, as in package oauth. STSFetched: the
	// mode of the policy. PressureBegan and PressureEnded: queue, disk or memory. STSFetchFailed: how mail is sent. MilterFailed: the DefaultAction, if there
	// is a message. LogFailed and LogRestored: which log.
	Detail string

	// The explanation of a decision.
	Decision string           // its ID, which is in the reply; also in the other events about that command
	Trace    *connector.Trace // its steps
	Others   int              // connectors that don't match at all, and aren't in Trace

	Attrs []slog.Attr // of ChangedByOperator, NextHopSuspended and NextHopResumed: those of dispatch.WithOperator
}

// SetMessage sets what an envelope says of the message and of the client that it came from.
func (e *Event) SetMessage(env *envelope.Envelope) {
	e.ID, e.EnvID, e.From, e.Size = env.ID, env.EnvID, env.From, env.Size
	e.Session, e.NetworkID, e.MessageID, e.Subject = env.Session, env.NetworkID, env.MessageID, env.Subject
	e.TraceParent = env.TraceParent
	e.Connector, e.Remote, e.User = env.Connector, env.Remote, env.User
	e.Outgoing = env.Signable || env.Connector == ""
}
