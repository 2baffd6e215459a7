package proof

import (
	"slices"

	"github.com/interchange-smtp/interchange/connector/internal/semantics"
)

// SessionQuestion is a kind of question about sessions. What a user may do depends on Rights
// only and, with Servers, on whether the user is a server of the organisation.
type SessionQuestion struct {
	Name    string
	Rights  []string
	Servers bool
}

// The names of questions, and what their answers look like. Without a session or without
// the right to send, the answer is NoSession or NoMail.
const (
	// AskSession asks whether the client gets as far as MAIL FROM:<>, and how many
	// recipients a message may have: "200 recipients", or "any number of recipients".
	AskSession = "session"
	// AskSenders asks which senders MAIL accepts beside <>, as classes: "[0 2]". For users
	// "own [0 1 2]" follows, the classes from which an address is accepted that is the user's
	// own, and for certificates "named [1]", those whose domain the certificate names; the
	// classes before are then of other addresses. For anonymous clients of a connector with
	// AllowedSenders the numbers are of domains, as "domains [4 7]", and the addresses follow
	// that AllowedSenders names and MAIL accepts.
	AskSenders = "senders"
	// AskRecipients asks which recipients RCPT accepts: classes, and those from which it
	// accepts local parts with %, ! or @: "[0 1], routed [0]".
	AskRecipients = "recipients"
	// AskSize asks how large a message may be: "37748736 bytes", or "any size".
	AskSize = "size"
	// AskRouting, AskOrganization and AskForest ask whether the header fields of a class pass
	// the header firewall: "kept" or "removed".
	AskRouting      = "routing headers"
	AskOrganization = "organization headers"
	AskForest       = "forest headers"
)

// Answers that several questions have.
const (
	NoSession = "no session" // the connection, EHLO, STARTTLS or AUTH is refused
	NoMail    = "no mail"    // MAIL FROM:<> is refused
)

// SessionQuestions returns the questions that a certificate answers on every connection.
func SessionQuestions() []SessionQuestion {
	return []SessionQuestion{
		{Name: AskSession, Rights: []string{semantics.Submit}, Servers: true},
		{Name: AskSenders, Rights: []string{semantics.Submit, semantics.AnySender, semantics.AuthoritativeSender}},
		{Name: AskRecipients, Rights: []string{semantics.Submit, semantics.AnyRecipient}},
		{Name: AskSize, Rights: []string{semantics.Submit, semantics.BypassSize}, Servers: true},
		{Name: AskRouting, Rights: []string{semantics.Submit, semantics.RoutingHeaders}},
		{Name: AskOrganization, Rights: []string{semantics.Submit, semantics.OrganizationHeaders}},
		{Name: AskForest, Rights: []string{semantics.Submit, semantics.ForestHeaders}},
	}
}

// Rights returns the rights that a question depends on, sorted. Access lists are stated as
// far as these go.
func Rights() []string {
	var all []string
	for _, q := range SessionQuestions() {
		all = append(all, q.Rights...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// HeaderField returns the header field that stands for the class of a question; "" for
// other questions.
func HeaderField(question string) string {
	switch question {
	case AskRouting:
		return "Received"
	case AskOrganization:
		return "X-MS-Exchange-Organization-SCL"
	case AskForest:
		return "X-MS-Exchange-Forest-RulesExecuted"
	}
	return ""
}
