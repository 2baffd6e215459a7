package replay

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// Replay reads logs and judges their sessions by a policy. Read the logs in the
// order in which they were written, then call Report. It is for one goroutine.
type Replay struct {
	policy *connector.Policy
	opts   Options
	report Report
	routes bool // the policy has Send connectors, so that routes can be judged

	files    []File
	sessions table[*session] // of Receive connectors, by session-id
	sending  table[*session] // of Send connectors
	postfix  postfixState

	differences map[difference]*divergent
	outsideBy   map[answer]int64
	uses        map[*connector.Inbound]*inboundUse
	sends       map[*connector.Outbound]*outboundUse
	logUses     map[string]*inboundUse // by the log's connector
	unroutable  int64

	names      map[string]string // one copy of each connector's name
	rightNames map[string]permission.Right
	room       int // for clientCounts
	bindings   []netip.AddrPort
}

// New begins a replay against a policy, which must not be nil.
func New(p *connector.Policy, opts Options) *Replay {
	opts = opts.withDefaults()
	r := &Replay{
		policy: p, opts: opts,
		sessions:    newTable[*session](opts.MaxOpen),
		sending:     newTable[*session](opts.MaxOpen),
		differences: map[difference]*divergent{},
		outsideBy:   map[answer]int64{},
		uses:        map[*connector.Inbound]*inboundUse{},
		sends:       map[*connector.Outbound]*outboundUse{},
		logUses:     map[string]*inboundUse{},
		names:       map[string]string{},
		rightNames:  map[string]permission.Right{},
		room:        opts.MaxClients,
		bindings:    p.Bindings(),
	}
	r.postfix = newPostfixState(r)
	for right := permission.Right(1); right.IsValid(); right++ {
		r.rightNames[right.LogName()] = right
	}
	for in := range p.Receive() {
		r.uses[in] = newUse(in, &r.room)
	}
	for out := range p.Send() {
		r.sends[out] = &outboundUse{out: out}
		r.routes = true
	}
	return r
}

// here returns the line that is being read.
func (r *Replay) here() source.Position {
	f := &r.files[len(r.files)-1]
	return source.Position{File: f.Name, Line: int(f.Lines)}
}

func (r *Replay) newSession(id string) *session {
	return &session{replay: r, at: r.here(), id: id, refs: 1}
}

// open is the table of sessions of a direction.
func (r *Replay) open(sends bool) *table[*session] {
	if sends {
		return &r.sending
	}
	return &r.sessions
}

// start adds an open session. An open session of the same name has ended, even if
// the log doesn't say so.
func (r *Replay) start(sends bool, s *session) {
	t := r.open(sends)
	if old, ok := t.find([]byte(s.id)); ok {
		r.closeSession(sends, old)
	}
	if gone, evicted := t.add(s.id, s); evicted {
		r.report.Evicted++
		gone.cut = true
		r.release(gone)
	}
}

// closeSession ends a session that is open.
func (r *Replay) closeSession(sends bool, s *session) {
	r.open(sends).remove(s.id)
	r.release(s)
}

// release drops a reference to a session, and counts the session with the last one.
func (r *Replay) release(s *session) {
	s.refs--
	if s.refs > 0 {
		return
	}
	r.report.Sessions++
	if s.use != nil && (s.removed || s.cut) {
		s.use.unjudged++
	}
	switch {
	case s.different:
		r.report.Different++
		return
	case s.partial:
		r.report.Partial++
	case s.removed:
		r.report.Removed++
	case s.cut:
	case !s.judged:
		r.report.Silent++
	default:
		r.report.Alike++
		return
	}
	r.report.Unjudged++
}

// useOf returns the count of a connector; nil stands for connections without one.
func (r *Replay) useOf(in *connector.Inbound) *inboundUse {
	u := r.uses[in]
	if u == nil {
		u = newUse(in, &r.room)
		r.uses[in] = u
	}
	return u
}

// maxLogConnectors bounds the connectors of logs that are counted.
const maxLogConnectors = 4096

// logUse returns the count of a connector of the log.
func (r *Replay) logUse(name string) *inboundUse {
	u := r.logUses[name]
	if u == nil {
		if len(r.logUses) >= maxLogConnectors {
			name = "others"
			if u = r.logUses[name]; u != nil {
				return u
			}
		}
		u = newUse(nil, &r.room)
		r.logUses[name] = u
	}
	return u
}

// intern returns one copy of a name that many sessions have.
func (r *Replay) intern(name []byte) string {
	if s, ok := r.names[string(name)]; ok {
		return s
	}
	s := string(name)
	if len(r.names) < maxLogConnectors {
		r.names[s] = s
	}
	return s
}

// local returns the local address of a connection, after Options.Local.
func (r *Replay) local(logged netip.AddrPort) netip.AddrPort {
	logged = plain(logged)
	if r.opts.Local.IsValid() && r.opts.Local.Is4() == logged.Addr().Is4() {
		return netip.AddrPortFrom(r.opts.Local, logged.Port())
	}
	return logged
}

// outside counts a refusal for a reason that policies don't know.
func (r *Replay) outside(a answer) {
	const most = 1000
	if _, ok := r.outsideBy[a]; ok || len(r.outsideBy) < most {
		r.outsideBy[a]++
	}
	r.report.Outside++
}

// sent counts a recipient by its route.
func (r *Replay) sent(route connector.Route) {
	if route.Outbound == nil {
		r.unroutable++
		return
	}
	r.sends[route.Outbound].recipients++
}

// difference is the common part of equal differences of several commands.
type difference struct {
	kind   Kind
	stage  connector.StageName
	in     *connector.Inbound
	was    string // a connector or a next hop of the old system
	now    string // the same by the policy
	old    answer
	reason reply.Reason // of the policy
}

// divergent is a difference with its count.
type divergent struct {
	difference
	reply           reply.Reply
	count, sessions int64
	examples        []Example
}

// plain is the form in which addresses are compared.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
