package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/shell/operations"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// Options say what a fresh organisation is like.
type Options struct {
	Profile connector.Profile
	Server  server // this server; without a name: localhost

	// Servers are the others. Without any, a server is taken in when a command
	// names it first; with some, an unlisted one is an error.
	Servers []server

	// Domain is the first accepted domain. Empty: the FQDN of Server without its
	// first label.
	Domain string

	// Bare leaves out what setup makes: connectors, accepted domain and the
	// limits of the organisation.
	Bare bool
}

// Org is an organisation: what cmdlets read and change. It is not safe for
// concurrent use.
type Org struct {
	// Certificates are shown by Get-ExchangeCertificate.
	Certificates []Certificate

	// Queues answer the cmdlets about queues and messages; nil: these fail.
	Queues operations.Queues

	// Tracking answers Get-MessageTrackingLog; nil: it fails.
	Tracking operations.TrackingLog

	// FS is where Export-Message writes files; nil: it fails.
	FS interface {
		WriteFile(name string, data []byte) error
	}

	// Save answers Save-Policy; nil: it fails.
	Save func(file string, passwords bool) (warning string, err error)

	// base is the configuration without connectors and accepted domains. Its
	// Transport follows the item below.
	base connector.Config

	receive   shelf[receive]
	send      shelf[send]
	accepted  shelf[accepted]
	remote    shelf[remoteDomain]
	sites     shelf[site]
	links     shelf[link]
	transport item[transport]

	serviceShelves map[string]*shelf[service]     // by kind
	mainDomain     *item[accepted]                // the default one; nil without domains
	domains        map[string]*item[accepted]     // by folded domain
	domainUsers    map[string]int                 // Receive connectors by folded DefaultDomain
	remoteNames    map[string]*item[remoteDomain] // by folded domain

	claims claims
	names  map[permission.SID]string // of principals, as commands wrote them
	warned map[string]bool           // what was warned of once
	closed bool                      // servers that aren't listed are errors

	// Ask answers for a mandatory parameter that a command left out. Nil: there is
	// no user to ask.
	Ask func(cmdlet, parameter string) (object.Value, bool)
}

// NewOrg returns a fresh organisation with what Exchange's setup makes for the
// edition and the role of the server.
func NewOrg(opts Options) *Org {
	if opts.Server.Name == "" {
		opts.Server.Name = "localhost"
	}
	o := newOrg()
	o.base.Profile = opts.Profile
	o.base.Server = opts.Server.Name
	o.base.Servers = append([]server{opts.Server}, opts.Servers...)
	o.closed = len(opts.Servers) > 0
	o.addBuiltin()
	if !opts.Bare {
		o.setup(opts.Domain)
	}
	return o
}

func newOrg() *Org {
	return &Org{names: map[permission.SID]string{}, warned: map[string]bool{}, claims: claims{}, serviceShelves: map[string]*shelf[service]{}, domains: map[string]*item[accepted]{},
		domainUsers: map[string]int{}, remoteNames: map[string]*item[remoteDomain]{}, transport: item[transport]{key: "Transport"}}
}

// FromConfig returns the organisation that cfg describes, without anything that
// setup would make. The error is source.Diagnostics with the names that occur twice or
// are missing; all else is for connector.Compile to judge.
func FromConfig(cfg connector.Config) (*Org, error) {
	o := newOrg()
	o.base = connector.Config{
		Profile: cfg.Profile, Server: cfg.Server, Servers: slices.Clone(cfg.Servers), Acknowledged: slices.Clone(cfg.Acknowledged),
	}
	o.closed = len(cfg.Servers) > 1
	o.transport.cfg = cfg.Transport.Clone()
	o.base.Transport = o.transport.cfg

	in := loader{cfg: &cfg}
	in.list("Links", "link")
	for _, l := range cfg.Links {
		l.Sites = slices.Clone(l.Sites)
		load(&in, &o.links, l.Name, l)
	}
	in.list("Accepted", "accepted domain")
	for _, d := range cfg.Accepted {
		if load(&in, &o.accepted, domainKey(d), d) {
			o.enterDomain(o.accepted.items[len(o.accepted.items)-1])
		}
	}
	in.list("Receive", "Receive connector")
	for _, r := range cfg.Receive {
		r = r.Clone()
		if load(&in, &o.receive, o.receiveKey(&r), r) {
			o.enterReceive(o.receive.items[len(o.receive.items)-1])
		}
	}
	in.list("Send", "Send connector")
	for _, s := range cfg.Send {
		load(&in, &o.send, s.Name, s.Clone())
	}
	in.list("Services", "Transport service")
	for _, s := range cfg.Services {
		load(&in, o.services("TransportService"), o.serviceKey(s.Name), s)
	}
	in.list("Remote", "remote domain")
	for _, d := range cfg.Remote {
		if load(&in, &o.remote, d.Name, d) {
			o.enterRemote(o.remote.items[len(o.remote.items)-1])
		}
	}
	if len(in.mistakes) > 0 {
		return nil, in.mistakes
	}
	o.addBuiltin()
	if own := o.services("TransportService").find(o.local().Name); own != nil && cfg.Transport.UseDowngradedExchangeServerAuth {
		own.keep(downgradedAuth, true)
	}
	return o, nil
}

