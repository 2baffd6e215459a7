package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// Finding is something that a reader of the configuration should know: who may
// relay, what can't have an effect, what is dangerous or doesn't fit together.
type Finding struct {
	// Diagnostic has no Position, and one of FindingCodes as Code. Its Path is that of
	// the parameter in the Config; of a certificate, Certificates[0].
	source.Diagnostic

	Sources []Source         // the clients whom it concerns; nil where it isn't about clients
	Witness connector.Dialog // a session that shows it; the zero Dialog where none can, see Shown

	Acknowledged string // the reason for which it is meant; "" unless it was acknowledged

	edit func(*connector.Config) bool
}

// Shown reports whether there is a session that shows the finding. None shows a
// parameter without effect, a certificate, or an acknowledgement.
func (f Finding) Shown() bool { return f.Witness.Remote.IsValid() }

// Page returns the place in the documentation that says more.
func (f Finding) Page() string { return "docs/findings.md#" + f.Code }

// String returns "path: severity: detail (code)".
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s (%s)", f.Path, f.Severity, f.Detail, f.Code)
}

// Repair makes the change that Fix names in cfg: the Config that Check looked at, a
// copy, or one in which other findings of the same Check were repaired. It reports
// false, and changes nothing, where the fix is no single edit, the choice is a
// person's, or what it would change isn't there any more. Repairs of what has no
// effect have none either, one by one or all of them.
func (f Finding) Repair(cfg *connector.Config) bool { return f.edit != nil && f.edit(cfg) }

// Options is what a policy doesn't know. The zero Options are for a policy alone.
type Options struct {
	Certificates []Certificate // those that the relay shows; none: they aren't looked at
	Now          time.Time     // for their time of validity; zero: that isn't looked at
}

// Certificate is what Check must know of one.
type Certificate struct {
	Name                param.SmtpX509Identifier // by which TlsCertificateName names it
	Hosts               []string                 // its DNS names, *.contoso.com included
	NotBefore, NotAfter time.Time
}

// Check lists the findings about p, the worst first, then by place. Acknowledged
// ones are among them, with the reason. A nil policy has none.
//
// The findings about clients, ranges, address spaces and grants are exact: they
// are computed on a partition of all sessions, so there is neither a client nor a
// recipient that they forgot. Of a policy that is too large for that, as Compare has
// it, the only finding says so. Only the connectors of our own server are looked
// at, and what Compile warns of in others.
func Check(p *connector.Policy, opts Options) []Finding {
	if p == nil {
		return nil
	}
	if why := partition.TooLarge(p, nil); why != "" {
		return []Finding{{
			Diagnostic: source.Diagnostic{
				Code: CodeTooLarge, Severity: source.SeverityError, Path: "Receive",
				Detail: "the policy is too large to check exactly: " + why,
				Fix:    "check it in parts",
			},
		}}
	}
	c := newChecker(p, opts)
	for _, family := range checks {
		family(c)
	}
	c.acknowledge()
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), a.Path.Compare(b.Path),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	return c.found
}

// families are the rules, one family a file.
var checks = []func(*checker){
	(*checker).relaying,
	(*checker).selection,
	(*checker).grants,
	(*checker).authentication,
	(*checker).gatewaySenders,
	(*checker).behindFrontEnd,
	(*checker).certificates,
	(*checker).acceptedRoutes,
	(*checker).spaces,
	(*checker).smartHosts,
	(*checker).sizes,
	(*checker).serving,
	(*checker).greetings,
	(*checker).warnings,
}

// checker is a Check under way.
type checker struct {
	*comparer // of the policy with nothing; its pairs are those of inbounds
	policy    *connector.Policy
	cfg       connector.Config
	opts      Options
	inbounds  []*servedConnector
	outbounds []*connector.Outbound
	cuts      []int64
	ways      [][]partition.Way // by cell
	sender    *mailSession          // who was found last to send; nil: nobody yet
	found     []Finding
}

// entrance is an enabled Receive connector of our server.
type servedConnector struct {
	*connector.Inbound
	index int         // in Config.Receive
	given string      // its Server there
	path  source.Path // in the Config
	pair  int         // its clients; -1: nobody ever reaches it
	// implicit is set where every connection begins with TLS.
	implicit bool

	asked    bool // whether sessions are known
	sessions []mailSession
	clientsWords  string // who reaches it, in words; "" until somebody asks
	sources  []Source
}

