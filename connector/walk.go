package connector

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/routing"
)

// Dialog is a whole session as a client would hold it, for Policy.Walk.
type Dialog struct {
	Local     netip.AddrPort
	Remote    netip.Addr
	TLS       bool           // the client starts TLS
	Implicit  bool           // with TLS: the connection begins with it, as on port 465, and STARTTLS isn't said
	PeerNames []string       // verified names of the client's certificate
	User      *auth.Identity // whom AUTH proves; nil: the client doesn't log in
	Mechanism string         // the SASL mechanism that it uses; "": one that is offered
	Helo      string
	From      routing.Address // zero: <>
	To        []routing.Address
	Size      int64 // of the message in bytes, declared at MAIL where SIZE is offered; 0: not known

	// What the message holds. Header lists the names of fields about which the
	// header firewall is asked; nothing else is made of them.
	HeaderSize int64             // in bytes; 0: not known
	Hops       int               // Received fields
	LocalHops  int               // those of them that name our server
	Authors    []routing.Address // of From and Sender; none: nobody is checked
	Header     []string
}

// Walkthrough is what became of a Dialog. It is immutable.
type Walkthrough struct {
	Session Session // as it was at the end
	Stages  []Stage // in the order of the dialog, up to the one that ended it
	Routes  []Route // of the recipients that RCPT let pass, in their order
}

// Stage is one command of a Dialog and its answer.
type Stage struct {
	Name     StageName
	Command  string // as the client would send it, for people
	Decision Decision
	Reply    reply.Reply // as on the wire, of EHLO the first line; zero: another stage has it, or the connection is just closed
	Trace    Trace
}

// StageName names a Stage in a stable form.
type StageName string

// The stages. A recipient's route is decided with its RCPT, before the reply to
// that: of the two stages, the one that decides has the reply.
const (
	StageConnect  StageName = "connect"
	StageHello    StageName = "ehlo"
	StageStartTLS StageName = "starttls"
	StageAuth     StageName = "auth"
	StageMail     StageName = "mail"
	StageRcpt     StageName = "rcpt"
	StageRoute    StageName = "route"
	StageData     StageName = "data"
)

// StageNames returns all names, in the order of a dialog.
func StageNames() []StageName {
	return []StageName{StageConnect, StageHello, StageStartTLS, StageAuth, StageMail, StageRcpt, StageRoute, StageData}
}

// Walk holds a whole session without a socket and returns every decision on
// the way with its reasons. A refused recipient does not end the dialog; any
// other refusal does. Recipients are routed as well, so a policy without Send
// connectors takes nothing on: ask [Session.Rcpt] what is let in.
//
// What depends on other sessions, such as MaxInboundConnection and
// MessageRateLimit, is not looked at, nor is what a next hop might say. A relay
// with a queue may take a recipient without a way and keep it, as Exchange does.
func (p *Policy) Walk(d Dialog) Walkthrough {
	w := walk{policy: p, dialog: d}
	w.in = p.Select(d.Local, d.Remote, &w.steps)
	return w.hold()
}

// Walk is Policy.Walk as if the connector had been chosen, whatever the
// addresses. A disabled connector opens no session.
func (in *Inbound) Walk(d Dialog) Walkthrough {
	w := walk{policy: in.Policy(), in: in, dialog: d}
	return w.hold()
}

// Accepted reports whether the message was taken and can go on to every
// recipient.
func (w Walkthrough) Accepted() bool {
	for _, s := range w.Stages {
		if !s.Decision.Allowed() {
			return false
		}
	}
	return len(w.Routes) > 0
}

// walk is a Dialog under way.
type walk struct {
	policy *Policy
	in     *Inbound
	dialog Dialog
	steps  Trace // of the stage under way; the session appends to it
	done   Walkthrough
}

// hold holds the dialog.
func (w *walk) hold() Walkthrough {
	if w.connect() && w.hello() && w.startTLS() && w.login() && w.mail() {
		if w.recipients() {
			w.data()
		}
	}
	w.done.Session = w.done.Session.Tracing(nil)
	return w.done
}

// stage records an answer and its steps, and reports whether it lets the dialog go
// on.
func (w *walk) stage(name StageName, command string, d Decision) bool {
	w.done.Stages = append(w.done.Stages, Stage{name, command, d, d.Reply(), w.steps})
	w.steps = Trace{}
	return d.Allowed()
}

// reword sets the text of the last reply to what is particular to the connector.
func (w *walk) reword(text string) {
	w.done.Stages[len(w.done.Stages)-1].Reply.Text = text
}

func (w *walk) connect() bool {
	command := w.dialog.Remote.String() + " to " + w.dialog.Local.String()
	if w.in == nil || !w.in.enabled {
		w.stage(StageConnect, command, w.in.Decide(reply.NoConnector))
		w.done.Stages[0].Reply = reply.Reply{} // the connection is closed without one
		return false
	}
	w.done.Session = w.in.Open(w.channel(w.dialog.TLS && w.dialog.Implicit), &w.steps)
	w.stage(StageConnect, command, w.in.Decide(reply.Ready))
	w.reword(w.in.greeting())
	return true
}

// greeting is the text of the first reply: the Banner, or else the default
// without its date, which policy doesn't know.
func (in *Inbound) greeting() string {
	if banner := in.settings.Banner; banner != "" {
		return strings.TrimSpace(strings.TrimPrefix(banner, "220"))
	}
	return reply.BannerText(in.fqdn, "")
}

