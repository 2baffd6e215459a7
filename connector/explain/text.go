package explain

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// Session describes a session in one line, as in "192.0.2.1 to 10.2.3.4:25, STARTTLS, MAIL FROM:<a@contoso.com>, RCPT
// TO:<b@example.com>".
func Session(d connector.Dialog) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s to %s", d.Remote, d.Local)
	if d.Helo == "" {
		b.WriteString(", EHLO without a domain")
	}
	switch {
	case d.BeginsWithTLS():
		b.WriteString(", TLS from the start")
	case d.TLS:
		b.WriteString(", STARTTLS")
	}
	if len(d.PeerNames) > 0 {
		b.WriteString(" with a certificate for " + strings.Join(d.PeerNames, " and "))
	}
	if d.User != nil {
		b.WriteString(", AUTH as " + strings.Join(Names(d.User.SIDs), " and "))
	}
	fmt.Fprintf(&b, ", MAIL FROM:<%s>", d.From)
	if d.Size > 0 {
		fmt.Fprintf(&b, " SIZE=%d", d.Size)
	}
	if len(d.To) > 0 {
		fmt.Fprintf(&b, ", RCPT TO:<%s>", d.To[0])
	}
	if len(d.To) > 1 {
		fmt.Fprintf(&b, " %d times", len(d.To))
	}
	return b.String()
}

// Names returns the names of SIDs.
func Names(sids []permission.SID) []string {
	var names []string
	for _, sid := range sids {
		names = append(names, sid.Name())
	}
	return names
}

// Verdict says whether a session's message is accepted, of which principal and by which Receive connector.
func Verdict(w connector.Walkthrough) string {
	verdict := "refused"
	if w.Accepted() {
		verdict = "accepted"
	}
	in := w.Session.Inbound()
	if in == nil {
		return verdict + " before a session began"
	}
	return fmt.Sprintf("%s as %s by Receive connector %q", verdict, w.Session.Identity(), in.Name())
}

// Route describes a route in one line.
func Route(r connector.Route) string {
	switch r.Outcome {
	case routing.Routed:
	case routing.TooLarge:
		return "no route: the message is larger than MaxMessageSize of every matching Send connector"
	default:
		return "no route: no Send connector has a matching address space"
	}
	how := "by MX" + published(r.Outbound.Settings())
	for i, host := range r.Outbound.Settings().SmartHosts {
		if how += " or " + host.String(); i == 0 {
			how = "to smart host " + host.String()
		}
	}
	if r.Via != nil {
		how = "on server " + r.Via.Name
	}
	return fmt.Sprintf("%v by Send connector %q (%v), %s", r.Outcome, r.Outbound.Name(), r.Space, how)
}

// published says which TLS policies of domains a Send connector follows.
func published(s *connector.Send) string {
	switch dane, sts := s.DaneEnabled.Or(false), s.MtaStsEnabled.Or(false); {
	case dane && sts:
		return ", with TLS as DANE and MTA-STS require"
	case dane:
		return ", with TLS as DANE requires"
	case sts:
		return ", with TLS as MTA-STS requires"
	}
	return ""
}

// Sign marks a change at the beginning of its line: "+" allows more, "-" less, "~" neither.
func Sign(d analysis.Direction) string {
	switch d {
	case analysis.Wider:
		return "+"
	case analysis.Stricter:
		return "-"
	}
	return "~"
}
