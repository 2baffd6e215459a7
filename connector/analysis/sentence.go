package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
)

// shown is how many elements of a list a sentence names.
const maxListed = 5

// aspectOrder is the order in which changes are listed.
var aspectOrder = []Aspect{
	AspectConnection, AspectHello, AspectStartTLS, AspectTLS, AspectAuth, AspectSubmit, AspectRelay, AspectRoutedRecipient,
	AspectRecipient, AspectSender, AspectIllegibleSender, AspectSize, AspectRecipientCount, AspectHeaders, AspectSetting,
	AspectRoute, AspectRouteTLS, AspectRouteAuth, AspectRouteHeaders, AspectRouteSetting,
	AspectQueue, AspectReport,
}

// sessionChanges makes changes of what was found.
func (c *comparer) sessionChanges() []Change {
	var changes []Change
	for _, d := range c.deltas.deltas() {
		changes = append(changes, c.change(d))
	}
	sortChanges(changes)
	return changes
}

func sortChanges(changes []Change) {
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(aspectOrder, a.Aspect), slices.Index(aspectOrder, b.Aspect)),
			cmp.Compare(a.Direction, b.Direction),
		)
	})
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

// sentence says d of the clients, "" being all, and of the domains if it is
// about some.
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

// sessionSentence says d if it is about what clients may or must do.
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
	case AspectIllegibleSender:
		return may + "send messages whose From can't be read" + as
	}
	return ""
}

// valueSentence says d if it is about a value.
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

// upTo words a limit.
func upTo(limit, unit string) string {
	switch limit {
	case sizeText(0):
		return limit
	case countText(0):
		return "any number of" + cmp.Or(unit, " them")
	}
	return "up to " + limit + unit
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

// identity returns as whom clients do it, as the end of a sentence.
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

// list names the first elements of all and counts the others.
func list(all []string, and string) string {
	if len(all) > maxListed {
		rest := strconv.Itoa(len(all) - maxListed)
		return strings.Join(all[:maxListed], ", ") + and + rest + " more"
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + and + all[len(all)-1]
}

// connectorNames names the connectors that the change is about: those of the
// policy that allows it.
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

func connectorText(kind string, names map[string]bool) string {
	if len(names) == 0 {
		return ""
	}
	if len(names) > 1 {
		kind += "s"
	}
	var quoted []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		quoted = append(quoted, strconv.Quote(name))
	}
	return " (" + kind + " " + list(quoted, " and ") + ")"
}

// sources returns the clients of some pairs, and the same in words; "" if they
// are all.
func (c *comparer) sources(pairs []int) ([]Source, string) {
	spans := make([][]partition.Span, len(c.listeners))
	for _, p := range pairs {
		for _, at := range c.pairs[p].clients {
			spans[at.listener] = append(spans[at.listener], at.Span)
		}
	}
	sources := c.sourcesOf(spans)
	return sources, c.sourcesText(sources)
}

// sourcesOf returns clients, given by listener.
func (c *comparer) sourcesOf(spans [][]partition.Span) []Source {
	var sources []Source
	same := map[string]int{}
	for l := range c.listeners {
		joined := partition.Join(spans[l])
		if len(joined) == 0 {
			continue
		}
		key := spansKey(joined)
		at, ok := same[key]
		if !ok {
			at = len(sources)
			same[key] = at
			s := Source{}
			for _, span := range joined {
				s.Ranges = append(s.Ranges, span.Range())
			}
			sources = append(sources, s)
		}
		sources[at].Local = append(sources[at].Local, c.listeners[l].Local...)
	}
	return sources
}

// spansKey is equal for equal spans.
func spansKey(spans []partition.Span) string {
	var key []byte
	for _, s := range spans {
		low, high := s.Low.As16(), s.High.As16()
		key = append(append(key, low[:]...), high[:]...)
	}
	return string(key)
}

// sourcesText names local addresses only where not all of the family are meant.
func (c *comparer) sourcesText(sources []Source) string {
	listening := map[bool]int{} // local addresses by family, IPv4 or not
	for _, l := range c.listeners {
		listening[l.Local[0].Addr().Is4()] += len(l.Local)
	}
	var texts []string
	everyone := len(sources) == len(listening)
	for _, s := range sources {
		everywhere := len(s.Local) == listening[s.Local[0].Addr().Is4()]
		everyone = everyone && everywhere && s.Ranges[0].String() == everybodyOf(s.Local[0])
		text := rangesText(s.Ranges)
		if !everywhere {
			text += " at " + c.localText(s.Local)
		}
		texts = append(texts, text)
	}
	if everyone {
		return ""
	}
	return strings.Join(texts, " and ")
}

// everybodyOf is the range of all clients of the family of local.
func everybodyOf(local netip.AddrPort) string {
	if local.Addr().Is4() {
		return "0.0.0.0/0"
	}
	return "::/0"
}

// rangesText says which clients ranges hold, or of a family which they don't if that
// is shorter.
func rangesText(ranges []param.Range) string {
	spans := make([]partition.Span, len(ranges))
	for i, r := range ranges {
		spans[i] = partition.Span{Low: r.Low(), High: r.High()}
	}
	spans = partition.Join(spans) // those of IPv4 first
	six := slices.IndexFunc(spans, func(s partition.Span) bool { return !s.Low.Is4() })
	switch six {
	case -1, 0:
		return familyText(spans)
	}
	return familyText(spans[:six]) + " and " + familyText(spans[six:])
}

// familyText is rangesText for clients of one family.
func familyText(spans []partition.Span) string {
	var texts, gaps []string
	next := netip.IPv6Unspecified()
	if spans[0].Low.Is4() {
		next = netip.IPv4Unspecified()
	}
	for _, s := range spans {
		texts = append(texts, s.String())
		if next.Less(s.Low) {
			gaps = append(gaps, partition.Span{Low: next, High: s.Low.Prev()}.String())
		}
		next = s.High.Next()
	}
	if next.IsValid() {
		gaps = append(gaps, partition.Span{Low: next, High: partition.Last(next)}.String())
	}
	if len(gaps) > 0 && len(gaps) < len(texts) {
		return "outside " + list(gaps, " and ")
	}
	return "in " + list(texts, " and ")
}

// localText names listeners.
func (c *comparer) localText(local []netip.AddrPort) string {
	var texts []string
	for _, at := range local {
		text := at.String()
		if at.Addr().IsUnspecified() && c.named(at) {
			text = fmt.Sprintf("other addresses of %s", at)
		}
		texts = append(texts, text)
	}
	return list(texts, " and ")
}

// named reports whether a binding names an address that the wildcard at would
// otherwise stand for.
func (c *comparer) named(wildcard netip.AddrPort) bool {
	for _, l := range c.listeners {
		for _, at := range l.Local {
			if at != wildcard && at.Port() == wildcard.Port() && at.Addr().Is4() == wildcard.Addr().Is4() {
				return true
			}
		}
	}
	return false
}