func newChecker(p *connector.Policy, opts Options) *checker {
	c := &checker{
		comparer: &comparer{
			policies:  [2]*connector.Policy{p, nil},
			domains:   partition.NewDomains(p, nil),
			listeners: partition.Sources(p, nil),
		},
		policy: p, cfg: p.Config(), opts: opts, cuts: partition.Cuts(p, nil),
		outbounds: slices.Collect(p.Send()),
	}
	c.collectConnectors()
	c.ways = make([][]partition.Way, len(c.domains.Cells))
	for i := range c.domains.Cells {
		c.ways[i] = partition.Ways(p, c.domains.Cells[i].Witness, c.cuts)
	}
	return c
}

// enter finds the entrances and who reaches them.
func (c *checker) collectConnectors() {
	byConnector := map[*connector.Inbound]*servedConnector{}
	receive := slices.Collect(c.policy.Receive())
	for i := range c.cfg.Receive {
		if len(receive) == 0 {
			break
		}
		in := receive[0]
		if given := c.cfg.Receive[i].WithDefaults(&c.cfg); given.Name != in.Name() || given.Server != in.Settings().Server {
			continue // of another server
		}
		receive = receive[1:]
		if in.Settings().Enabled.Or(true) {
			e := &servedConnector{Inbound: in, index: i, given: c.cfg.Receive[i].Server, path: source.Element("Receive", i, in.Name()), pair: -1}
			c.inbounds = append(c.inbounds, e)
			byConnector[in] = e
		}
	}
	// By name, so that nothing depends on the order of the Config.
	slices.SortFunc(c.inbounds, func(a, b *servedConnector) int { return strings.Compare(a.Name(), b.Name()) })
	for l := range c.listeners {
		for i := range c.listeners[l].Cells {
			cell := &c.listeners[l].Cells[i]
			e := byConnector[cell.In[0]]
			if e == nil {
				continue
			}
			if e.pair < 0 {
				e.pair = len(c.pairs)
				c.pairs = append(c.pairs, pair{in: cell.In, names: [2]map[string]bool{{}, {}}})
				e.implicit = true
			}
			e.implicit = e.implicit && c.listeners[l].Implicit
			c.pairs[e.pair].addCell(l, i, cell)
		}
	}
}

// reached are the entrances that somebody reaches.
func (c *checker) reachable(yield func(*servedConnector) bool) {
	for _, e := range c.inbounds {
		if e.pair >= 0 && !yield(e) {
			return
		}
	}
}

func (c *checker) report(f Finding) { c.found = append(c.found, f) }

// dialog is a session of who on e.
func (c *checker) dialog(e *servedConnector, who partition.Who, tls bool) connector.Dialog {
	for _, at := range c.pairs[e.pair].clients {
		if l := &c.listeners[at.listener]; l.Implicit == e.implicit {
			d := who.Dialog(l.Witness, l.Cells[at.witness].Witness, tls || e.implicit)
			d.Implicit = e.implicit
			return d
		}
	}
	return connector.Dialog{} // not for an entrance that somebody reaches
}

// session is one that gets as far as MAIL.
type mailSession struct {
	at  *servedConnector
	who representative
	tls bool
	connector.Session
}

// sessions returns who can get as far as MAIL on e, as far as the rights that
// recipients depend on go.
func (c *checker) sessions(e *servedConnector) []mailSession {
	if e.asked {
		return e.sessions
	}
	e.asked = true
	for _, who := range c.representatives(&c.pairs[e.pair], relayRights) {
		for _, tls := range []bool{false, true} {
			if !tls && (len(who.Partner) > 0 || e.implicit) {
				continue
			}
			s, ok := e.open(who.Who, tls)
			if ok && s.Mail(connector.Mail{}).Allowed() {
				e.sessions = append(e.sessions, mailSession{e, who, tls, s})
			}
		}
	}
	return e.sessions
}

// open opens the session of who.
func (e *servedConnector) open(who partition.Who, tls bool) (connector.Session, bool) {
	if e.implicit {
		return who.OpenImplicit(e.Inbound)
	}
	return who.Open(e.Inbound, tls)
}

// sendTo returns a session that sends to the domain; the zero Dialog if nobody may.
func (c *checker) sendTo(to routing.Domain) connector.Dialog {
	address := partition.Mailbox("user", to)
	may := func(s *mailSession) bool { return s.Rcpt(connector.Rcpt{To: address}).Allowed() }
	if c.sender == nil || !may(c.sender) {
		c.sender = nil
		for e := range c.reachable {
			if i := slices.IndexFunc(c.sessions(e), func(s mailSession) bool { return may(&s) }); i >= 0 {
				c.sender = &c.sessions(e)[i]
				break
			}
		}
	}
	if c.sender == nil {
		return connector.Dialog{}
	}
	d := c.dialog(c.sender.at, c.sender.who.Who, c.sender.tls)
	d.To = []routing.Address{address}
	return d
}
