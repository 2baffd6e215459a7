package replay

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/reply"
)

// String returns the report as text for people.
func (r *Report) String() string {
	var t text
	for _, f := range r.Files {
		switch {
		case f.Format.Judged():
			t.line("%s: %s log, %s", f.Name, f.Format, count(f.Lines, "line"))
		case f.Format == FormatEmpty:
			t.line("%s: empty log", f.Name)
		case f.Type != "":
			t.line("%s: %s log (%s), %s, not judged: %s", f.Name, f.Format, f.Type, count(f.Lines, "line"), f.Format.why())
		default:
			t.line("%s: %s log, %s, not judged: %s", f.Name, f.Format, count(f.Lines, "line"), f.Format.why())
		}
	}
	r.totals(&t)
	r.agreement(&t)
	r.differences(&t)
	r.logConnectors(&t)
	r.receiveUse(&t)
	if r.NoConnector != nil {
		t.line("\nNo Receive connector for %s", count(r.NoConnector.Sessions, "session"))
		t.clients(r.NoConnector.Top)
	}
	r.sends(&t)
	return t.String()
}

// receiveUse prints the clients of each Receive connector in use, and then the
// connectors without sessions.
func (r *Report) receiveUse(t *text) {
	var unused, elsewhere, off, unlogged []string
	for _, u := range r.Receive {
		switch {
		case u.Sessions > 0:
			u.text(t, r.gaps())
		case u.LoggingOff:
			off = append(off, quoted(u.Name))
		case u.Unlogged:
			unlogged = append(unlogged, quoted(u.Name))
		case u.Elsewhere:
			elsewhere = append(elsewhere, quoted(u.Name))
		default:
			unused = append(unused, quoted(u.Name))
		}
	}
	if len(unused) > 0 {
		t.line("\nReceive connectors never used: %s", strings.Join(unused, ", "))
	}
	if len(elsewhere) > 0 {
		t.line("\nReceive connectors of the logs whose sessions another connector serves now: %s", strings.Join(elsewhere, ", "))
	}
	if len(off) > 0 {
		t.line("\nReceive connectors not in these logs (protocol logging is off for them): %s", strings.Join(off, ", "))
	}
	if len(unlogged) > 0 {
		t.line("\nReceive connectors that these logs don't cover: %s", strings.Join(unlogged, ", "))
	}
}

// text is a report being printed.
type text struct{ strings.Builder }

func (t *text) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

func (r *Report) totals(t *text) {
	unjudged := ""
	if r.Unjudged > 0 {
		unjudged = fmt.Sprintf(", %d not judged", r.Unjudged)
	}
	t.line("%s: %d the same, %d different%s", count(r.Sessions, "session"), r.Alike, r.Different, unjudged)
	t.line("%s judged; %s and %s accepted by both",
		count(r.Commands, "command"), count(r.Messages, "message"), count(r.Recipients, "recipient"))
	optional := []struct {
		n    int64
		what string
	}{
		{r.Partial, "not judged, because the log doesn't have the beginning"},
		{r.Removed, "not judged, because addresses or replies were removed from the log"},
		{r.Silent, "not judged, because nothing in them depends on the policy"},
		{r.Evicted, "judged in part, because too many were open at the same time"},
		{r.Private, "not judged further, because they use commands of Exchange servers"},
	}
	for _, o := range optional {
		if o.n > 0 {
			t.line("%s %s", count(o.n, "session"), o.what)
		}
	}
	if r.Malformed > 0 {
		hidden := ""
		if r.Hidden > 0 {
			hidden = fmt.Sprintf(", %d without the addresses of client and server", r.Hidden)
		}
		t.line("%s skipped%s:", count(r.Malformed, "malformed line"), hidden)
		for _, p := range r.Problems {
			t.line("    %s", p)
		}
	}
}

func (r *Report) agreement(t *text) {
	for _, a := range []struct {
		Agreement
		what string
	}{
		{r.Connector, "Receive connector"}, {r.Rights, "rights of the session"}, {r.Send, "Send connector or next hop"},
	} {
		if a.Known > 0 {
			t.line("%s: the same in %d of %d", a.what, a.Alike, a.Known)
		}
	}
	if r.Outside > 0 {
		t.line("%s for reasons outside of the policy:", count(r.Outside, "refusal"))
		for _, o := range r.OutsideReplies {
			t.line("%8d  %s", o.Count, o.Reply)
		}
	}
}

