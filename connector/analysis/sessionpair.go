package analysis

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// sessionPair is the same session under the policy before and the policy afterwards.
type sessionPair struct {
	*comparer
	place int // of the pair
	*pair
	who    representative
	tls    bool
	opened [2]connector.Session
	submit [2]bool // MAIL FROM:<> passes
}

// sessionPairs returns one session pair for each identity and channel that is
// possible on the connectors of a pair, as far as the rights distinguish identities.
func (c *comparer) sessionPairs(place int, rights permission.Set) []*sessionPair {
	var all []*sessionPair
	for _, who := range c.representatives(&c.pairs[place], rights) {
		for _, tls := range []bool{false, true} {
			if c.effort.Spend(openSteps) && (tls || len(who.Partner) == 0 && !c.pairs[place].implicit) {
				all = append(all, c.openPair(place, who, tls))
			}
		}
	}
	return all
}

// The effort of examining a combination of groups, and of opening the session of one identity.
const (
	triedSteps = 20
	openSteps  = 2000
)

// representatives returns the identities that are possible on the connectors of p, as
// far as the rights distinguish them.
func (c *comparer) representatives(p *pair, rights permission.Set) []representative {
	all := []representative{{}}
	for _, in := range p.inbounds {
		if in != nil && in.Settings().DomainSecureEnabled {
			for i, who := range c.domains.Partners() {
				all = append(all, representative{Who: who, place: i})
			}
			break
		}
	}
	logins := partition.NewLogins(p.inbounds[0].ACL(), p.inbounds[1].ACL(), rights)
	if !c.effort.Spend(triedSteps * logins.Tried) {
		return nil
	}
	for i := range logins.Users {
		all = append(all, representative{partition.Who{User: &logins.Users[i]}, logins, i})
	}
	return all
}

// openPair opens the sessions of a client on both connectors of a pair.
func (c *comparer) openPair(place int, who representative, tls bool) *sessionPair {
	e := &sessionPair{comparer: c, place: place, pair: &c.pairs[place], who: who, tls: tls}
	for i, in := range e.inbounds {
		s, ok := e.open(in)
		e.opened[i] = s
		e.submit[i] = ok && s.Mail(connector.Mail{}).Allowed()
	}
	return e
}

// open opens the session on a connector.
func (e *sessionPair) open(in *connector.Inbound) (connector.Session, bool) {
	return e.who.OpenAt(in, e.implicit, e.tls)
}

// dialog describes the session up to EHLO, for a witness.
func (e *sessionPair) dialog() connector.Dialog {
	at := e.clients[0]
	l := &e.listeners[at.listener]
	return e.who.Dialog(l.Witness, l.Cells[at.cell].Witness, e.tls)
}

// dialogWithRecipient is dialog with a message of that size to a recipient that as many
// policies as possible accept and have a route for, if there is one.
func (e *sessionPair) dialogWithRecipient(size int64) connector.Dialog {
	return e.dialogWithBest(size, e.accepting)
}

// dialogWithBest is dialog with a message of that size to a recipient in a class of the highest
// rank, and among these to one that has a route. Rank 0 is no recipient.
func (e *sessionPair) dialogWithBest(size int64, rankOf func(class int) int) connector.Dialog {
	d := e.dialog()
	d.Size = size
	best := 0
	for class := range e.domains.Members {
		rank := 3 * rankOf(class)
		if rank == 0 {
			continue
		}
		way := e.wayFor(class, size)
		if rank += way.routed; rank > best {
			best, d.To = rank, []routing.Address{way.to}
		}
	}
	return d
}

// accepting returns how many policies let the session send to the class.
func (e *sessionPair) accepting(class int) int {
	n := 0
	for i := range e.opened {
		n += e.acceptedBy(i, class)
	}
	return n
}

// acceptedBy returns 1 if a policy lets the session send to the class, otherwise 0.
func (e *sessionPair) acceptedBy(i, class int) int {
	to := partition.Mailbox("user", e.domains.Representative(class))
	if e.submit[i] && e.opened[i].Rcpt(connector.Rcpt{To: to}).Allowed() {
		return 1
	}
	return 0
}

// bothAccept reports whether the session can send some message under both policies, so that
// its treatment matters.
func (e *sessionPair) bothAccept() bool {
	for class := range e.domains.Members {
		if e.accepting(class) == len(e.policies) {
			return true
		}
	}
	return false
}

// record adds a difference and the session that shows it.
func (e *sessionPair) record(d delta, witness connector.Dialog) {
	d.witness = witness
	e.deltas.add(d, e.who, e.tls)
}

// recipients compares the recipients that are accepted. This covers MAIL, too, if it
// passes only before or only afterwards.
func (e *sessionPair) recipients() {
	passes := e.submit[0] != e.submit[1]
	switch {
	case e.submit == [2]bool{}:
		return
	case passes && !e.tls && e.demandChanged():
		e.record(delta{aspect: AspectTLS, direction: toward(e.submit[1]), anyChannel: true}, e.dialogWithRecipient(0))
		return
	}
	var relay [Stricter + 1][]int // by direction: for which classes it changed
	var routed []delta
	differs := false
	for i, class := range e.domains.Classes {
		if plain, direction := e.recipientDiffers("user", i); plain {
			differs = true
			d := delta{aspect: AspectRecipient, direction: direction, objects: []int{i}}
			if class.Accepted[side(direction)] == 0 {
				d.aspect = AspectRelay
				relay[direction] = append(relay[direction], i)
			}
			e.record(d, e.dialogTo("user", i))
			if d.aspect == AspectRelay {
				continue // relaying includes such recipients
			}
		}
		if odd, direction := e.recipientDiffers(routedLocal, i); odd {
			differs = true
			routed = append(routed, delta{aspect: AspectRoutedRecipient, direction: direction, objects: []int{i}})
		}
	}
	for _, d := range routed {
		// To relay to any domain includes such recipients of accepted domains.
		class := d.objects[0]
		if accepted := e.domains.Classes[class].Accepted[side(d.direction)] != 0; !accepted || !e.tree.covered(class, relay[d.direction], d.direction) {
			e.record(d, e.dialogTo(routedLocal, class))
		}
	}
	if passes && !differs {
		e.record(delta{aspect: AspectSubmit, direction: toward(e.submit[1])}, e.dialog())
	}
}