func (w *walk) channel(tls bool) auth.Channel {
	ch := auth.Channel{Local: w.dialog.Local, Remote: netip.AddrPortFrom(w.dialog.Remote, 0), TLS: tls}
	if tls {
		ch.PeerNames = w.dialog.PeerNames
	}
	return ch
}

func (w *walk) hello() bool {
	d := w.done.Session.Hello(w.dialog.Helo)
	if !w.stage(StageHello, strings.TrimSpace("EHLO "+printable(w.dialog.Helo)), d) {
		return false
	}
	w.reword(reply.HelloText(w.in.fqdn, plainAddr(w.dialog.Remote).String()))
	return true
}

func (w *walk) startTLS() bool {
	if !w.dialog.TLS || w.dialog.Implicit {
		return true
	}
	d := w.done.Session.StartTLS()
	if d.Allowed() {
		w.done.Session = w.in.Open(w.channel(true), &w.steps)
	}
	// RFC 3207 section 4.2: after TLS all begins again.
	return w.stage(StageStartTLS, "STARTTLS", d) && w.hello()
}

func (w *walk) login() bool {
	if w.dialog.User == nil {
		return true
	}
	mechanism := w.dialog.Mechanism
	if offered := w.done.Session.SASL(); mechanism == "" && len(offered) > 0 {
		mechanism = offered[0]
	} else if mechanism == "" {
		mechanism = auth.Login
	}
	d := w.done.Session.Auth(mechanism)
	if d.Allowed() {
		w.done.Session, d = w.done.Session.Login(*w.dialog.User)
	}
	return w.stage(StageAuth, "AUTH "+saslName(mechanism), d)
}

func (w *walk) mail() bool {
	d := w.done.Session.Mail(Mail{From: w.dialog.From, Size: w.declared()})
	from := ""
	if !w.dialog.From.IsNull() {
		from = w.dialog.From.String()
	}
	return w.stage(StageMail, "MAIL FROM:<"+from+">", d)
}

// declared is the size that MAIL tells, by which recipients are routed.
func (w *walk) declared() int64 {
	if w.in.settings.SizeEnabled == param.SizeDisabled {
		return 0
	}
	return w.dialog.Size
}

// recipients holds RCPT for every recipient and reports whether DATA makes sense.
func (w *walk) recipients() bool {
	accepted := 0
	for _, to := range w.dialog.To {
		d := w.done.Session.Rcpt(Rcpt{To: to, Accepted: accepted})
		if w.stage(StageRcpt, "RCPT TO:<"+to.String()+">", d) && w.route(to) {
			accepted++
		}
	}
	return accepted > 0 || w.stage(StageData, "DATA", w.in.Decide(reply.NeedRcpt))
}

// route routes a recipient that RCPT let pass, and reports whether there is a way.
func (w *walk) route(to routing.Address) bool {
	r := w.policy.Route(to, w.declared(), &w.steps)
	w.done.Routes = append(w.done.Routes, r)
	if r.Outbound != nil {
		keep := w.done.Session.Tracing(nil).Headers().Keep
		if r.Via == nil { // else that server's firewall is yet to come
			accepted, sent := keep, r.Outbound.Headers(to.Domain(), &w.steps)
			keep = func(name string) bool { return accepted(name) && sent.Keep(name) }
		}
		w.fields(keep)
	}
	rcpt := len(w.done.Stages) - 1
	ok := w.stage(StageRoute, to.String(), w.in.Decide(r.Reason()))
	if ok {
		w.done.Stages[rcpt+1].Reply = reply.Reply{}
	} else {
		w.done.Stages[rcpt].Reply = reply.Reply{}
	}
	return ok
}

// fields records what becomes of the fields of the header.
func (w *walk) fields(keep func(string) bool) {
	for _, name := range w.dialog.Header {
		w.steps.add(Step{Check: checkHeaderField, Pass: keep(name), about: about{subject: printable(name)}})
	}
}

// data judges the message. Its header comes first, so it is judged first, unless
// the size was declared at MAIL.
func (w *walk) data() {
	s, m := w.done.Session, w.dialog
	e := End{HeaderSize: m.HeaderSize, Hops: m.Hops, LocalHops: m.LocalHops}
	if d := s.End(e); !d.Allowed() {
		w.stage(StageData, "DATA", d)
		return
	}
	w.steps = Trace{} // the whole message repeats them
	e.Size = m.Size
	whole := s.End(e)
	d := s.Authors(m.Authors, true)
	if d.Allowed() {
		d = whole
	}
	if d.Allowed() {
		d = w.carried(d)
	}
	if d.Allowed() {
		w.fields(s.Headers().Keep)
		s.CompletesHeader(m.Hops)
	}
	w.stage(StageData, "DATA", d)
}

// carried decides whether the message, of which no size was declared, can go on to all
// its recipients.
func (w *walk) carried(d Decision) Decision {
	if w.declared() == w.dialog.Size {
		return d
	}
	for _, s := range w.done.Stages {
		if s.Name != StageRoute || !s.Decision.Allowed() {
			continue
		}
		to, err := routing.ParseAddress(s.Command)
		if err != nil {
			continue
		}
		var why Trace
		if r := w.policy.Route(to, w.dialog.Size, &why); r.Outcome == routing.TooLarge {
			w.steps.steps = append(w.steps.steps, why.steps...)
			return w.in.Decide(r.Reason())
		}
	}
	return d
}

// printable is s with everything but visible ASCII replaced, so that what a
// client made up cannot write on a terminal or in a log.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c >= 0x7f {
			return '?'
		}
		return c
	}, s)
}
