package analysis

import (
	"maps"
	"strings"
)

// sessionChanges returns the differences between sessions as changes.
func (c *comparer) sessionChanges() []Change {
	var changes []Change
	for _, d := range c.deltas.deltas() {
		changes = append(changes, c.change(d))
	}
	sortChanges(changes)
	return changes
}

func (c *comparer) change(d *delta) Change {
	change := Change{
		Aspect: d.aspect, Direction: d.direction, Subject: d.subject, Before: d.before, After: d.after,
		Who: d.who(), Channel: d.channel, Sender: d.names,
	}
	domains := ""
	if d.objects != nil {
		t := c.tree.classTerms(d)
		t.set(&change)
		domains = t.text()
	}
	spread, clients := c.clientsOf(d.pairs...)
	change.Clients, change.MoreClients = spread.groups, spread.more
	change.Witness = c.bestWitness(&change, d.witnesses)
	text, was := d.sessionSentence(clients.who, domains), ""
	if text == "" {
		text, was = d.valueSentence(clients.who)
	}
	change.Text = sentence(text, clients.list, was, c.connectorNames(d))
	return change
}

// sessionSentence describes d if it is about what the clients who may or must do;
// otherwise it returns "". domains is used if d is about domains.
func (d *delta) sessionSentence(who, domains string) string {
	may, are := who+" may now ", who+" are now "
	if d.direction == Stricter {
		may, are = who+" may no longer ", who+" are no longer "
	}
	as := d.identity() + d.over()
	switch d.aspect {
	case AspectConnection:
		return may + "connect"
	case AspectHello:
		if d.direction == Wider {
			return who + " need no longer name a domain at EHLO"
		}
		return who + " must now name a domain at EHLO"
	case AspectStartTLS:
		return are + "offered STARTTLS"
	case AspectTLS:
		if d.direction == Wider {
			return may + "send without TLS"
		}
		return who + " must now use TLS"
	case AspectAuth:
		offered := d.after
		if d.direction == Stricter {
			offered = d.before
		}
		return are + "offered AUTH " + strings.ReplaceAll(offered, ", ", " and ") + d.over()
	case AspectSubmit:
		return may + "pass MAIL" + as + ", though no recipient passes"
	case AspectRelay:
		return may + "relay to " + domains + as
	case AspectRoutedRecipient:
		return may + "send to recipients in " + domains + " with @, % or ! in the local part" + as
	case AspectRecipient:
		return may + "send to " + domains + as
	case AspectSender:
		return may + "send as addresses in " + domains + as
	case AspectUnreadableSender:
		return may + "send messages whose From can't be read" + as
	}
	return ""
}

// valueSentence describes d if it is about a value of the clients who. was is a
// remark with the value before, unless the sentence tells it.
func (d *delta) valueSentence(who string) (text, was string) {
	as, was := d.identity()+d.over(), "was "+d.before
	unit := ""
	switch d.aspect {
	case AspectHeaders:
		return d.subject + " fields of " + who + as + " are now " + d.after, ""
	case AspectSetting:
		return "for " + who + ", " + d.subject + " is now " + d.after, was
	case AspectRecipientCount:
		unit = " recipients"
	}
	if d.direction == Stricter {
		return "messages of " + who + as + " are now limited to " + d.after + unit, was
	}
	return "messages of " + who + as + " may now have " + upTo(d.after, unit), was
}

// who returns the clients by their identities, or nil if a sentence about the aspect doesn't
// name any.
func (d *delta) who() []Who {
	switch d.aspect {
	case AspectConnection, AspectHello, AspectStartTLS, AspectTLS, AspectAuth, AspectSetting:
		return nil
	}
	all := make([]Who, len(d.groups))
	for i, p := range d.groups {
		all[i] = Who{p.proof, p.In, p.Unless, p.Rest}
	}
	return all
}

// over returns the channel as the end of a sentence.
func (d *delta) over() string {
	switch d.channel {
	case OnlyClear:
		return " without TLS"
	case OnlyTLS:
		return " with TLS"
	}
	return ""
}

// identity returns the end of a sentence, which names the clients' identities.
func (d *delta) identity() string {
	text := identity(d.groups, unchanged)
	switch d.names {
	case Named:
		text += " that also names the sender's domain"
	case NotNamed:
		text += " that doesn't name the sender's domain"
	}
	return text
}

// connectorNames names the connectors that the change is about: those of the policy
// that allows it.
func (c *comparer) connectorNames(d *delta) string {
	names := map[string]bool{}
	at := side(d.direction)
	if d.direction == Different {
		at = 1
	}
	for _, p := range d.pairs {
		from := c.pairs[p].names[at]
		if len(from) == 0 {
			from = c.pairs[p].names[1-at]
		}
		maps.Copy(names, from)
	}
	return connectorText("connector", names)
}
