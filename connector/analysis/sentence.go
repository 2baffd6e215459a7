package analysis

import (
	"maps"
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
	}
	if d.objects != nil {
		change.Domains, change.Except = c.tree.classTerms(d)
	}
	var who string
	change.Sources, who = c.sources(d.pairs)
	change.Witness = c.bestWitness(&change, d.witnesses)
	change.Text = d.sentence(who, domainText(change.Domains, change.Except)) + c.connectorNames(d) + "."
	return change
}

// sentence describes d. clients is "" for all clients; domains is used if d is about
// domains.
func (d *delta) sentence(clients, domains string) string {
	subject, all := "All clients", "all clients"
	if clients != "" {
		subject, all = "Clients "+clients, "clients "+clients
	}
	if text := d.sessionSentence(subject, domains); text != "" {
		return text
	}
	return d.valueSentence(all)
}

// sessionSentence describes d if it is about what clients may or must do; otherwise
// it returns "".
func (d *delta) sessionSentence(subject, domains string) string {
	may, are := subject+" may now ", subject+" are now "
	if d.direction == Stricter {
		may, are = subject+" may no longer ", subject+" are no longer "
	}
	as := d.identity() + d.channel.String()
	switch d.aspect {
	case AspectConnection:
		return may + "connect"
	case AspectHello:
		if d.direction == Wider {
			return subject + " need no longer name a domain at EHLO"
		}
		return subject + " must now name a domain at EHLO"
	case AspectStartTLS:
		return are + "offered STARTTLS"
	case AspectTLS:
		if d.direction == Wider {
			return may + "send without TLS"
		}
		return subject + " must now use TLS"
	case AspectAuth:
		if d.direction == Stricter {
			return are + "offered AUTH " + d.before + d.channel.String()
		}
		return are + "offered AUTH " + d.after + d.channel.String()
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

// valueSentence describes d if it is about a value.
func (d *delta) valueSentence(all string) string {
	have := " may now have "
	if d.direction == Stricter {
		have = " may now only have "
	}
	as := d.identity() + d.channel.String()
	switch d.aspect {
	case AspectSize:
		return "Messages of " + all + as + have + upTo(d.after, "") + " instead of " + upTo(d.before, "")
	case AspectRecipientCount:
		return "Messages of " + all + as + have + upTo(d.after, " recipients") + " instead of " + upTo(d.before, "")
	case AspectHeaders:
		return d.subject + " fields of " + all + as + " are now " + d.after
	}
	return "For " + all + ", " + d.subject + " is now " + d.after + " instead of " + d.before
}

// String returns the channel as the end of a sentence.
func (c channel) String() string {
	switch c {
	case inClear:
		return " without TLS"
	case withTLS:
		return " with TLS"
	}
	return ""
}

// identity returns the end of a sentence, which names the clients' identities.
func (d *delta) identity() string {
	text := identity(d.parties, unchanged)
	switch d.names {
	case ownName:
		text += " that also names the sender's domain"
	case otherName:
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
