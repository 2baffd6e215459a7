package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
)

// answer returns the result.
func (a *asker) answer() Answer {
	switch {
	case a.effort.Exceeded():
		found := undecided(fmt.Errorf("the policy is too large to answer exactly: %s; ask about fewer clients, senders or recipients", a.effort.Why()))
		found.TooLarge = true
		return found
	case a.decided == 0:
		return undecided(fmt.Errorf("the question is about no session: %s", a.emptyText()))
	}
	found := Answer{Holds: (a.witness != nil) == (a.q.Claim == ClaimSometimes), Witness: a.witness, Cells: a.decided, Notes: a.notes()}
	found.Text = a.sentence(found.Holds)
	return found
}

// emptyText says why there is no session.
func (a *asker) emptyText() string {
	switch {
	case len(a.clients) == 0 && a.q.Connector != "":
		return "Receive connector " + strconv.Quote(a.q.Connector) + " serves none of these clients"
	case len(a.clients) == 0:
		return "no Receive connector has a binding to which these clients could connect"
	case strings.HasPrefix(a.q.As, asCertificate) && len(a.names) == 0 && len(a.senderDomains.Partners()) == 0:
		return "TLSReceiveDomainSecureList is empty, so no certificate counts"
	case strings.HasPrefix(a.q.As, asCertificate):
		return "no such client can show its certificate: TLS isn't offered, or the certificate can't name the senders"
	case a.q.As == "" && a.q.Sender == OwnSender:
		return "no client can log on here, or show a certificate that names the senders"
	}
	return "no such client has these senders"
}

// notes says what is doubtful about the question.
func (a *asker) notes() []string {
	for _, sid := range a.groups {
		if !a.isNamed(sid) {
			return []string{"no grant names " + sid.Name() + ", so its members are users like any others"}
		}
	}
	return nil
}

// isNamed reports whether a grant names sid.
func (a *asker) isNamed(sid permission.SID) bool {
	for _, p := range a.policies {
		for in := range p.Receive() {
			if slices.ContainsFunc(in.ACL().Grants(), func(g permission.Grant) bool { return g.To == sid }) {
				return true
			}
		}
	}
	return false
}

// verbs say that a session has a property and that it hasn't.
var verbs = map[Property][2]string{
	PropertyServed:      {"is served", "isn't served"},
	PropertyOffered:     {"is offered", "isn't offered"},
	PropertyLogsOn:      {"logs on", "doesn't log on"},
	PropertySends:       {"may send", "may not send"},
	PropertyLetIn:       {"is let in", "isn't let in"},
	PropertyRelays:      {"relays", "doesn't relay"},
	PropertyAccepted:    {"is accepted", "isn't accepted"},
	PropertyRouted:      {"has a route", "has no route"},
	PropertyEncrypted:   {"leaves only with TLS", "has no route that requires TLS"},
	PropertyUnencrypted: {"may leave without TLS", "can't leave without TLS"},
}

// sentence returns the answer in words.
func (a *asker) sentence(holds bool) string {
	has, not := verbs[a.q.Property][0], verbs[a.q.Property][1]
	switch {
	case a.q.Property == PropertyServed && a.q.Argument != "":
		has, not = has+" by "+a.q.Argument, not+" by "+a.q.Argument
	case a.q.Argument != "":
		has, not = has+" "+a.q.Argument, not+" "+a.q.Argument
	}
	var text string
	switch key := a.q.Claim; {
	case key == ClaimAlways && holds:
		return "every such session " + has
	case key == ClaimAlways:
		text = "a session " + not
	case key == ClaimSometimes && !holds, key == ClaimNever && holds:
		return "no such session " + has
	case key == ClaimSometimes || key == ClaimNever:
		text = "a session " + has
	case key == ClaimDisjoint && holds:
		return "no session " + has + " under both"
	case key == ClaimDisjoint:
		text = "a session " + has + " under both"
	case key == ClaimImplies && holds:
		return "every session that " + has + " under the first also " + has + " under the second"
	case key == ClaimEquivalent && holds:
		return "every session " + has + " under both or under neither"
	case key == ClaimImplies:
		text = "a session " + has + " under the first and " + not + " under the second"
	default:
		text = "a session " + has + " under one and " + not + " under the other"
	}
	return text + a.refusalText()
}

// refusalText says at which command the witness is refused, if that is why it lacks the
// property.
func (a *asker) refusalText() string {
	p := a.policies[0]
	if a.q.Claim.Compares() {
		p = a.policies[1]
	}
	if !a.needs.session || a.q.Property == PropertyOffered || a.q.Property == PropertyServed && a.q.Argument != "" || a.q.Claim == ClaimDisjoint {
		return ""
	}
	if a.q.Claim == ClaimNever || a.q.Claim == ClaimSometimes {
		return ""
	}
	for _, s := range p.Walk(*a.witness).Stages {
		switch {
		case a.q.Property == PropertyLogsOn && s.Name == connector.StageMail: // which follows the logon
			return ": it has no user"
		case s.Decision.Allowed():
		case s.Name == connector.StageConnect && a.witness.BeginsWithTLS() && !a.witness.TLS && p.Select(a.witness.Local, a.witness.Remote, nil) != nil:
			return ": the connection has to begin with TLS"
		case s.Name == connector.StageConnect:
			return ": no Receive connector serves the connection"
		case s.Name == connector.StageRoute:
			return ": RCPT TO:<" + s.Command + "> is refused: " + s.Decision.Reply().String()
		default:
			return ": " + s.Command + " is refused: " + s.Decision.Reply().String()
		}
	}
	return ""
}
