package analysis_test

import (
	"fmt"
	"iter"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// twin is a policy with the independent evaluator of its text.
type twin struct {
	policy *connector.Policy
	*observed.Policy
	routed *observed.Policy // the same with a way out for every recipient: routes are compared apart
	text   []byte
	shared string            // the text without connectors
	bound  map[string]string // the text of each Receive connector of this server, by name
}

func twinOf(t testing.TB, p *connector.Policy) *twin {
	t.Helper()
	cfg := p.Config()
	text, err := jsonconfig.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	q, err := observed.Read(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	w := &twin{policy: p, Policy: q, text: text, bound: map[string]string{}}
	for _, c := range cfg.Receive {
		w.bound[c.Name] += marshalled(t, connector.Config{Receive: []connector.Receive{c}})
	}
	cfg.Receive, cfg.Send, cfg.Remote, cfg.Services, cfg.Links = nil, nil, nil, nil, nil
	w.shared = marshalled(t, cfg)
	return w
}

// openRoutes makes w.routed, in which one connector sends to all domains.
func (w *twin) openRoutes(domains []string) {
	cfg := w.policy.Config()
	all := connector.Send{Name: "all", MaxMessageSize: param.UnlimitedSize}
	for _, d := range append([]string{"*"}, domains...) {
		all.AddressSpaces = append(all.AddressSpaces, routing.MustParseAddressSpace(d))
		if d != "*" && d[0] != '[' {
			all.AddressSpaces = append(all.AddressSpaces, routing.MustParseAddressSpace("*."+d))
		}
	}
	cfg.Send, cfg.Transport.MaxSendSize = []connector.Send{all}, 0
	text, err := jsonconfig.Marshal(cfg)
	if err == nil {
		w.routed, err = observed.Read(text)
	}
	if err != nil {
		panic(err)
	}
}

// serving returns the name of the Receive connector that serves a connection; "" if none does.
func (w *twin) serving(local netip.AddrPort, remote netip.Addr) string {
	if r := w.Serving(local, remote); r != nil {
		return r.Name
	}
	return ""
}

func marshalled(t testing.TB, cfg connector.Config) string {
	t.Helper()
	text, err := jsonconfig.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sighting is something that two policies do differently.
type sighting struct {
	what    string // the part of the result that differs: a parameter, or a word of its own
	session observed.Session
	was, is string
}

func (s sighting) String() string {
	return fmt.Sprintf("%s: %q before, %q afterwards in %+v", s.what, s.was, s.is, s.session)
}

// grid is all values that two policies tell apart, and the sessions made of them. It grows
// with the texts of the policies and takes nothing from package partition.
type grid struct {
	twins      [2]*twin
	spots      []spot
	identities []semantics.Client // with TLS, PeerNames, User and Groups
	domains    []string
	addresses  []string
	sizes      []int64
	headers    []int64
	hops, here []int64
	counts     []int64
}

// spot is a client at a local address, for all that the same connectors serve.
type spot struct {
	local  netip.AddrPort
	remote netip.Addr
	names  [2]string
}

func gridOf(a, b *twin) *grid {
	g := &grid{twins: [2]*twin{a, b}}
	var groups, names []string
	for _, w := range g.twins {
		m := w.Mentions()
		groups, names = append(groups, m.Groups...), append(names, m.PeerNames...)
		g.domains, g.addresses = append(g.domains, m.Domains...), append(g.addresses, m.Addresses...)
		g.sizes, g.headers = append(g.sizes, m.Sizes...), append(g.headers, m.Headers...)
		g.hops, g.here, g.counts = append(g.hops, m.Hops...), append(g.here, m.LocalHops...), append(g.counts, m.Counts...)
		g.sending(w.policy.Config())
	}
	g.domains = domainPoints(g.domains)
	for _, w := range g.twins {
		w.openRoutes(g.domains)
	}
	for _, list := range []*[]int64{&g.sizes, &g.headers, &g.hops, &g.here, &g.counts} {
		*list = atAndBehind(*list)
	}
	g.identities = identityPoints(groups, names)
	g.spots = g.spotPoints()
	return g
}

// same reports whether the sessions at a spot can't differ except by their routes: the
// connectors and all that connectors share have the same text.
func (g *grid) same(s spot) bool {
	a, b := g.twins[0], g.twins[1]
	return s.names[0] != "" && s.names[1] != "" && a.shared == b.shared && a.bound[s.names[0]] == b.bound[s.names[1]]
}

// differences yields all that the policies do differently, in no order. It is exhaustive:
// routes and reports for every domain and size, then every session at every spot.
func (g *grid) differences() iter.Seq[sighting] {
	return func(yield func(sighting) bool) {
		for s := range g.sessions() {
			for _, d := range g.compare(s) {
				if !yield(d) {
					return
				}
			}
		}
	}
}

// sessions yields the sessions that compare looks at.
func (g *grid) sessions() iter.Seq[observed.Session] {
	return func(yield func(observed.Session) bool) {
		for _, domain := range g.domains {
			for _, size := range append([]int64{0}, g.sizes...) {
				// Without a connection: routes, queues and reports.
				if !yield(observed.Session{From: "user@" + domain, To: []string{"user@" + domain}, Size: size}) {
					return
				}
			}
		}
		for _, spot := range g.spots {
			if g.same(spot) {
				continue
			}
			for _, who := range g.identities {
				who.Local, who.Remote, who.Helo = spot.local, spot.remote, "client.example"
				for s := range g.sessionsOf(observed.Session{Client: who}) {
					if !yield(s) {
						return
					}
				}
			}
		}
	}
}

// sessionsOf yields the sessions of one client and identity, in which one thing at a time
// takes all values.
func (g *grid) sessionsOf(who observed.Session) iter.Seq[observed.Session] {
	return func(yield func(observed.Session) bool) {
		ask := func(change func(*observed.Session)) bool {
			s := who
			change(&s)
			return yield(s)
		}
		if !yield(who) || !ask(func(s *observed.Session) { s.Helo = "" }) {
			return
		}
		for _, domain := range g.domains {
			for _, local := range []string{"user@", "user%x.example@"} {
				if !ask(func(s *observed.Session) { s.To = []string{local + domain} }) {
					return
				}
			}
		}
		who.To = g.anyRecipient(who)
		for _, from := range g.senders() {
			if !ask(func(s *observed.Session) { s.From, s.Authors = from, []string{from} }) {
				return
			}
		}
		if !ask(func(s *observed.Session) { s.Unreadable = true }) {
			return
		}
		for set, list := range map[*func(*observed.Session, int64)][]int64{
			&setSize: g.sizes, &setHeader: g.headers, &setHops: g.hops, &setLocalHops: g.here, &setCount: g.counts,
		} {
			for _, n := range list {
				if !ask(func(s *observed.Session) { (*set)(s, n) }) {
					return
				}
			}
		}
	}
}

var (
	setSize      = func(s *observed.Session, n int64) { s.Size = n }
	setHeader    = func(s *observed.Session, n int64) { s.HeaderSize = n }
	setHops      = func(s *observed.Session, n int64) { s.Hops = int(n) }
	setLocalHops = func(s *observed.Session, n int64) { s.LocalHops = int(n) }
	setCount     = func(s *observed.Session, n int64) {
		if n < 1000 {
			s.To = slices.Repeat(s.To, int(n))
		}
	}
)

func (g *grid) senders() []string {
	all := slices.Clone(g.addresses)
	for _, domain := range g.domains {
		all = append(all, "ann@"+domain)
	}
	return all
}

// anyRecipient returns a recipient that as many of the policies as possible accept.
func (g *grid) anyRecipient(who observed.Session) []string {
	best, most := "", -1
	for _, domain := range g.domains {
		who.To = []string{"user@" + domain}
		n := 0
		for _, w := range g.twins {
			if w.routed.Decide(who).Accepted() {
				n++
			}
		}
		if n > most {
			best, most = who.To[0], n
		}
	}
	return []string{best}
}

// fields are header fields of each class.
var fields = []string{"Received", "Resent-From", "X-MS-Exchange-Organization-SCL", "X-MS-Exchange-Forest-A", "X-MS-Exchange-CrossPremises-A", "Subject"}

// compare returns what is different in one session. A session without a local address only
// asks for the routes of its recipients and what becomes of accepted mail.
func (g *grid) compare(s observed.Session) []sighting {
	var settings, results [2]map[string]string
	for i, w := range g.twins {
		results[i] = w.result(s)
		if !s.Local.IsValid() || len(s.To) == 0 {
			settings[i] = w.Observables(s)
		}
	}
	var all []sighting
	for _, name := range observed.Changed(settings[0], settings[1]) {
		all = append(all, sighting{name, s, settings[0][name], settings[1][name]})
	}
	for what, was := range results[0] {
		if is := results[1][what]; was != is {
			all = append(all, sighting{what, s, was, is})
		}
	}
	return all
}

// result returns what a session shows besides settings: the first command that is refused, or
// what becomes of the message. Without a recipient it is what is offered to the client;
// without a local address, only how mail to the recipients is routed.
func (w *twin) result(s observed.Session) map[string]string {
	all := map[string]string{}
	if !s.Local.IsValid() {
		for _, to := range s.To {
			all["outcome for "+to] = w.Route(to, s.Size).Outcome
		}
		return all
	}
	s.Header = fields
	r := w.routed.Decide(s)
	for _, name := range []string{"refused", "sender", "author", "kept", "offers"} {
		all[name] = ""
	}
	if len(r.Refused) > 0 {
		all["refused"] = r.Refused[0].Stage
	} else {
		all["sender"], all["author"], all["kept"] = r.Sender, r.NewFrom, strings.Join(r.Kept, ", ")
	}
	if len(s.To) == 0 && all["refused"] != "connect" {
		// The size after SIZE is seen as the decision on messages.
		all["offers"] = sizeOffered.ReplaceAllString(strings.Join(w.Offers(s.Local, s.Remote, s.TLS), ", "), "SIZE")
	}
	return all
}

var sizeOffered = regexp.MustCompile(`SIZE \d+`)
