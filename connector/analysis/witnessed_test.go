package analysis_test

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/permission"
)

// witnessed reports whether the independent evaluator sees in the witness of a change what the
// change says, or at least that something differs.
func (g *grid) witnessed(c analysis.Change) bool {
	s := sessionOf(c.Witness)
	s.Unreadable = c.Aspect == analysis.AspectUnreadableSender // which a dialog can't say
	switch c.Aspect {
	case analysis.AspectRelay, analysis.AspectRecipient, analysis.AspectRoutedRecipient, analysis.AspectSender, analysis.AspectSubmit, analysis.AspectTLS:
		return g.direction(s) == c.Direction
	case analysis.AspectSetting: // which may have an effect under one of the policies only
		was, before := g.twins[0].Observables(s)[c.Subject]
		is, after := g.twins[1].Observables(s)[c.Subject]
		return was != is || before != after
	}
	client, mail := s, s
	client.From, client.To, client.Helo = "", nil, "client.example"
	mail.Local = netip.AddrPort{}
	return len(g.compare(s))+len(g.compare(client))+len(g.compare(mail)) > 0
}

// sessionOf returns the session of a dialog.
func sessionOf(d connector.Dialog) observed.Session {
	s := observed.Session{
		Client: semantics.Client{Local: d.Local, Remote: d.Remote, TLS: d.TLS, PeerNames: d.PeerNames, User: d.User != nil, Helo: d.Helo},
		Size:   d.Size, HeaderSize: d.HeaderSize, Hops: d.Hops, LocalHops: d.LocalHops, Header: d.Header,
	}
	if !d.From.IsNull() {
		s.From = d.From.String()
	}
	for _, to := range d.To {
		s.To = append(s.To, to.String())
	}
	if d.User != nil {
		for _, sid := range d.User.SIDs {
			if sid != permission.SIDAuthenticatedUsers {
				s.Groups = append(s.Groups, sid.Name())
			}
		}
	}
	return s
}

// stages are those of a session in order; "" is a message that is accepted.
var stages = []string{"connect", "ehlo", "starttls", "auth", "mail", "rcpt", "route", "data", ""}

// widened returns a sighting of something that is allowed only afterwards, or nil. Two
// settings are compared as values whose direction is different, because they let some
// messages pass and hold up others, so sessions that show them don't count: RewriteSender and
// RewriteFrom replace a sender that would be refused, and with SizeEnabled a message that is
// too large is refused at MAIL, otherwise once it has arrived.
func (g *grid) widened(changes []analysis.Change) *sighting {
	rewrites := slices.ContainsFunc(changes, func(c analysis.Change) bool { return strings.HasPrefix(c.Subject, "Rewrite") })
	declares := slices.ContainsFunc(changes, func(c analysis.Change) bool { return c.Subject == "SizeEnabled" })
	for d := range g.differences() {
		wider := d.what == "refused" && slices.Index(stages, d.is) > slices.Index(stages, d.was) ||
			strings.HasPrefix(d.what, "outcome for ") && d.is == semantics.Routed ||
			d.what == "kept" && len(d.is) > len(d.was)
		if wider && !(rewrites && (d.session.From != "" || d.session.Unreadable)) && !(declares && d.session.Size > 0) {
			return &d
		}
	}
	return nil
}
