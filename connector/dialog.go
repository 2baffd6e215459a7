package connector

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// Dialog is a whole session from the client's side, for Policy.Walk.
type Dialog struct {
	Local     netip.AddrPort
	Remote    netip.Addr
	TLS       bool           // the client uses TLS: from the start where connections begin with it, elsewhere after STARTTLS
	PeerNames []string       // verified names of the client's certificate
	User      *auth.Identity // the identity that AUTH proves; nil: the client doesn't log on
	Mechanism string         // the SASL mechanism of AUTH; "": LOGIN, or without LOGIN the first that is offered
	Helo      string

	// ImplicitTLS says that connections to Local begin with TLS though its port isn't 465,
	// for servers with another rule, such as relay.Server.ImplicitTLS.
	ImplicitTLS bool
	// NoCertificate says that the server has no certificate, so that it can't offer
	// STARTTLS or begin with TLS.
	NoCertificate bool
	// NoVerifier says that the server can't check passwords, so that it can't offer LOGIN and PLAIN.
	NoVerifier bool
	// Further are the SASL mechanisms that the server can run besides LOGIN and PLAIN, by auth.Methods.On.
	Further []auth.SASL
	// Commands are the client's commands in order. Each Rcpt names the next address of
	// To. Empty means EHLO, with TLS also STARTTLS and EHLO again, with a User also
	// AUTH, then MAIL, RCPT for each of To, and DATA.
	Commands []order.Verb

	// Exists reports whether a recipient exists, as the server would look it up. Nil: it looks
	// none up.
	Exists func(to routing.Address) bool

	From routing.Address // zero: <>
	To   []routing.Address
	Size int64 // of the message in bytes, declared at MAIL where SIZE is offered; 0: not known

	// The message. Header lists names of header fields; Walk only asks the header
	// firewall whether they pass.
	HeaderSize int64             // in bytes; 0: not known
	Hops       int               // Received fields
	LocalHops  int               // Received fields that name this server
	Authors    []routing.Address // the addresses of From and Sender
	Header     []string
}

// Walkthrough is the result of a Dialog. It is immutable.
type Walkthrough struct {
	Session Session // at the end of the dialog
	Stages  []Stage // in the order of the dialog, up to the stage that ended it
	Routes  []Route // of the last transaction's recipients that RCPT accepted, in their order
}

// Stage is one command of a Dialog and the decision on it.
type Stage struct {
	Name     StageName
	Command  string // as the client sends it, for people
	Decision Decision
	Reply    reply.Reply // as on the wire, of EHLO the first line; zero: another stage has the reply, or the connection is closed without one
	Trace    Trace
}

// StageName is the stable name of a kind of stage.
type StageName string

// The stages. A recipient is routed before the reply to its RCPT, so of those two
// stages the one that decides has the reply.
const (
	StageConnect  StageName = "connect"
	StageHello    StageName = "ehlo"
	StageStartTLS StageName = "starttls"
	StageAuth     StageName = "auth"
	StageMail     StageName = "mail"
	StageRcpt     StageName = "rcpt"
	StageRoute    StageName = "route"
	StageReset    StageName = "rset"
	StageData     StageName = "data"
)

// StageNames returns all names, in the order of a dialog.
func StageNames() []StageName {
	return []StageName{StageConnect, StageHello, StageStartTLS, StageAuth, StageMail, StageRcpt, StageRoute, StageReset, StageData}
}

// BeginsWithTLS reports whether the connection begins with TLS, without STARTTLS.
func (d *Dialog) BeginsWithTLS() bool { return d.ImplicitTLS || order.ImplicitTLS(d.Local) }

// commands returns the commands of the dialog.
func (d *Dialog) commands() []order.Verb {
	if len(d.Commands) > 0 {
		return d.Commands
	}
	all := []order.Verb{order.Hello}
	if d.TLS && !d.BeginsWithTLS() {
		all = append(all, order.StartTLS, order.Hello) // RFC 3207 section 4.2
	}
	if d.User != nil {
		all = append(all, order.Auth)
	}
	all = append(all, order.Mail)
	for range d.To {
		all = append(all, order.Rcpt)
	}
	return append(all, order.Data)
}

// Accepted reports whether the message was accepted and has a route to every
// recipient.
func (w Walkthrough) Accepted() bool {
	for _, s := range w.Stages {
		if !s.Decision.Allowed() {
			return false
		}
	}
	return len(w.Routes) > 0 && w.Stages[len(w.Stages)-1].Name == StageData
}
