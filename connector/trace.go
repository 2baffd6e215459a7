package connector

import (
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Trace is the ordered record of what a decision looked at. It is immutable.
// The zero Trace is empty.
type Trace struct{ steps []Step }

// Step is one thing that was looked at.
type Step struct {
	Check  Check
	Pass   bool               // whether what Check asks is so
	Right  permission.Right   // the right that Check asked for; 0: none
	Grants []permission.Grant // what gave Right, or denied it; not to be changed

	about     about
	candidate *routing.Candidate // of a Send connector
	lost      loss               // of a Receive connector
	matched   Range              // of the Receive connector that won
}

// about is what a step was about: only values at hand, so that the fast door
// pays nothing for them.
type about struct {
	subject     string
	have, limit int64
}

// All returns the steps in the order in which they were taken.
func (t Trace) All() iter.Seq[Step] { return slices.Values(t.steps) }

// Len returns the number of steps.
func (t Trace) Len() int { return len(t.steps) }

// String returns the steps, one to a line, each with "yes" or "no".
func (t Trace) String() string {
	var b strings.Builder
	for _, s := range t.steps {
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// LogValue implements [slog.LogValuer]: a group with one attribute per step.
func (t Trace) LogValue() slog.Value {
	attrs := make([]slog.Attr, len(t.steps))
	for i, s := range t.steps {
		attrs[i] = slog.String(s.Check.String(), s.answer()+" "+s.Detail())
	}
	return slog.GroupValue(attrs...)
}

// check records a step, if anybody wants to know, and returns pass.
func (t *Trace) check(c Check, pass bool, a about) bool {
	if t != nil {
		t.steps = append(t.steps, Step{Check: c, Pass: pass, about: a})
	}
	return pass
}

// address is check for a step about an address.
func (t *Trace) address(c Check, pass bool, a routing.Address) bool {
	if t != nil {
		t.steps = append(t.steps, Step{Check: c, Pass: pass, about: about{subject: a.String()}})
	}
	return pass
}

// candidate records how a Send connector fared.
func (t *Trace) candidate(pass bool, name string, c *routing.Candidate) {
	t.steps = append(t.steps, Step{Check: CheckSendConnector, Pass: pass, about: about{subject: name}, candidate: c})
}

// right records whether s holds r, and returns it.
func (t *Trace) right(c Check, s Session, r permission.Right) bool {
	held := s.who.rights.Has(r)
	if t != nil {
		because := s.in.acl.Explain(s.who.id.Principal, r)
		t.steps = append(t.steps, Step{
			Check: c, Pass: held, Right: r, Grants: because.Grants,
			about: about{subject: s.who.id.Name},
		})
	}
	return held
}

// String returns the step on one line.
func (s Step) String() string {
	return s.answer() + strings.Repeat(" ", 5-len(s.answer())) + s.Check.String() + ": " + s.Detail()
}

func (s Step) answer() string {
	if s.Pass {
		return "yes"
	}
	return "no"
}

// Detail returns what was found, in words. It is made on demand.
func (s Step) Detail() string {
	text := s.Check.text(s.Pass)
	detail := strings.NewReplacer(
		"{s}", s.about.subject,
		"{n}", strconv.FormatInt(s.about.have, 10),
		"{max}", strconv.FormatInt(s.about.limit, 10),
		"{right}", s.Right.String(),
	).Replace(text)
	switch {
	case s.candidate != nil:
		return detail + s.candidate.Space.String() + ", cost " + strconv.Itoa(s.candidate.Cost) + ": " + fmt.Sprint(s.candidate.Reason)
	case s.lost != 0:
		return detail + s.lost.String()
	case s.matched.IsValid():
		return detail + "by its range " + s.matched.String()
	}
	for _, g := range s.Grants {
		detail += "; " + grantText(g, s.Right)
	}
	return detail
}

// grantText says which grant it was, as far as r is concerned.
func grantText(g permission.Grant, r permission.Right) string {
	verb := "allowed"
	if g.Deny.Has(r) {
		verb = "denied"
	}
	by := "by hand"
	if g.Group != 0 {
		by = "by " + g.Group.String()
	}
	return verb + " to " + string(g.To) + " " + by
}

// Check names what a Step looked at, in a stable form.
type Check uint8

// The checks, in the order of a session.
const (
	CheckConnector Check = iota + 1
	CheckCandidate
	CheckExternallySecured
	CheckDomainSecured
	CheckHelloSyntax
	CheckHelloDomain
	CheckTLS
	CheckTLSOffered
	CheckNotAuthenticated
	CheckMechanism
	CheckIdentity
	CheckSubmit
	CheckDeclaredSize
	CheckSecuredSender
	CheckNullSender
	CheckAnySender
	CheckOwnAddress
	CheckAuthoritative
	CheckAuthoritativeSender
	CheckRecipientCount
	CheckEnvelopeLimit
	CheckReservedTopLevel
	CheckReservedSecondLevel
	CheckSingleLabel
	CheckRecipient
	CheckAnyRecipient
	CheckAcceptedDomain
	CheckRoutingCharacters
	CheckBypassSize
	CheckHeaderSize
	CheckSize
	CheckHops
	CheckLocalHops
	CheckSendConnector
)

// checkText is a Check in words: its stable name, and what is so when it
// passes and when it doesn't. {s} is the subject, {n} and {max} are numbers.
type checkText struct{ name, yes, no string }

// String returns the stable name, such as "accepted-domain".
func (c Check) String() string {
	if int(c) < len(checkTexts) && checkTexts[c].name != "" {
		return checkTexts[c].name
	}
	return "Check(" + strconv.Itoa(int(c)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (c Check) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

func (c Check) text(pass bool) string {
	switch {
	case int(c) >= len(checkTexts):
		return ""
	case pass:
		return checkTexts[c].yes
	}
	return checkTexts[c].no
}

var checkTexts = [...]checkText{
	CheckConnector:           {"connector", `"{s}" serves the connection`, "no enabled connector serves the connection"},
	CheckCandidate:           {"receive-connector", `"{s}" serves the connection `, `"{s}" `},
	CheckExternallySecured:   {"externally-secured", "every session of the connector is Externally Secured", "AuthMechanism has no ExternalAuthoritative"},
	CheckDomainSecured:       {"domain-secured", "the certificate proves {s}", "no certificate for a domain of TLSReceiveDomainSecureList"},
	CheckHelloSyntax:         {"hello-syntax", "the argument is a domain or an address literal", "the argument has illegal characters"},
	CheckHelloDomain:         {"hello-domain", "an argument was given", "RequireEHLODomain is set and no argument was given"},
	CheckTLS:                 {"tls", "TLS is up", "RequireTLS is set and TLS is not up"},
	CheckTLSOffered:          {"tls-offered", "TLS can be started", "AuthMechanism has no Tls, or TLS is up already"},
	CheckNotAuthenticated:    {"not-authenticated-yet", "nobody has logged in yet", "{s} has logged in already"},
	CheckMechanism:           {"mechanism", "{s} is offered", "{s} is not offered on this channel"},
	CheckIdentity:            {"identity", "the verifier vouches for {s}", "the verifier named nobody"},
	CheckSubmit:              {"submit", "{s} holds {right}", "{s} lacks {right}"},
	CheckDeclaredSize:        {"declared-size", "{n} of at most {max} bytes", "{n} bytes, and at most {max} are taken"},
	CheckSecuredSender:       {"secured-sender", "{s} is not a domain that only its own certificate may send for", "{s} must be sent for under its own certificate"},
	CheckNullSender:          {"null-sender", "the sender is <>, whom everybody may use", "the sender is not <>"},
	CheckAnySender:           {"any-sender", "{s} holds {right}", "{s} lacks {right}"},
	CheckOwnAddress:          {"own-address", "{s} belongs to the session", "{s} does not belong to the session"},
	CheckAuthoritative:       {"authoritative-domain", "{s} is an authoritative domain", "{s} is not an authoritative domain"},
	CheckAuthoritativeSender: {"authoritative-sender", "{s} holds {right}", "{s} lacks {right}"},
	CheckRecipientCount:      {"recipient-count", "{n} of at most {max} recipients", "{n} recipients, and at most {max} are taken at once"},
	CheckEnvelopeLimit:       {"envelope-limit", "{n} of at most {max} recipients", "{n} recipients, and MaxRecipientEnvelopeLimit is {max}"},
	CheckReservedTopLevel:    {"reserved-top-level", "{s} is not in a reserved top-level domain", "{s} is in a top-level domain that RFC 2606 reserves"},
	CheckReservedSecondLevel: {"reserved-second-level", "{s} is not in a reserved second-level domain", "{s} is in a second-level domain that RFC 2606 reserves"},
	CheckSingleLabel:         {"single-label", "{s} has more than one label", "{s} has a single label"},
	CheckRecipient:           {"recipient", "the recipient is a mailbox", "the recipient is no mailbox"},
	CheckAnyRecipient:        {"any-recipient", "{s} holds {right}", "{s} lacks {right}"},
	CheckAcceptedDomain:      {"accepted-domain", "{s} is an accepted domain", "{s} is no accepted domain"},
	CheckRoutingCharacters:   {"routing-characters", "the local part names a mailbox", "the local part names another domain: it holds @, % or !"},
	CheckBypassSize:          {"bypass-size", "{s} holds {right}", "{s} lacks {right}"},
	CheckHeaderSize:          {"header-size", "{n} of at most {max} bytes", "{n} bytes, and MaxHeaderSize is {max}"},
	CheckSize:                {"size", "{n} of at most {max} bytes", "{n} bytes, and at most {max} are taken"},
	CheckHops:                {"hops", "{n} of at most {max} Received fields", "{n} Received fields, and MaxHopCount is {max}"},
	CheckLocalHops:           {"local-hops", "{n} of at most {max} Received fields of ours", "{n} Received fields of ours, and MaxLocalHopCount is {max}"},
	CheckSendConnector:       {"send-connector", `"{s}" `, `"{s}" `},
}