// routedLocal is a local part that some servers take for an order to relay.
const routedLocal = "user%example.net"

// recipientDiffers reports whether mail to a local part in the class is accepted only
// before or only afterwards.
func (e *sessionPair) recipientDiffers(local string, class int) (differs bool, direction Direction) {
	to := partition.Mailbox(local, e.domains.Representative(class))
	var passes [2]bool
	for i, s := range e.opened {
		passes[i] = e.submit[i] && s.Rcpt(connector.Rcpt{To: to}).Allowed()
	}
	return passes[0] != passes[1], toward(passes[1])
}

func (e *sessionPair) dialogTo(local string, class int) connector.Dialog {
	d := e.dialog()
	d.To = []routing.Address{partition.Mailbox(local, e.domains.Representative(class))}
	return d
}

// senders compares the sender addresses that are accepted.
func (e *sessionPair) senders() {
	if e.submit != [2]bool{true, true} {
		return
	}
	differs := false
	for i := range e.domains.Classes {
		differs = e.sendersOf(i) || differs
	}
	// Clients that may send as any sender may also send messages whose sender can't be read.
	was, is := e.mayHideAuthors(0), e.mayHideAuthors(1)
	if was != is && !differs && !e.senderRulesDiffer() {
		e.record(delta{aspect: AspectUnreadableSender, direction: toward(is)}, e.dialogWithRecipient(0))
	}
}

// mayHideAuthors reports whether messages whose From can't be read pass as they are.
func (e *sessionPair) mayHideAuthors(i int) bool {
	return e.opened[i].Authors(nil, false).Allowed() && !e.opened[i].FromOf(nil, false).IsValid()
}

// senderRulesDiffer reports whether AllowedSenders or RewriteFrom, which are compared as
// settings, decide about unreadable senders.
func (e *sessionPair) senderRulesDiffer() bool {
	was, is := e.inbounds[0].Settings(), e.inbounds[1].Settings()
	return was.RewriteFrom != is.RewriteFrom || (len(was.AllowedSenders) > 0) != (len(is.AllowedSenders) > 0)
}

// sendersOf compares whether mail may be sent as addresses in a class, and reports
// whether that differs. For a partner the domains that its certificate names and the
// other domains are compared apart, because the decisions may differ.
func (e *sessionPair) sendersOf(class int) bool {
	domain, without, other := e.domains.Unverified(class, e.who.Who)
	own, with, verified := e.domains.Verified(class, e.who.Who)
	a, b := e, e
	if other && len(e.who.Partner) > 0 {
		a = e.openPair(e.place, representative{without, nil, e.who.place}, e.tls)
	}
	if verified {
		b = e.openPair(e.place, representative{with, nil, e.who.place}, e.tls)
	}
	was, direction := other && a.senderDiffers(domain), toward(a.maySendAs(1, domain))
	is := verified && b.senderDiffers(own)
	switch {
	case was && is && direction == toward(b.maySendAs(1, own)) || was && !verified:
		a.recordSender(class, domain, NamedOrNot)
	case is && !other:
		b.recordSender(class, own, NamedOrNot)
	default:
		if was {
			a.recordSender(class, domain, NotNamed)
		}
		if is {
			b.recordSender(class, own, Named)
		}
	}
	return was || is
}

// senderDiffers reports whether mail may be sent as an address in domain only before
// or only afterwards.
func (e *sessionPair) senderDiffers(domain routing.Domain) bool {
	return e.maySendAs(0, domain) != e.maySendAs(1, domain)
}

func (e *sessionPair) maySendAs(i int, domain routing.Domain) bool {
	return e.submit[i] && e.opened[i].SendRights(partition.Mailbox("user", domain)).Allowed()
}

// recordSender adds that mail may be sent as addresses in a class only before or only afterwards. The
// recipient is one that the policy with the sender accepts, so that the whole message is.
func (e *sessionPair) recordSender(class int, domain routing.Domain, names SenderNamed) {
	direction := toward(e.maySendAs(1, domain))
	d := e.dialogWithBest(0, func(class int) int { return e.acceptedBy(side(direction), class) })
	d.From = partition.Mailbox("user", domain)
	e.record(delta{aspect: AspectSender, direction: direction, objects: []int{class}, names: names}, d)
}

// demandChanged reports whether TLS is required by one of the policies only. That is
// one change, however many commands it refuses without TLS.
func (e *sessionPair) demandChanged() bool {
	return e.inbounds[0] != nil && e.inbounds[1] != nil && e.inbounds[0].Settings().RequireTLS != e.inbounds[1].Settings().RequireTLS
}
