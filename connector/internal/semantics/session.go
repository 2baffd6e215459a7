package semantics

import "net/netip"

// Session says what a client does on one connection: it says EHLO, uses STARTTLS and says
// EHLO again if TLS is set and the connection doesn't begin with TLS, logs on if User is
// set, and sends one message: MAIL, a RCPT for each recipient, and DATA.
type Session struct {
	Local     netip.AddrPort
	Remote    netip.Addr
	TLS       bool
	PeerNames []string // the domains that the client's certificate names, verified; none without TLS
	User      bool     // the client logs on
	Groups    []string // the user's, besides Authenticated Users
	Addresses []string // that are the user's own
	Domains   []string // of which the user may send as every address: contoso.com, or *.contoso.com

	Helo       string
	From       string // "": the null sender
	To         []string
	Size       int64    // of the message in bytes, declared at MAIL where SIZE is offered; 0: not known
	HeaderSize int64    // in bytes; 0: not known
	Hops       int      // Received fields
	LocalHops  int      // Received fields that name this server
	Authors    []string // the addresses of From and Sender
	Unreadable bool     // part of From and Sender can't be read
	Header     []string // names of header fields
}

// Result has the decisions of a policy about a session.
type Result struct {
	Connector string    // the Receive connector that serves; "" if none does
	Refused   []Refusal // in order; empty if the message is accepted
	Sender    string    // the sender of the envelope, which RewriteSender may have replaced
	Routes    []Route   // of the recipients that RCPT accepts, in their order
	Kept      []string  // of Header, the fields that pass the header firewall
	NewFrom   string    // the address that replaces the From field; "": it stays
}

// Refusal is a command that is refused.
type Refusal struct {
	Stage  string // "connect", "ehlo", "starttls", "auth", "mail", "rcpt", "route" or "data"
	Reason string // the name of the reason, as in the log: "relay-denied"
}

// Accepted reports whether the message is accepted for every recipient.
func (r Result) Accepted() bool { return len(r.Refused) == 0 && len(r.Routes) > 0 }
