package connector

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/routing"
)

// Walk runs a whole session without a socket and returns every decision with its
// reasons. Commands out of order are refused as the relay refuses them. A refused
// recipient does not end the dialog; any other refusal does. Recipients are routed as
// well, so a policy without Send connectors accepts no message; [Session.Rcpt] alone
// doesn't route.
//
// Walk ignores what depends on other sessions, such as MaxInboundConnection and
// MessageRateLimit, and what a next hop might reply. A relay with a queue may accept
// a recipient that has no route and keep the message, as Exchange does.
func (p *Policy) Walk(d Dialog) Walkthrough {
	w := walk{policy: p, dialog: d}
	w.in = p.Select(d.Local, d.Remote, &w.steps)
	return w.run()
}

// Outcome is Walk without the reasons: the stages have no Trace. Its effort doesn't grow with the
// number of connectors, as that of their reasons does.
func (p *Policy) Outcome(d Dialog) Walkthrough {
	w := walk{policy: p, dialog: d, quiet: true}
	w.in = p.Select(d.Local, d.Remote, nil)
	return w.run()
}

// Walk is Policy.Walk with this connector, whichever one the addresses select. A
// disabled connector opens no session.
func (in *Inbound) Walk(d Dialog) Walkthrough {
	w := walk{policy: in.Policy(), in: in, dialog: d}
	return w.run()
}

// walk is the state of a Dialog that is being run.
type walk struct {
	policy *Policy
	in     *Inbound
	dialog Dialog
	order  order.State
	begun  int   // index of the stage of the transaction's MAIL
	named  int   // how many of the dialog's recipients RCPT has named
	quiet  bool  // without reasons
	steps  Trace // of the stage in progress; the session appends to it
	done   Walkthrough
}

// trace returns where reasons are appended; nil if there are to be none.
func (w *walk) trace() *Trace {
	if w.quiet {
		return nil
	}
	return &w.steps
}

// run runs the dialog.
func (w *walk) run() Walkthrough {
	open := w.connect()
	for commands := w.dialog.commands(); open && len(commands) > 0; commands = commands[1:] {
		open = w.command(commands[0])
	}
	w.done.Session = w.done.Session.Tracing(nil)
	return w.done
}

// command runs one command and reports whether the dialog continues.
func (w *walk) command(v order.Verb) bool {
	if reason := w.order.Refuse(v); reason != 0 {
		name, line := w.line(v)
		return w.stage(name, line, w.done.Session.OutOfOrder(v, reason))
	}
	switch v {
	case order.Hello:
		return w.hello()
	case order.StartTLS:
		return w.startTLS()
	case order.Auth:
		return w.login()
	case order.Mail:
		return w.mail()
	case order.Rcpt:
		return w.recipient()
	case order.Reset:
		w.order.EndTransaction()
		return w.stage(StageReset, "RSET", w.in.Decide(reply.ResetOK))
	}
	w.data(w.line(v))
	return false // the message ends the dialog
}

// line returns the stage of a command and the command as the client would send it.
func (w *walk) line(v order.Verb) (StageName, string) {
	switch v {
	case order.Hello:
		return StageHello, strings.TrimSpace("EHLO " + ascii.Printable(w.dialog.Helo))
	case order.StartTLS:
		return StageStartTLS, "STARTTLS"
	case order.Auth:
		return StageAuth, "AUTH " + saslName(w.mechanism())
	case order.Mail:
		from := ""
		if !w.dialog.From.IsNull() {
			from = w.dialog.From.String()
		}
		if w.utf8() {
			return StageMail, "MAIL FROM:<" + from + "> SMTPUTF8"
		}
		return StageMail, "MAIL FROM:<" + from + ">"
	case order.Rcpt:
		return StageRcpt, "RCPT TO:<" + w.next().String() + ">"
	case order.Bdat:
		return StageData, "BDAT"
	}
	return StageData, "DATA"
}