func (r *Report) differences(t *text) {
	if len(r.Differences) == 0 {
		return
	}
	t.line("\nDifferences:")
	for _, d := range r.Differences {
		t.line("%8d  %s", d.Count, d)
		for _, e := range d.Examples {
			t.line("          %s", e)
		}
	}
	if r.MoreDifferences > 0 {
		t.line("%8d  other differences", r.MoreDifferences)
	}
}

// quoted is strconv.Quote, but keeps the backslash of SERVER\Connector.
func quoted(name string) string {
	return strings.ReplaceAll(strconv.Quote(name), `\\`, `\`)
}

// String returns the difference on one line.
func (d Difference) String() string {
	where := ""
	if d.Connector != "" && d.Kind != KindConnector {
		where = " on " + quoted(d.Connector)
	}
	why := ""
	if d.Reason != reply.Undecided {
		why = " (" + d.Reason.String() + ")"
	}
	return fmt.Sprintf("%s at %s%s: was %s, now %s%s", d.Kind, d.Stage, where, d.Was, d.Now, why)
}

// String returns the example on one line.
func (e Example) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Position, e.Remote)
	for _, part := range []struct{ name, value string }{
		{"helo", e.Helo}, {"user", e.User}, {"from", e.From},
	} {
		if part.value != "" {
			fmt.Fprintf(&b, " %s=%s", part.name, part.value)
		}
	}
	if e.TLS {
		b.WriteString(" tls")
	}
	if e.Subject != "" {
		b.WriteString(" about " + e.Subject)
	}
	return b.String()
}

func (r *Report) logConnectors(t *text) {
	if len(r.LogConnectors) == 0 {
		return
	}
	t.line("\nConnectors in the log:")
	for _, c := range r.LogConnectors {
		t.line("  %s: %s", quoted(c.Name), count(c.Sessions, "session"))
		t.clients(c.Top)
	}
}

func (t *text) clients(top []Client) {
	for _, s := range top {
		approximately := ""
		if s.Error > 0 {
			approximately = fmt.Sprintf(" (at least %d)", s.Sessions-s.Error)
		}
		t.line("%s", strings.TrimRight(fmt.Sprintf("%8d%s  %s %s", s.Sessions, approximately, s.Address, s.Name), " "))
	}
}

func (u *ReceiveUse) text(t *text, gaps bool) {
	t.line("\nReceive connector %s: %s, %s", quoted(u.Name), count(u.Sessions, "session"), count(u.Messages, "message"))
	t.clients(u.Top)
	if u.Clients > len(u.Top) {
		least := ""
		if !u.Complete {
			least = "at least "
		}
		t.line("  and others, %s%s in all", least, count(int64(u.Clients), "client"))
	}
	if len(u.UnusedRanges) > 0 {
		t.line("  ranges never used: %s", join(u.UnusedRanges))
	}
	if u.Unjudged > 0 {
		t.line("  grants never used: not known, because %s could not be judged to the end", count(u.Unjudged, "session"))
	}
	for _, g := range u.UnusedGrants {
		t.line("  grant never used: %s by %s: %s", g.To, g.By, join(g.Rights))
	}
	switch {
	case u.Complete:
		t.line("  narrowest ranges: %s", join(u.Narrowest))
	case gaps:
		t.line("  narrowest ranges, ranges and grants never used: not known, because lines could not be read")
	default:
		t.line("  narrowest ranges: not known, because there were too many clients")
	}
}

func (r *Report) sends(t *text) {
	if r.Recipients == 0 {
		return
	}
	t.line("\nSend connectors by recipients:")
	for _, s := range r.SendUse {
		t.line("%8d  %s", s.Recipients, s.Name)
	}
	if r.Unroutable > 0 {
		t.line("%8d  no route", r.Unroutable)
	}
}

// join prints a list, or its beginning if it is very long.
func join[T fmt.Stringer](list []T) string {
	const most = 100
	words := make([]string, 0, min(len(list), most+1))
	for _, v := range list[:min(len(list), most)] {
		words = append(words, v.String())
	}
	if left := len(list) - most; left > 0 {
		words = append(words, fmt.Sprintf("and %d more", left))
	}
	return strings.Join(words, ", ")
}

// count prints n things.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
