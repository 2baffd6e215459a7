package analysis

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
)

// compareChannels compares what is offered to and required of clients before they
// authenticate.
func (c *comparer) compareChannels(place int) {
	encrypted := c.openPair(place, representative{}, true)
	channels := []*sessionPair{encrypted}
	if !encrypted.implicit {
		channels = []*sessionPair{c.openPair(place, representative{}, false), encrypted}
		c.compareStartTLS(encrypted)
	}
	first := channels[0]
	if a, b := first.inbounds[0].Settings().RequireEHLODomain, first.inbounds[1].Settings().RequireEHLODomain; a != b {
		d := first.dialog()
		d.Helo = ""
		first.record(delta{aspect: AspectHello, direction: toward(a), anyChannel: true}, d)
	}
	for _, e := range channels {
		if !e.tls && e.demandChanged() && c.demandShows(place) {
			continue
		}
		e.compareMechanisms()
	}
}

// demandShows reports whether mail passes in the clear only before or only afterwards, so
// that a change of RequireTLS is found as such.
func (c *comparer) demandShows(place int) bool {
	return slices.ContainsFunc(c.sessionPairs(place, permission.SetOf(permission.Submit)), func(e *sessionPair) bool {
		return !e.tls && e.submit[0] != e.submit[1]
	})
}

// compareMechanisms compares which SASL mechanisms are offered.
func (e *sessionPair) compareMechanisms() {
	var sasl [2][]string
	for i, in := range e.inbounds {
		if s, ok := e.open(in); ok {
			sasl[i] = s.SASL()
		}
	}
	for i, direction := range []Direction{Stricter, Wider} {
		only := slices.DeleteFunc(slices.Clone(sasl[i]), func(name string) bool { return slices.Contains(sasl[1-i], name) })
		if len(only) == 0 {
			continue
		}
		d := delta{aspect: AspectAuth, direction: direction, before: orNothing(""), after: orNothing(""), anyChannel: e.implicit}
		if names := strings.Join(only, ", "); direction == Wider {
			d.after = names
		} else {
			d.before = names
		}
		e.record(d, e.login(direction == Wider, only[0]))
	}
}

// login is dialog with a user that may log on by a SASL mechanism afterwards or, if
// !afterwards, before; with any user if there is no such user.
func (e *sessionPair) login(afterwards bool, mechanism string) connector.Dialog {
	acl := e.inbounds[index(afterwards)].ACL()
	users := partition.Users(acl, nil, permission.SetOf(permission.Submit))
	at := slices.IndexFunc(users, func(id auth.Identity) bool { return acl.Rights(id.Principal).Has(permission.Submit) })
	d := e.dialog()
	d.User, d.Mechanism = &users[max(at, 0)], mechanism
	return d
}

// compareStartTLS compares whether STARTTLS is offered.
func (c *comparer) compareStartTLS(encrypted *sessionPair) {
	var offered [2]bool
	for i, in := range encrypted.inbounds {
		offered[i] = in.Open(auth.Channel{}, nil).StartTLS().Allowed()
	}
	if offered[0] != offered[1] {
		encrypted.record(delta{aspect: AspectStartTLS, direction: toward(offered[1]), anyChannel: true}, encrypted.dialog())
	}
}
