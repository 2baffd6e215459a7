package analysis

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
)

// Question asks whether something is true of all sessions of a kind, or of none. Its
// fields restrict the sessions; the zero value of each restricts nothing. The zero
// Question has no Claim and no Property, so it can't be asked.
//
// A session here is one client that sends one message to one recipient. Its recipients
// are asked about with plain local parts, without %, ! and @, except for
// PropertyRelays and those that To names.
type Question struct {
	Remote []param.Range    // the clients; without any, all
	Except []param.Range    // those of them that aren't asked about
	Local  []netip.AddrPort // where they connect; an unspecified address: all of its family at that port
	// As is who they are: "" for any client, which is -as anybody, "anonymous", "certificate" for clients with
	// a certificate of TLSReceiveDomainSecureList, "certificate:NAME" for those whose
	// certificate proves NAME, or the name or SID of a user or group, which means every
	// user who logs on and is a member, whatever else the user is a member of. A client that
	// has logged on is a user only, whatever its certificate names.
	As      string
	Channel Channel
	From    []Mailboxes // the senders
	To      []Mailboxes // the recipients
	// Size is the size of the largest message, in bytes: all sizes from 0 to Size are
	// asked about. 0: all sizes, but ClaimAlways isn't about messages that are too large
	// for a limit.
	Size   param.Size
	Sender SenderRelation
	// Connector is the name of the Receive connector that serves the sessions. With
	// Other it is a connector taken alone, as if the policy had no other one.
	Connector string
	Other     string // the connector that it is compared with

	Claim    Claim
	Property Property
	// Argument is the keyword of EHLO for PropertyOffered, as in "AUTH" or "AUTH LOGIN",
	// and the connector's name for PropertyServed, if it matters which one.
	Argument string
}

// Channel says with which channel sessions are asked about.
type Channel uint8

// The channels.
const (
	AnyChannel Channel = iota // without TLS, and with TLS where it is offered
	OnlyTLS                   // with TLS: a session that doesn't get it comes to an end
	OnlyClear                 // without TLS
)

// SenderRelation says with which senders sessions are asked about.
type SenderRelation uint8

// The relations.
const (
	AnySender    SenderRelation = iota
	OwnSender                   // addresses of the user who logged on, or in a domain that the client's certificate names
	OthersSender                // all others
)

// Claim says how many of the sessions have the property.
type Claim string

// The claims. The last three compare two policies, or two connectors.
const (
	ClaimAlways     Claim = "always"     // each of them has the property
	ClaimNever      Claim = "never"      // not one of them has it
	ClaimSometimes  Claim = "sometimes"  // at least one has it
	ClaimDisjoint   Claim = "disjoint"   // not one has it under both
	ClaimImplies    Claim = "implies"    // each that has it under the first has it under the second
	ClaimEquivalent Claim = "equivalent" // each has it under both or under neither
)

// Claims returns all claims.
func Claims() []Claim {
	return []Claim{ClaimAlways, ClaimNever, ClaimSometimes, ClaimDisjoint, ClaimImplies, ClaimEquivalent}
}

// Compares reports whether the claim is about two policies or connectors.
func (c Claim) Compares() bool {
	return c == ClaimDisjoint || c == ClaimImplies || c == ClaimEquivalent
}

// Property names something that is true of a session or not.
type Property string

// The properties.
const (
	PropertyServed      Property = "served"      // a Receive connector serves the connection
	PropertyOffered     Property = "offered"     // EHLO offers a keyword, before the client logs on
	PropertyLogsOn      Property = "logs-on"     // AUTH is accepted
	PropertySends       Property = "sends"       // MAIL is accepted
	PropertyLetIn       Property = "let-in"      // MAIL, RCPT and the message are accepted, whether or not the recipient has a route
	PropertyRelays      Property = "relays"      // so are MAIL and RCPT, and the recipient isn't in an accepted domain other than *, or has a routing character
	PropertyAccepted    Property = "accepted"    // the message is accepted, and the recipient has a route
	PropertyRouted      Property = "routed"      // the recipient has a route, whether or not the client may send to it
	PropertyEncrypted   Property = "encrypted"   // it has a route, and mail leaves by it only with TLS
	PropertyUnencrypted Property = "unencrypted" // it has a route, and mail may leave by it without TLS
)

// Properties returns all properties.
func Properties() []Property {
	return []Property{
		PropertyServed, PropertyOffered, PropertyLogsOn, PropertySends, PropertyLetIn, PropertyRelays, PropertyAccepted,
		PropertyRouted, PropertyEncrypted, PropertyUnencrypted,
	}
}

// String returns the text that ParseQuestion parses.
func (q Question) String() string {
	var words []string
	for _, o := range questionOptions {
		if o.value == nil {
			if o.is(&q) {
				words = append(words, "-"+o.Name)
			}
		} else if value := o.value(&q); value != "" {
			words = append(words, "-"+o.Name, quoted(value))
		}
	}
	words = append(words, string(q.Claim), string(q.Property))
	switch {
	case q.Argument == "":
	case q.Property == PropertyServed:
		words = append(words, "by", quoted(q.Argument))
	default:
		words = append(words, q.Argument)
	}
	return strings.Join(words, " ")
}

// quoted returns a word as it stands in a question.
func quoted(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\r\n\"'") {
		return word
	}
	var b strings.Builder
	for i, part := range strings.Split(word, `"`) {
		if i > 0 {
			b.WriteString(`'"'`)
		}
		if part != "" || word == "" {
			fmt.Fprintf(&b, `"%s"`, part)
		}
	}
	return b.String()
}