// loader is the state of FromConfig: the element of which list comes next.
type loader struct {
	cfg      *connector.Config
	what     string        // an element of the list is
	paths    []source.Path // of those that are to come
	mistakes source.Diagnostics
}

// list begins a list of the configuration.
func (in *loader) list(name, what string) { in.what, in.paths = what, in.cfg.ElementPaths(name) }

// load puts the next element of the list on its shelf. It reports false, and records the
// mistake, if the name is missing or taken.
func load[C any](in *loader, s *shelf[C], key string, c C) bool {
	path := in.paths[0].Field("Name")
	in.paths = in.paths[1:]
	switch {
	case key[strings.LastIndex(key, `\`)+1:] == "":
		in.mistakes = append(in.mistakes, source.Mistake(path, source.CodeNameMissing, "a %s has no name", in.what))
	case s.find(key) != nil:
		in.mistakes = append(in.mistakes, source.Mistake(path, source.CodeNameDuplicate, "there are two %ss %s", in.what, quote(key)))
	default:
		s.put(key, &item[C]{cfg: c})
		return true
	}
	return false
}

// Config returns the organisation as a configuration for connector.Compile. It shares
// no memory with o.
func (o *Org) Config() connector.Config {
	cfg := o.base
	cfg.Servers, cfg.Acknowledged = slices.Clone(o.base.Servers), slices.Clone(o.base.Acknowledged)
	cfg.Transport = o.transport.cfg.Clone()
	cfg.Accepted = nil
	for it := range o.accepted.all() {
		cfg.Accepted = append(cfg.Accepted, it.cfg)
	}
	for it := range o.links.all() {
		l := it.cfg
		l.Sites = slices.Clone(l.Sites)
		cfg.Links = append(cfg.Links, l)
	}
	if n := o.receive.len(); n > 0 {
		cfg.Receive = make([]receive, 0, n)
	}
	for it := range o.receive.all() {
		cfg.Receive = append(cfg.Receive, it.cfg.Clone())
	}
	for it := range o.send.all() {
		cfg.Send = append(cfg.Send, it.cfg.Clone())
	}
	for it := range o.remote.all() {
		if it.cfg != builtin {
			cfg.Remote = append(cfg.Remote, it.cfg)
		}
	}
	for it := range o.services("TransportService").all() {
		if isGiven(it.cfg) {
			cfg.Services = append(cfg.Services, it.cfg.Clone())
		}
	}
	return cfg
}

// Format writes what o is for every verb, and nothing of what is in it.
func (o *Org) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "organisation of %s", o.local().Name)
}

// Places returns where commands set the parts of the configuration:
// Receive["Relay"] is where the connector was made, Receive["Relay"].Bindings where
// its bindings were set last. A part that no command set is missing.
func (o *Org) Places() source.Map {
	m := source.Map{}
	cfg := o.Config()
	receive := cfg.ElementPaths("Receive")
	origins(m, &o.receive, func(i int, _ *connector.Receive) source.Path { return receive[i] })
	origins(m, &o.send, func(i int, s *send) source.Path { return source.Element("Send", i, s.Name) })
	origins(m, &o.accepted, func(i int, d *accepted) source.Path { return source.Element("Accepted", i, d.Name) })
	origins(m, &o.links, func(i int, l *link) source.Path { return source.Element("Links", i, l.Name) })
	for _, k := range o.transport.marks {
		m[source.Path("Transport").Field(source.Path(k.name))] = k.pos
	}
	origins(m, &o.remote, func(i int, d *remoteDomain) source.Path { return source.Element("Remote", i, d.Name) })
	o.servicePlaces(m)
	return m
}

// TakeMarks takes the places of assertions out of m, because commands may move assertions: from now on
// they are among Places.
func (o *Org) TakeMarks(m source.Map) {
	for i := range o.transport.cfg.Assertions {
		path := source.Path("Transport.Assertions").Index(i)
		if at, ok := m[path]; ok {
			o.transport.mark(elementMark("Assertions", i), at)
			delete(m, path)
		}
	}
}

// servicePlaces adds the places of the services that the configuration has to m.
func (o *Org) servicePlaces(m source.Map) {
	i := 0
	for it := range o.services("TransportService").all() {
		path := source.Element("Services", i, it.cfg.Name)
		if isGiven(it.cfg) {
			i++
		}
		for _, k := range it.marks {
			if k.name != downgradedAuth {
				m[path.Field(source.Path(k.name))] = k.pos
			} else if o.serviceKey(it.cfg.Name) == o.local().Name {
				m[source.Path("Transport").Field(source.Path(k.name))] = k.pos
			}
		}
	}
}

// origins adds where commands set what is on a shelf; path is that of an element.
func origins[C any](m source.Map, s *shelf[C], path func(i int, c *C) source.Path) {
	i := -1
	for it := range s.all() {
		i++
		at := path(i, &it.cfg)
		for _, k := range it.marks {
			if k.name == "" {
				m[at] = k.pos
			} else {
				m[at.Field(source.Path(k.name))] = k.pos
			}
		}
	}
}

// local returns this server.
func (o *Org) local() server {
	s, _ := o.server("")
	return s
}

// LocalName is the name of this server.
func (o *Org) LocalName() string { return o.local().Name }

// server finds a server by name or FQDN in any letter case; "" is the local one.
func (o *Org) server(name string) (server, bool) {
	name = cmp.Or(name, o.base.Server)
	if name == "" && len(o.base.Servers) > 0 {
		return o.base.Servers[0], true
	}
	for _, s := range o.base.Servers {
		if strings.EqualFold(s.Name, name) || s.FQDN != "" && strings.EqualFold(s.FQDN, name) {
			return s, true
		}
	}
	name = cmp.Or(name, "localhost")
	local := strings.EqualFold(name, cmp.Or(o.base.Server, "localhost"))
	return server{Name: name, FQDN: name}, local && len(o.base.Servers) == 0
}

// maxServers bounds how many servers are taken in from commands, because each is
// looked at for each connector.
const maxServers = 1000

// needServer is server for a name that a command gave. An organisation whose
// configuration lists no servers adds it.
func (o *Org) needServer(name string, warn func(string)) (server, error) {
	name = serverName(name)
	s, ok := o.server(name)
	if ok {
		return s, nil
	}
	if o.closed || name == "" || len(o.base.Servers) >= maxServers {
		return s, fmt.Errorf("there is no server %q; Get-ExchangeServer lists those that are known", name)
	}
	local := o.local()
	if len(o.base.Servers) == 0 {
		o.base.Servers = append(o.base.Servers, local)
	}
	s = server{Name: name, Site: local.Site}
	if short, _, ok := strings.Cut(name, "."); ok {
		s.Name, s.FQDN = short, name
	}
	o.base.Servers = append(o.base.Servers, s)
	warn(fmt.Sprintf("this server is %q; %q is treated as another server of the organisation", local.Name, s.Name))
	return s, nil
}

// serverName takes the name out of a distinguished name.
func serverName(s string) string {
	if len(s) > 3 && strings.EqualFold(s[:3], "CN=") {
		name, _, _ := strings.Cut(s[3:], ",")
		return name
	}
	return strings.TrimSpace(s)
}

// once passes text on to warn the first time only.
func (o *Org) once(key, text string, warn func(string)) {
	if warn == nil || o.warned[key] {
		return
	}
	o.warned[key] = true
	warn(text)
}
