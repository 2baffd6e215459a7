package observed

import "github.com/interchange-smtp/interchange/connector/internal/semantics"

// Session says what a client does on one connection: after all that semantics.Client says,
// it sends one message: MAIL, a RCPT for each recipient, and DATA.
type Session struct {
	semantics.Client
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
	Connector string              // the Receive connector that serves; "" if none does
	Refused   []semantics.Refusal // in order; empty if the message is accepted
	Sender    string              // the sender of the envelope, which RewriteSender may have replaced
	Routes    []semantics.Route   // of the recipients that RCPT accepts, in their order
	Kept      []string            // of Header, the fields that pass the header firewall
	NewFrom   string              // the address that replaces the From field; "": it stays
}

// Accepted reports whether the message is accepted for every recipient.
func (r Result) Accepted() bool { return len(r.Refused) == 0 && len(r.Routes) > 0 }
