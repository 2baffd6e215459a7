package replay

import (
	"bytes"
	"strconv"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// connect begins a session that the old system served. The policy may refuse it:
// that is judged with the greeting, which shows whether the old system did.
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

// hello judges EHLO and HELO. They end a transaction.
func (s *session) hello(name string, a answer) {
	s.tx = transaction{}
	s.named(name)
	s.judge(connector.StageHello, s.rules.Hello(name), a, "")
}

// startTLS judges STARTTLS, which resets the session.
func (s *session) startTLS(a answer) {
	d := s.rules.StartTLS()
	if !a.ok() && d.Allowed() { // perhaps it had no certificate
		s.replay.outside(a)
		return
	}
	if s.judge(connector.StageStartTLS, d, a, "") {
		s.encrypt()
	}
}

// authenticate judges AUTH once its outcome is known. A policy doesn't know whether
// a password was right.
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

// compareRights compares the rights that the old system granted with the policy's.
func (s *session) compareRights(granted permission.Set) {
	agreement := &s.replay.report.Rights
	agreement.Known++
	if granted == s.rules.Rights() {
		agreement.Alike++
	}
}

// mail judges MAIL. valid is whether from could be read.
func (s *session) mail(from routing.Address, valid bool, size int64, a answer) {
	if s.tx.open && a.grammar() { // a second MAIL has no effect
		s.replay.outside(a)
		return
	}
	s.tx = transaction{}
	d := s.in.Decide(reply.InvalidAddress)
	if valid && !from.IsNull() && !from.IsValid() {
		from = s.in.Complete(from)
		valid = from.IsValid()
	}
	if valid { // logs don't have SMTPUTF8: clients give it where an address needs it
		d = s.rules.Mail(connector.Mail{From: from, Size: size, UTF8: true})
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

// rcpt judges RCPT and the route. If either side refused MAIL, it judges nothing.
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
		d = s.rules.Rcpt(connector.Rcpt{To: to, Accepted: s.tx.accepted, UTF8: true})
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
	d := s.rules.Message(connector.Message{Size: size})
	if !a.ok() && d.Allowed() && (a.code != 552 || size == 0) {
		// For its content, or for a next hop's reply: a log doesn't have the message.
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

// answered reads the reply to the oldest pending command. A reply without a
// pending command ends the session.
func (s *session) answered(a answer, text []byte) {
	if len(s.pending) == 0 {
		return
	}
	c := &s.pending[0]
	if c.verb == verbAuth && a.code == 334 {
		c.begun = true
		return
	}
	if c.verb == verbData && a.code == 354 {
		*c = command{verb: verbEnd}
		return
	}
	done := *c
	s.pending = append(s.pending[:0], s.pending[1:]...)
	s.perform(done, a, text)
}

// perform judges a command and its reply.
func (s *session) perform(c command, a answer, text []byte) {
	switch c.verb {
	case verbRemoved:
		if a.ok() {
			s.over, s.removed = true, true
		} else {
			s.replay.outside(a)
		}
	case verbConnect:
		s.greeting(a)
	case verbHello:
		s.hello(c.arg, a)
	case verbStartTLS:
		s.startTLS(a)
	case verbAuth:
		s.authenticate(c.arg, a)
	case verbMail:
		s.mail(c.address, c.valid, c.size, a)
		s.chunks = 0
	case verbRcpt:
		s.rcpt(c.address, c.valid, a)
	case verbChunk:
		s.chunks += c.size
	case verbEnd:
		size := s.chunks + c.size
		if n := bytesIn(text); n > 0 {
			size = n
		}
		s.end(size, a)
		s.chunks = 0
	case verbReset:
		s.tx = transaction{}
	case verbPrivate:
		if a.ok() || a.code == 334 {
			s.replay.report.Private++
			s.over, s.cut = true, true
		}
	case verbData, verbOther:
	}
}

// bytesIn finds the size in Exchange's reply to an accepted message:
// "250 2.6.0 <id> [...] 4096 bytes in 0.102, 39.189 KB/sec Queued mail for
// delivery". 0 if it isn't there.
func bytesIn(text []byte) int64 {
	i := bytes.Index(text, []byte(" bytes in "))
	if i < 0 {
		return 0
	}
	start := i
	for start > 0 && text[start-1] >= '0' && text[start-1] <= '9' {
		start--
	}
	n, _ := strconv.ParseInt(string(text[start:i]), 10, 64)
	return n
}
