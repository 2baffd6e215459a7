package replay

import (
	"net/netip"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// session is one connection of a log, held against the policy command by
// command: nothing of the conversation is kept.
type session struct {
	replay *Replay
	at     place
	id     string // as the log names it

	channel   auth.Channel
	connector string // that the old system chose; "": the log doesn't say
	helo      string
	user      string
	rights    permission.Set // what the log says that AUTH gave
	hasRights bool
	partner   bool // a line on the client's certificate comes next
	loggedIn  bool // Postfix repeats the user with every message

	in    *connector.Inbound
	rules connector.Session
	use   *inboundUse
	acl   []int // the grants of use that are the session's
	tx    transaction

	pending []command // that have no reply yet; the first is answered next
	chunks  int64     // octets of BDAT so far

	partial   bool         // begun before the log, so it can't be judged
	over      bool         // the policy has ended it, or it can't be judged any further
	judged    bool         // something was held against the policy
	cut       bool         // it was judged no further: it spoke verbs that can't be judged, or had to make room
	removed   bool         // what it said was taken out of the log
	different bool         // something was
	told      []*divergent // differences that count this session already
	refs      int          // the connection, and messages that are known by it
}

// transaction is what MAIL began, as far as the policy let it.
type transaction struct {
	open     bool
	from     routing.Address
	size     int64
	accepted int
}

// connect begins a session that the old system took. The policy may refuse it:
// that is judged with the greeting, which tells whether the old system did.
func (s *session) connect() {
	r := s.replay
	s.in = r.policy.Select(s.channel.Local, s.remote(), nil)
	s.rules = s.in.Open(s.channel, nil)
	s.use = r.useOf(s.in)
	s.use.seen(s.remote())
	s.acl = s.use.applying(s.rules.Identity(), s.acl[:0])
	if s.connector == "" {
		return
	}
	r.logUse(s.connector).seen(s.remote())
	r.report.Connector.Known++
	s.judged = true
	if s.in != nil && sameName(s.connector, s.in.Name()) {
		r.report.Connector.Alike++
	} else if s.in != nil {
		s.differ(difference{kind: KindConnector, stage: connector.StageConnect, in: s.in, was: s.connector}, "")
	}
}

// greeting judges the reply to the connection.
func (s *session) greeting(a answer) {
	s.judged = true
	switch {
	case s.in != nil && !a.ok():
		s.replay.outside(a)
		s.over = true
	case s.in == nil && a.ok():
		s.differ(difference{
			kind: KindConnector, stage: connector.StageConnect, was: s.connector,
			old: a, reason: reply.NoConnector,
		}, "")
		s.over = true
	case s.in == nil:
		s.over = true
	}
}

// hello judges EHLO and HELO, which end a transaction.
func (s *session) hello(name string, a answer) {
	s.tx = transaction{}
	s.named(name)
	s.judge(connector.StageHello, s.rules.Hello(name), a, "")
}

// named notes what the client calls itself.
func (s *session) named(name string) {
	s.helo = name
	s.use.sources.name(s.remote(), name)
	if s.connector != "" {
		s.replay.logUse(s.connector).sources.name(s.remote(), name)
	}
}

// startTLS judges STARTTLS. After it, the session is another.
func (s *session) startTLS(a answer) {
	d := s.rules.StartTLS()
	if !a.ok() && d.Allowed() { // for want of a certificate, maybe
		s.replay.outside(a)
		return
	}
	if s.judge(connector.StageStartTLS, d, a, "") {
		s.encrypt()
	}
}

// encrypt is what TLS makes of the session.
func (s *session) encrypt() {
	s.channel.TLS = true
	s.reopen()
}

// reopen begins the session anew on its channel.
func (s *session) reopen() {
	s.rules = s.in.Open(s.channel, nil)
	s.acl = s.use.applying(s.rules.Identity(), s.acl[:0])
	s.tx = transaction{}
}

// authenticate judges AUTH once its outcome is known. Whether a password was
// right, no policy knows.
func (s *session) authenticate(mechanism string, a answer) {
	d := s.rules.Auth(mechanism)
	next := s.rules
	if d.Allowed() && a.ok() {
		next, d = s.rules.Login(s.replay.opts.Identify(s.user))
	}
	if !a.ok() && d.Allowed() {
		s.replay.outside(a)
		return
	}
	if s.judge(connector.StageAuth, d, a, "") {
		s.rules = next
		s.acl = s.use.applying(s.rules.Identity(), s.acl[:0])
		if s.hasRights {
			s.compareRights(s.rights)
		}
	}
	s.hasRights = false
}

// compareRights holds what the old system granted against the policy.
func (s *session) compareRights(granted permission.Set) {
	agreement := &s.replay.report.Rights
	agreement.Known++
	if granted == s.rules.Rights() {
		agreement.Alike++
	}
}

// mail judges MAIL. valid is whether from could be read.
func (s *session) mail(from routing.Address, valid bool, size int64, a answer) {
	if s.tx.open && a.grammar() { // a second MAIL, which changes nothing
		s.replay.outside(a)
		return
	}
	s.tx = transaction{}
	d := s.in.Decide(reply.InvalidAddress)
	if valid && !from.IsNull() && !from.IsValid() {
		from = s.in.Complete(from)
		valid = from.IsValid()
	}
	if valid {
		d = s.rules.Mail(connector.Mail{From: from, Size: size})
	}
	subject := from.String()
	if from.IsNull() {
		subject = "<>"
	}
	if s.judge(connector.StageMail, d, a, subject) {
		s.tx = transaction{open: true, from: from, size: size}
		s.use.used(s.acl, permission.Submit)
		if d.Right != 0 {
			s.use.used(s.acl, d.Right)
		}
	}
}

// rcpt judges RCPT and the way on from there. Where MAIL was not taken,
// by either, there is nothing to judge.
func (s *session) rcpt(to routing.Address, valid bool, a answer) (route connector.Route) {
	if !s.tx.open {
		return route
	}
	if valid && !to.IsValid() {
		to = s.in.Complete(to)
		valid = to.IsValid()
	}
	d := s.in.Decide(reply.InvalidAddress)
	if valid {
		d = s.rules.Rcpt(connector.Rcpt{To: to, Accepted: s.tx.accepted})
	}
	right, kind := d.Right, KindVerdict
	if d.Allowed() && s.replay.routes {
		route = s.in.Policy().Route(to, s.tx.size, nil)
		if reason := route.Reason(); reason != reply.RecipientOK {
			d, kind = s.in.Decide(reason), KindRoute
		}
	}
	if s.judgeAs(kind, connector.StageRcpt, d, a, to.String()) {
		s.tx.accepted++
		s.replay.report.Recipients++
		if s.replay.routes {
			s.replay.sent(route)
		}
		if right != 0 {
			s.use.used(s.acl, right)
		}
	}
	return route
}

// end judges the end of a message, whose size may not be known: 0.
func (s *session) end(size int64, a answer) {
	tx := s.tx
	s.tx = transaction{}
	if !tx.open || tx.accepted == 0 {
		return
	}
	if size == 0 {
		size = tx.size
	}
	d := s.rules.End(connector.End{Size: size})
	if !a.ok() && d.Allowed() && (a.code != 552 || size == 0) {
		// For its content, for what a next hop said: no log has the message.
		s.replay.outside(a)
		return
	}
	if s.judge(connector.StageData, d, a, tx.from.String()) {
		s.replay.report.Messages++
		s.use.messages++
		if limit := int64(s.in.Settings().MaxMessageSize); limit > 0 && size > limit {
			s.use.used(s.acl, permission.BypassMessageSizeLimit)
		}
	}
}

// remote is the client's address.
func (s *session) remote() netip.Addr { return s.channel.Remote.Addr() }