// next returns the recipient that the next RCPT names.
func (w *walk) next() routing.Address {
	if n := len(w.dialog.To); n > 0 {
		return w.dialog.To[min(w.named, n-1)]
	}
	return routing.Address{}
}

// stage records a decision and its steps, and reports whether the decision lets the
// command pass.
func (w *walk) stage(name StageName, command string, d Decision) bool {
	w.done.Stages = append(w.done.Stages, Stage{name, command, d, d.Reply(), w.steps})
	w.steps = Trace{}
	return d.Allowed()
}

// reword replaces the text of the last reply by one that the connector determines.
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
	encrypted := w.dialog.BeginsWithTLS() && w.dialog.TLS && !w.dialog.NoCertificate
	w.done.Session = w.in.Open(w.channel(encrypted), w.trace())
	why := "the server has no certificate"
	if !w.dialog.TLS {
		why = "the client doesn't use it"
	}
	if w.dialog.BeginsWithTLS() && !w.done.Session.check(checkImplicitTLS, encrypted, about{subject: why}) {
		w.stage(StageConnect, command, w.in.Decide(reply.ImplicitTLS))
		w.done.Stages[0].Reply = reply.Reply{} // there is no handshake, and so no reply
		return false
	}
	if encrypted {
		w.done.Session.startsTLS()
	}
	w.order.TLS = encrypted
	w.stage(StageConnect, command, w.in.Decide(reply.Ready))
	w.reword(w.in.greeting())
	return true
}

// greeting returns the text of the first reply: the Banner, or the default text
// without the date, because a policy has no clock.
func (in *Inbound) greeting() string {
	if banner := in.settings.Banner; banner != "" {
		return strings.TrimSpace(strings.TrimPrefix(banner, "220"))
	}
	return reply.BannerText(in.fqdn, "")
}

func (w *walk) channel(tls bool) auth.Channel {
	d := &w.dialog
	ch := auth.Channel{Local: d.Local, Remote: netip.AddrPortFrom(d.Remote, 0), TLS: tls, NoCertificate: d.NoCertificate, NoVerifier: d.NoVerifier, Further: d.Further}
	if tls {
		ch.PeerNames = d.PeerNames
	}
	return ch
}

func (w *walk) hello() bool {
	w.order.EndTransaction()
	d := w.done.Session.Hello(w.dialog.Helo)
	w.order.Greeted = d.Allowed()
	name, line := w.line(order.Hello)
	if w.stage(name, line, d) {
		w.reword(reply.HelloText(w.in.fqdn, plainAddr(w.dialog.Remote).String()))
	}
	return d.Allowed()
}

func (w *walk) startTLS() bool {
	d := w.done.Session.StartTLS()
	if d.Allowed() {
		w.order.StartTLS()
		w.done.Session = w.in.Open(w.channel(true), w.trace())
	}
	return w.stage(StageStartTLS, "STARTTLS", d)
}

// mechanism returns the SASL mechanism that the client uses.
func (w *walk) mechanism() string {
	if w.dialog.Mechanism != "" {
		return w.dialog.Mechanism
	}
	if offered := w.done.Session.SASL(); len(offered) > 0 && !slices.Contains(offered, auth.Login) {
		return offered[0]
	}
	return auth.Login
}

func (w *walk) login() bool {
	name, line := w.line(order.Auth)
	d := w.done.Session.Auth(w.mechanism())
	if d.Allowed() && w.dialog.User != nil {
		w.done.Session, d = w.done.Session.login(*w.dialog.User, line)
	} else if d.Allowed() {
		d = w.in.Decide(reply.BadCredentials)
	}
	w.order.Authenticated = d.Allowed()
	return w.stage(name, line, d)
}

func (w *walk) mail() bool {
	d := w.done.Session.Mail(Mail{From: w.dialog.From, Size: w.declared(), UTF8: w.utf8()})
	w.order.Transaction, w.done.Routes, w.begun = d.Allowed(), nil, len(w.done.Stages)
	name, line := w.line(order.Mail)
	return w.stage(name, line, d)
}

