package analysis

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// Direction says whether a change allows more or less. It has no valid zero value.
type Direction uint8

// The directions.
const (
	Wider     Direction = iota + 1 // something is no longer refused, limited or required
	Stricter                       // the reverse
	Different                      // neither
)

// String returns "wider", "stricter" or "different".
func (d Direction) String() string {
	switch d {
	case Wider:
		return "wider"
	case Stricter:
		return "stricter"
	case Different:
		return "different"
	}
	return "Direction(" + strconv.Itoa(int(d)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Aspect is the stable name of what a Change is about.
type Aspect string

// The aspects, in the order in which changes are listed.
const (
	AspectConnection       Aspect = "connection"        // whether the client is served
	AspectHello            Aspect = "hello"             // whether EHLO must name a domain
	AspectStartTLS         Aspect = "starttls"          // whether STARTTLS is offered
	AspectTLS              Aspect = "tls"               // whether mail needs TLS
	AspectAuth             Aspect = "auth"              // the mechanisms that EHLO offers
	AspectSubmit           Aspect = "submit"            // whether MAIL passes, if no recipient would
	AspectRelay            Aspect = "relay"             // recipients in domains that are not accepted
	AspectRoutedRecipient  Aspect = "routed-recipient"  // recipients in accepted domains with @, % or ! in the local part
	AspectRecipient        Aspect = "recipient"         // other recipients in accepted domains
	AspectSender           Aspect = "sender"            // senders
	AspectUnreadableSender Aspect = "unreadable-sender" // messages whose From or Sender can't be read
	AspectSize             Aspect = "size"              // the size of messages
	AspectRecipientCount   Aspect = "recipient-count"   // the number of recipients
	AspectHeaders          Aspect = "headers"           // classes of header fields that are kept
	AspectSetting          Aspect = "setting"           // a limit or keyword of the connection
	AspectRoute            Aspect = "route"             // whether mail can leave, and to which next hop
	AspectRouteTLS         Aspect = "route-tls"         // TLS with the next hop
	AspectRouteAuth        Aspect = "route-auth"        // how this server logs on to the next hop
	AspectRouteHeaders     Aspect = "route-headers"     // classes of header fields that are sent to the next hop
	AspectRouteSetting     Aspect = "route-setting"     // a parameter of the Send connector
	AspectQueue            Aspect = "queue"             // a parameter of the Transport service
	AspectReport           Aspect = "report"            // which reports senders get
)

// Clients is a set of clients, given by local and remote address.
type Clients struct {
	Local  []netip.AddrPort // bindings; an unspecified address stands for all addresses that no other binding of either policy names
	Ranges []param.Range
	More   int // local addresses with the same clients that Local leaves out
}

// Change is one difference between the decisions of two policies.
type Change struct {
	Aspect    Aspect
	Direction Direction
	Clients   []Clients // the clients concerned, at 100 local addresses; nil for routes, the queue and reports
	// MoreClients is the number of local addresses with other clients that Clients leaves out.
	MoreClients int

	// Who are those clients by how they prove their identity; nil if that doesn't matter.
	Who     []Who
	Channel Channel     // in which the results differ, if not in all in which the client may send MAIL
	Sender  SenderNamed // for AspectSender

	// Domains are the domains of the senders, recipients or routes, without those in
	// Except: "contoso.com", "*.contoso.com" for all below it, "any domain",
	// "any single-label domain", "any address literal". Nil if they don't matter.
	// For AspectRelay the accepted domains among them are excluded.
	Domains, Except []string
	// Only the first 100 of either are listed; these are how many more there are.
	MoreDomains, MoreExcept int

	// Above and UpTo are the sizes of the messages on a route: more than Above bytes, if that
	// isn't negative, and up to UpTo bytes, if that isn't 0. Both are 0 for other aspects.
	Above, UpTo int64

	Subject       string // the class of header fields or the parameter, where the aspect has several
	Before, After string // the value before and afterwards, if the aspect has one
	Text          string // the change in a sentence, for people; several groups of clients are named on a line each

	Witness connector.Dialog // a session with a different result; the zero Dialog if no session differs, see Shown

	policies [2]*connector.Policy
}

// Shown reports whether a session shows the change. The treatment of messages can't
// be shown where no message is accepted and routed both before and afterwards;
// AspectQueue and AspectReport are never shown.
func (c Change) Shown() bool { return c.Witness.Remote.IsValid() }

// Old walks the witness through the policy before.
func (c Change) Old() connector.Walkthrough { return c.policies[0].Walk(c.Witness) }

// New walks the witness through the policy afterwards.
func (c Change) New() connector.Walkthrough { return c.policies[1].Walk(c.Witness) }

// String returns the sentence.
func (c Change) String() string { return c.Text }

// Comparison is the difference between two policies. The zero Comparison says that
// they decide alike.
type Comparison struct {
	Changes []Change // by aspect; within one, wider changes first
	// TooLarge says why the policies weren't compared, because that would take very long;
	// "" if they were. They then count as different, and each as wider than the other.
	TooLarge string
}

// Same reports whether there is no difference.
func (c Comparison) Same() bool { return len(c.Changes) == 0 && c.TooLarge == "" }

// Wider returns the changes that allow something that was not allowed before. The
// changes are shared with c.
func (c Comparison) Wider() Comparison {
	wider := Comparison{TooLarge: c.TooLarge}
	for _, change := range c.Changes {
		if change.Direction == Wider {
			wider.Changes = append(wider.Changes, change)
		}
	}
	return wider
}

// side returns the index of the policy that allows what a change in direction d is
// about.
func side(d Direction) int {
	if d == Wider {
		return 1
	}
	return 0
}

// toward returns Wider for something that is now allowed, and Stricter for something
// that no longer is.
func toward(allowed bool) Direction {
	if allowed {
		return Wider
	}
	return Stricter
}

func sortChanges(changes []Change) {
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(aspectOrder, a.Aspect), slices.Index(aspectOrder, b.Aspect)),
			cmp.Compare(a.Direction, b.Direction),
		)
	})
}

// aspectOrder is the order in which changes are listed.
var aspectOrder = []Aspect{
	AspectConnection, AspectHello, AspectStartTLS, AspectTLS, AspectAuth, AspectSubmit, AspectRelay, AspectRoutedRecipient,
	AspectRecipient, AspectSender, AspectUnreadableSender, AspectSize, AspectRecipientCount, AspectHeaders, AspectSetting,
	AspectRoute, AspectRouteTLS, AspectRouteAuth, AspectRouteHeaders, AspectRouteSetting,
	AspectQueue, AspectReport,
}
