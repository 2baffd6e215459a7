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
		if !e.tls && e.demandChanged() {
			continue
		}
		var sasl [2]string
		for i, in := range e.inbounds {
			if s, ok := e.open(in); ok {
				sasl[i] = strings.Join(s.SASL(), ", ")
			}
		}
		if sasl[0] != sasl[1] {
			e.record(delta{
				aspect: AspectAuth, direction: toward(sasl[0] == ""), before: orNothing(sasl[0]), after: orNothing(sasl[1]),
				anyChannel: e.implicit,
			}, e.login(sasl[0] == ""))
		}
	}
}

// login is dialog with a user that may log on afterwards or, if !afterwards, before;
// with any user if there is no such user.
func (e *sessionPair) login(afterwards bool) connector.Dialog {
	acl := e.inbounds[index(afterwards)].ACL()
	users := partition.Users(acl, nil, permission.SetOf(permission.Submit))
	at := slices.IndexFunc(users, func(id auth.Identity) bool { return acl.Rights(id.Principal).Has(permission.Submit) })
	d := e.dialog()
	d.User = &users[max(at, 0)]
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
