package connector

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/routing"
)

// Dialog is a whole session as a client would hold it, for Policy.Walk.
type Dialog struct {
	Local     netip.AddrPort
	Remote    netip.Addr
	TLS       bool           // the client starts TLS
	PeerNames []string       // verified names of the client's certificate
	User      *auth.Identity // whom AUTH proves; nil: the client doesn't log in
	Mechanism string         // the SASL mechanism that it uses; "": one that is offered
	Helo      string
	From      routing.Address // zero: <>
	To        []routing.Address
	Size      int64 // of the message in bytes, declared at MAIL; 0: not known
}

// Walkthrough is what became of a Dialog. It is immutable.
type Walkthrough struct {
	Session Session // as it was at the end
	Stages  []Stage // in the order of the dialog, up to the one that ended it
	Routes  []Route // of the accepted recipients, in their order
}

// Stage is one command of a Dialog and its answer.
type Stage struct {
	Name     StageName
	Command  string // as the client would send it, for people
	Decision Decision
	Reply    Reply // as on the wire; of EHLO the first line
	Trace    Trace
}

// StageName names a Stage in a stable form.
type StageName string

// The stages. In the relay, a recipient's route is decided with its RCPT.
const (
	StageConnect  StageName = "connect"
	StageHello    StageName = "ehlo"
	StageStartTLS StageName = "starttls"
	StageAuth     StageName = "auth"
	StageMail     StageName = "mail"
	StageRcpt     StageName = "rcpt"
	StageData     StageName = "data"
	StageRoute    StageName = "route"
)

// Walk holds a whole session without a socket and returns every decision on
// the way with its reasons. A refused recipient does not end the dialog; any
// other refusal does. Recipients are routed as well, so a policy without Send
// connectors takes nothing on: ask [Session.Rcpt] what is let in.
func (p *Policy) Walk(d Dialog) Walkthrough {
	w := walk{policy: p, dialog: d}
	if w.connect() && w.hello() && w.startTLS() && w.login() && w.mail() {
		w.recipients()
	}
	return w.done
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
	dialog Dialog
	done   Walkthrough
}

// stage records an answer and reports whether it lets the dialog go on.
func (w *walk) stage(name StageName, command string, d Decision, t Trace) bool {
	w.done.Stages = append(w.done.Stages, Stage{name, command, d, d.Reply(), t})
	return d.Allowed()
}

// reword sets the text of the last reply to what is particular to the connector.
func (w *walk) reword(text string) {
	w.done.Stages[len(w.done.Stages)-1].Reply.Text = text
}

func (w *walk) connect() bool {
	in, t := w.policy.ExplainSelect(w.dialog.Local, w.dialog.Remote)
	command := w.dialog.Remote.String() + " to " + w.dialog.Local.String()
	if in == nil {
		return w.stage(StageConnect, command, in.Decide(NoConnector), t)
	}
	var who Trace
	w.done.Session, who = in.ExplainOpen(w.channel(false))
	w.stage(StageConnect, command, in.Decide(Ready), t.then(who))
	w.reword(in.greeting())
	return true
}

// greeting is the text of the first reply: the Banner, or else the default
// without its date, which policy doesn't know.
func (in *Inbound) greeting() string {
	if banner := in.settings.Banner; banner != "" {
		return strings.TrimSpace(strings.TrimPrefix(banner, "220"))
	}
	return BannerText(in.fqdn, "")
}

func (w *walk) channel(tls bool) auth.Channel {
	ch := auth.Channel{Local: w.dialog.Local, Remote: netip.AddrPortFrom(w.dialog.Remote, 0), TLS: tls}
	if tls {
		ch.PeerNames = w.dialog.PeerNames
	}
	return ch
}

func (w *walk) hello() bool {
	s := w.done.Session
	d, t := s.ExplainHello(w.dialog.Helo)
	if !w.stage(StageHello, strings.TrimSpace("EHLO "+printable(w.dialog.Helo)), d, t) {
		return false
	}
	w.reword(HelloText(s.in.fqdn, plainAddr(w.dialog.Remote).String()))
	return true
}

func (w *walk) startTLS() bool {
	if !w.dialog.TLS {
		return true
	}
	d, t := w.done.Session.ExplainStartTLS()
	if !d.Allowed() {
		return w.stage(StageStartTLS, "STARTTLS", d, t)
	}
	s, who := w.done.Session.in.ExplainOpen(w.channel(true))
	w.done.Session = s
	w.stage(StageStartTLS, "STARTTLS", d, t.then(who))
	return w.hello() // RFC 3207 section 4.2: all begins anew
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
	command := "AUTH " + saslName(mechanism)
	d, t := w.done.Session.ExplainAuth(mechanism)
	if !d.Allowed() {
		return w.stage(StageAuth, command, d, t)
	}
	s, d, proven := w.done.Session.ExplainLogin(*w.dialog.User)
	w.done.Session = s
	return w.stage(StageAuth, command, d, t.then(proven))
}

func (w *walk) mail() bool {
	d, t := w.done.Session.ExplainMail(Mail{From: w.dialog.From, Size: w.dialog.Size})
	from := ""
	if !w.dialog.From.IsNull() {
		from = w.dialog.From.String()
	}
	return w.stage(StageMail, "MAIL FROM:<"+from+">", d, t)
}

// recipients goes from the first RCPT to the end.
func (w *walk) recipients() {
	s := w.done.Session
	var accepted []routing.Address
	for _, to := range w.dialog.To {
		d, t := s.ExplainRcpt(Rcpt{To: to, Accepted: len(accepted)})
		if w.stage(StageRcpt, "RCPT TO:<"+to.String()+">", d, t) {
			accepted = append(accepted, to)
		}
	}
	if len(accepted) == 0 {
		w.stage(StageData, "DATA", s.in.Decide(NoRecipients), Trace{})
		return
	}
	d, t := s.ExplainEnd(End{Size: w.dialog.Size})
	if d.Allowed() {
		_, kept := s.ExplainHeaders()
		t = t.then(kept)
	}
	if !w.stage(StageData, "DATA", d, t) {
		return
	}
	for _, to := range accepted {
		r, t := w.policy.ExplainRoute(to, w.dialog.Size)
		w.done.Routes = append(w.done.Routes, r)
		if r.Outbound != nil {
			_, sent := r.Outbound.ExplainHeaders(to.Domain())
			t = t.then(sent)
		}
		w.stage(StageRoute, to.String(), s.in.Decide(r.Reason()), t)
	}
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
