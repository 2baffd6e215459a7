package analysis

import (
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Remedy is an action of the client of a refused session, or a change of its user or of the
// server's certificate, so that the refusal goes away and the policy stays as it is.
type Remedy struct {
	Kind  RemedyKind
	Text  string // in words
	After connector.Walkthrough
}

// Accepted reports whether the remedy is enough: the session passes to its end.
// Otherwise a later command is refused, see After.
func (r Remedy) Accepted() bool { return r.After.Accepted() }

// Refusal returns the first refusal that remains; ok is false if no command is
// refused.
func (r Remedy) Refusal() (s connector.Stage, ok bool) { return firstRefusal(r.After) }

// RemedyKind is the stable name of what a Remedy is.
type RemedyKind string

// The kinds of remedies.
const (
	RemedyHello             RemedyKind = "ehlo"               // the client gives its name
	RemedyTLS               RemedyKind = "starttls"           // it uses TLS
	RemedyServerCertificate RemedyKind = "server-certificate" // the server gets a certificate, for a client that uses TLS
	RemedyLogin             RemedyKind = "login"              // it logs on
	RemedyCertificate       RemedyKind = "certificate"        // it shows a certificate
	RemedyAddress           RemedyKind = "address"            // one more address of the user
	RemedyMember            RemedyKind = "member"             // the user is in one more group
)

// RemedyKinds returns all kinds.
func RemedyKinds() []RemedyKind {
	return []RemedyKind{RemedyHello, RemedyTLS, RemedyServerCertificate, RemedyLogin, RemedyCertificate, RemedyAddress, RemedyMember}
}

// Remedies returns the remedies for the first refusal of a session that need no change
// of the policy: the smallest remedies that lead to the end of the session or, if no
// remedy does, those that lead past the refusal. It returns nil if nothing is refused,
// or if nothing of the kind helps.
func Remedies(p *connector.Policy, d connector.Dialog) []Remedy {
	q := newRefusal(p, d)
	if q == nil || q.connector() == nil {
		return nil
	}
	var enough, first []Remedy
	for _, m := range q.measures() {
		if len(enough) > 0 && enough[0].Kind != m.kind {
			break // a smaller remedy is enough
		}
		switch r, ok := q.tryMeasure(m); {
		case ok && r.Accepted():
			enough = append(enough, r)
		case ok:
			first = append(first, r)
		}
	}
	if len(enough) > 0 {
		return enough
	}
	return first
}

// measure is a Remedy that hasn't been tried yet.
type measure struct {
	kind  RemedyKind
	text  string
	apply func(*connector.Dialog)
}

// tryMeasure makes the Remedy of m, if it helps, after STARTTLS if it doesn't help
// before.
func (q *refusal) tryMeasure(m measure) (Remedy, bool) {
	d := q.dialog
	m.apply(&d)
	after := q.policy.Walk(d)
	if q.helped(m, after) || d.TLS {
		return Remedy{m.kind, m.text, after}, q.helped(m, after)
	}
	d.TLS = true
	after = q.policy.Walk(d)
	when := ", after STARTTLS"
	if d.BeginsWithTLS() {
		when = ", under TLS from the start"
	}
	return Remedy{m.kind, m.text + when, after}, q.helped(m, after)
}

// helped reports whether the stage that was refused passes after m. EHLO with a name
// is a different command from EHLO without.
func (q *refusal) helped(m measure, after connector.Walkthrough) bool {
	if m.kind != RemedyHello {
		return q.passesNow(after)
	}
	return !slices.ContainsFunc(after.Stages, func(s connector.Stage) bool { return s.Decision.Reason == reply.HelloDomainRequired })
}

// measures lists what might help.
func (q *refusal) measures() []measure {
	var all []measure
	if q.stage().Decision.Reason == reply.HelloDomainRequired {
		all = append(all, measure{RemedyHello, "the client gives its domain name at EHLO", func(d *connector.Dialog) { d.Helo = "client.example" }})
	}
	if !q.dialog.TLS {
		text := "the client uses STARTTLS"
		if q.dialog.BeginsWithTLS() {
			text = "the client uses TLS from the start"
		}
		all = append(all, measure{RemedyTLS, text, func(d *connector.Dialog) { d.TLS = true }})
	}
	if q.dialog.TLS && q.dialog.NoCertificate {
		all = append(all, measure{RemedyServerCertificate, "the server gets a certificate", func(d *connector.Dialog) { d.NoCertificate = false }})
	}
	if domain := q.dialog.From.Domain(); q.stage().Decision.Reason == reply.SecuredSenderDenied {
		all = append(all, measure{RemedyCertificate, "the client shows a certificate of " + domain.String(), func(d *connector.Dialog) {
			d.PeerNames = append(slices.Clone(d.PeerNames), domain.String())
		}})
	}
	if q.dialog.User == nil {
		return append(all, q.logins()...)
	}
	return append(all, q.memberships()...)
}

// logins has the client log on: as a user that may use the sender's address, and as a
// member of each group that has an explicit grant.
func (q *refusal) logins() []measure {
	text, addresses := "the client logs on", []routing.Address(nil)
	if from := q.dialog.From; from.IsValid() {
		text, addresses = text+" as a user who may send as "+from.String(), []routing.Address{from}
	}
	login := func(text string, groups ...permission.SID) measure {
		user := &auth.Identity{Principal: permission.Authenticated("user", groups...), Addresses: addresses}
		return measure{RemedyLogin, text, func(d *connector.Dialog) { d.User = user }}
	}
	all := []measure{login(text)}
	if _, enough := q.tryMeasure(all[0]); enough {
		return all
	}
	for _, sid := range q.grantedSIDs() {
		all = append(all, login(text+" and is "+sid.Name()+" or a member of it", sid))
	}
	return all
}

// memberships adds the sender's address to the user's, or makes the user a member of
// a group that has an explicit grant.
func (q *refusal) memberships() []measure {
	user := *q.dialog.User
	as := func(kind RemedyKind, text string, change func(*auth.Identity)) measure {
		return measure{kind, text, func(d *connector.Dialog) {
			other := user
			other.SIDs, other.Addresses = slices.Clone(user.SIDs), slices.Clone(user.Addresses)
			change(&other)
			d.User = &other
		}}
	}
	var all []measure
	if from := q.dialog.From; from.IsValid() && !user.Owns(from) {
		all = append(all, as(RemedyAddress, "add "+from.String()+" to the addresses of "+user.Name+" in the users file", func(id *auth.Identity) {
			id.Addresses = append(id.Addresses, from)
		}))
	}
	for _, sid := range q.grantedSIDs() {
		if !user.Is(sid) {
			all = append(all, as(RemedyMember, "make "+user.Name+" a member of "+sid.Name()+" in the users file", func(id *auth.Identity) {
				id.SIDs = append(id.SIDs, sid)
			}))
		}
	}
	return all
}

// maxNamed is the limit of groups that are tried.
const maxNamed = 20

// grantedSIDs returns the organisation's users and groups to which the connector that
// refused has explicit grants: those that a users file can name.
func (q *refusal) grantedSIDs() []permission.SID {
	var all []permission.SID
	for _, g := range q.connector().Settings().Permissions {
		_, wellKnown := permission.LookupSID(g.To.Name())
		if g.Allow != 0 && !wellKnown && !slices.Contains(all, g.To) && len(all) < maxNamed {
			all = append(all, g.To)
		}
	}
	return all
}
