package connector

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// Dialog is a whole session as a client would hold it, for Policy.Walk.
type Dialog struct {
	Local     netip.AddrPort
	Remote    netip.Addr
	TLS       bool           // the client starts TLS
	Implicit  bool           // with TLS: the connection begins with it, as on port 465, and STARTTLS isn't said
	PeerNames []string       // verified names of the client's certificate
	User      *auth.Identity // whom AUTH proves; nil: the client doesn't log in
	Mechanism string         // the SASL mechanism that it uses; "": one that is offered
	Helo      string

	// NoCertificate says that the server has no certificate, so that it can't offer
	// STARTTLS.
	NoCertificate bool
	// Commands are the client's commands in their order. Each Rcpt names the next of
	// To. If there are none, the client does what is usual: EHLO, STARTTLS and EHLO
	// again with TLS, AUTH with a User, MAIL, RCPT for each of To, and DATA.
	Commands []order.Verb

	From routing.Address // zero: <>
	To   []routing.Address
	Size int64 // of the message in bytes, declared at MAIL where SIZE is offered; 0: not known

	// What the message holds. Header lists the names of fields about which the
	// header firewall is asked; nothing else is made of them.
	HeaderSize int64             // in bytes; 0: not known
	Hops       int               // Received fields
	LocalHops  int               // those of them that name our server
	Authors    []routing.Address // of From and Sender; none: nobody is checked
	Header     []string
}

// Walkthrough is what became of a Dialog. It is immutable.
type Walkthrough struct {
	Session Session // as it was at the end
	Stages  []Stage // in the order of the dialog, up to the one that ended it
	Routes  []Route // of the recipients of the last transaction that RCPT let pass, in their order
}

// Stage is one command of a Dialog and its answer.
type Stage struct {
	Name     StageName
	Command  string // as the client would send it, for people
	Decision Decision
	Reply    reply.Reply // as on the wire, of EHLO the first line; zero: another stage has it, or the connection is just closed
	Trace    Trace
}

// StageName names a Stage in a stable form.
type StageName string

// The stages. A recipient's route is decided with its RCPT, before the reply to
// that: of the two stages, the one that decides has the reply.
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

// commands returns the commands of the dialog.
func (d *Dialog) commands() []order.Verb {
	if len(d.Commands) > 0 {
		return d.Commands
	}
	all := []order.Verb{order.Hello}
	if d.TLS && !d.Implicit {
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

// Accepted reports whether the message was taken and can go on to every
// recipient.
func (w Walkthrough) Accepted() bool {
	for _, s := range w.Stages {
		if !s.Decision.Allowed() {
			return false
		}
	}
	return len(w.Routes) > 0 && w.Stages[len(w.Stages)-1].Name == StageData
}