// utf8 reports whether the client gives SMTPUTF8: an address needs it, and it is offered.
func (w *walk) utf8() bool {
	needs := func(a routing.Address) bool { return !a.IsASCII() }
	return w.in.settings.SmtpUtf8Enabled.Or(false) && (needs(w.dialog.From) || slices.ContainsFunc(w.dialog.To, needs))
}

// declared returns the size that MAIL declares, by which recipients are routed.
func (w *walk) declared() int64 {
	if w.in.settings.SizeEnabled == param.SizeDisabled {
		return 0
	}
	return w.dialog.Size
}

// recipient runs RCPT for the next recipient. A refusal doesn't end the dialog.
func (w *walk) recipient() bool {
	to := w.next()
	name, line := w.line(order.Rcpt)
	w.named++
	d := w.done.Session.Rcpt(Rcpt{To: to, Accepted: w.order.Recipients, UTF8: w.utf8()})
	if exists := w.dialog.Exists; d.Allowed() && exists != nil && w.done.Session.LooksUp(to) {
		d = w.done.Session.Found(to, exists(to))
	}
	if w.stage(name, line, d) && w.route(to) {
		w.order.Recipients++
	}
	return d.Verdict != Close
}

// route routes a recipient that RCPT accepted, and reports whether it has a route.
func (w *walk) route(to routing.Address) bool {
	r := w.policy.Route(to, w.declared(), w.trace())
	w.done.Routes = append(w.done.Routes, r)
	if r.Outbound != nil {
		keep := w.done.Session.Tracing(nil).Headers().Keep
		if r.Via == nil { // otherwise that server applies its own firewall
			accepted, sent := keep, r.Outbound.Headers(to.Domain(), w.trace())
			if !w.quiet {
				r.Outbound.explainSigning(w.done.Session, &w.steps)
			}
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

// fields records which header fields pass.
func (w *walk) fields(keep func(string) bool) {
	if w.quiet {
		return
	}
	for _, name := range w.dialog.Header {
		w.steps.add(Step{Check: checkHeaderField, Pass: keep(name), about: about{subject: ascii.Printable(name)}})
	}
}

// data decides on the message. The header arrives first, so it is checked before
// the size.
func (w *walk) data(name StageName, line string) {
	s, m := w.done.Session, w.dialog
	message := Message{HeaderSize: m.HeaderSize, Hops: m.Hops, LocalHops: m.LocalHops}
	if d := s.Message(message); !d.Allowed() {
		w.stage(name, line, d)
		return
	}
	w.steps = Trace{} // the check of the whole message repeats them
	message.Size = m.Size
	whole := s.Message(message)
	d := s.Authors(m.Authors, true)
	if d.Allowed() {
		d = whole
	}
	if d.Allowed() {
		d = w.fits(d)
	}
	if d.Allowed() {
		w.fields(s.Headers().Keep)
		s.CompletesHeader(m.Hops)
		s.MessageAuthentication()
	}
	w.stage(name, line, d)
}

// fits decides whether a message whose size was not declared is small enough for the
// routes of all its recipients.
func (w *walk) fits(d Decision) Decision {
	if w.declared() == w.dialog.Size {
		return d
	}
	for _, s := range w.done.Stages[w.begun:] {
		if s.Name != StageRoute || !s.Decision.Allowed() {
			continue
		}
		to, err := routing.ParseAddress(s.Command)
		if err != nil {
			continue
		}
		r := w.policy.Route(to, w.dialog.Size, nil)
		if r.Outcome != routing.TooLarge {
			continue
		}
		if !w.quiet {
			w.policy.Route(to, w.dialog.Size, &w.steps)
		}
		return w.in.Decide(r.Reason())
	}
	return d
}
