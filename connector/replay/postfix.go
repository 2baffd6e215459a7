package replay

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/routing"
)

// postfixState rebuilds sessions from Postfix's mail log. smtpd logs connections
// by process, and refusals. An accepted message has a queue ID from then on, under
// which qmgr logs its sender and size, and a delivery agent each recipient with
// its next hop.
type postfixState struct {
	replay   *Replay
	sessions table[*session] // by process
	messages table[*message] // by queue ID
	seed     maphash.Seed
}

// message is a message that came by SMTP.
type message struct {
	id      string
	session *session
	tx      transaction
	begun   bool     // its MAIL was judged
	seen    []uint64 // hashes of recipients, which are logged once per attempt
}

func newPostfixState(r *Replay) postfixState {
	return postfixState{
		replay:   r,
		sessions: newTable[*session](r.opts.MaxOpen),
		messages: newTable[*message](r.opts.MaxOpen),
		seed:     maphash.MakeSeed(),
	}
}

// line reads one line of a mail log.
func (p *postfixState) line(line []byte) taken {
	l, ok := parsePostfixLine(line)
	if !ok {
		if bytes.Contains(line, []byte("postfix")) && bytes.Contains(line, []byte("]: ")) {
			return lineMalformed
		}
		return lineOther
	}
	switch string(l.daemon) {
	case "smtpd":
		ok = p.smtpd(l)
	case "qmgr":
		ok = p.qmgr(l.text)
	case "smtp", "lmtp", "relay", "local", "virtual", "pipe", "error", "discard":
		ok = p.delivery(l.text)
	}
	if !ok {
		return lineMalformed
	}
	return lineRead
}

// smtpd reads a line of the SMTP server. It returns false if the line matters and
// can't be read.
func (p *postfixState) smtpd(l postfixLine) bool {
	if rest, ok := bytes.CutPrefix(l.text, []byte("connect from ")); ok {
		return p.connect(l, rest)
	}
	s, open := p.sessions.find(l.process)
	if rest, ok := bytes.CutPrefix(l.text, []byte("disconnect from ")); ok {
		if open {
			p.sessions.remove(string(l.process))
			p.replay.release(s)
		}
		_, _, ok = clientAddr(rest)
		return ok
	}
	if id, rest, ok := queueID(l.text); ok {
		return p.numbered(l, s, string(id), rest)
	}
	switch {
	case !open || s.over:
	case bytes.Contains(l.text, []byte(" TLS connection established from ")):
		if !s.channel.TLS {
			s.startTLS(answerReady)
		}
	case bytes.HasPrefix(l.text, []byte("warning: ")) && bytes.Contains(l.text, []byte(" authentication failed")):
		mechanism, _ := between(l.text, "SASL ", " authentication failed")
		s.authenticate(string(mechanism), answerNoAuth)
	}
	return true
}

// connect begins a session.
func (p *postfixState) connect(l postfixLine, client []byte) bool {
	addr, _, ok := clientAddr(client)
	if !ok {
		known := !bytes.Contains(client, []byte("[")) || bytes.HasPrefix(client, []byte("unknown[unknown]"))
		if !known {
			p.replay.report.Hidden++
		}
		return known
	}
	if old, ok := p.sessions.find(l.process); ok { // it ended without a word
		p.sessions.remove(string(l.process))
		p.replay.release(old)
	}
	r := p.replay
	s := r.newSession(string(l.process))
	s.channel = auth.Channel{Local: r.bindingFor(portOf(l.service), addr), Remote: netip.AddrPortFrom(addr, 0)}
	s.channel.TLS = order.ImplicitTLS(s.channel.Local)
	if gone, evicted := p.sessions.add(s.id, s); evicted {
		r.report.Evicted++
		gone.cut = true
		r.release(gone)
	}
	s.connect()
	s.greeting(answerReady)
	return true
}

// portOf returns the port of a service by its name in the log, which doesn't hold
// the port itself.
func portOf(service []byte) uint16 {
	switch string(service) {
	case "submission":
		return 587
	case "submissions", "smtps":
		return 465
	}
	return 25
}

// bindingFor returns the local address of a connection of which the log has only
// the port: the address of the options, or else the policy's first binding with
// that port for the client's family.
func (r *Replay) bindingFor(port uint16, client netip.Addr) netip.AddrPort {
	if r.opts.Local.IsValid() && r.opts.Local.Is4() == client.Is4() {
		return netip.AddrPortFrom(r.opts.Local, port)
	}
	for _, b := range r.bindings {
		if b.Port() == port && b.Addr().Is4() == client.Is4() {
			return b
		}
	}
	if client.Is4() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), port)
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), port)
}

// numbered reads a line of smtpd with a queue ID, or NOQUEUE.
func (p *postfixState) numbered(l postfixLine, s *session, id string, rest []byte) bool {
	if client, ok := bytes.CutPrefix(rest, []byte("client=")); ok {
		return p.client(l, s, id, client)
	}
	reject, ok := bytes.CutPrefix(rest, []byte("reject: "))
	if !ok || s == nil || s.over {
		return true
	}
	m, _ := p.messages.find([]byte(id))
	return p.reject(s, m, reject)
}

// client begins a message.
func (p *postfixState) client(l postfixLine, s *session, id string, client []byte) bool {
	addr, rest, ok := clientAddr(client)
	if !ok {
		return false
	}
	r := p.replay
	if s == nil { // it connected before the log begins
		s = r.newSession(string(l.process))
		s.channel.Remote = netip.AddrPortFrom(addr, 0)
		s.partial, s.refs = true, 0
	}
	if user, ok := attribute(rest, "sasl_username="); ok && !s.partial && !s.over && !s.loggedIn {
		mechanism, _ := attribute(rest, "sasl_method=")
		s.user, s.loggedIn = string(user), true
		s.authenticate(string(mechanism), answerLogin)
	}
	if old, ok := p.messages.find([]byte(id)); ok { // Postfix uses IDs again
		p.close(old)
	}
	s.refs++
	if gone, evicted := p.messages.add(id, &message{id: id, session: s}); evicted {
		r.report.Evicted++
		gone.session.cut = true
		r.release(gone.session)
	}
	return true
}

// reject reads a refusal: "RCPT from host[address]: 554 5.7.1 <to>: Relay
// access denied; from=<a> to=<b> proto=ESMTP helo=<c>".
func (p *postfixState) reject(s *session, m *message, text []byte) bool {
	stage, rest, ok := bytes.Cut(text, []byte(" from "))
	if !ok {
		return false
	}
	_, rest, ok = clientAddr(rest)
	rest, colon := bytes.CutPrefix(rest, []byte(": "))
	a, _, isAnswer := parseAnswer(rest)
	if !ok || !colon || !isAnswer {
		return false
	}
	if helo, ok := attribute(rest, "helo="); ok {
		s.named(string(helo))
	}
	if !policyRefusal(a, rest) {
		p.replay.outside(a)
		return true
	}
	from, hasFrom := attribute(rest, "from=")
	if !hasFrom {
		return true // before MAIL, for a reason that policies don't know
	}
	sender, valid := postfixAddress(from)
	to, _ := attribute(rest, "to=")
	recipient, validTo := postfixAddress(to)
	if s.lacks(from, valid) || s.lacks(to, validTo) {
		return true
	}
	switch string(stage) {
	case "MAIL":
		s.mail(sender, valid, 0, a)
	case "RCPT":
		p.transaction(s, m, sender, valid, 0)
		s.rcpt(recipient, validTo, a)
		if m != nil {
			m.tx = s.tx
		}
	}
	return true
}

// policyRefusal reports whether a refusal depends on the client's identity, rather
// than on a filter, a block list or a look-up. Limits aren't judged: the line has
// neither the size nor the number of recipients.
func policyRefusal(a answer, text []byte) bool {
	if !a.ours() {
		return false
	}
	for _, reason := range []string{"Relay access denied", "not owned by user", "not logged in", "Must issue a STARTTLS"} {
		if bytes.Contains(text, []byte(reason)) {
			return true
		}
	}
	return false
}

// transaction makes the transaction of the sender the session's: the one of the
// message if there is one, which is judged once.
func (p *postfixState) transaction(s *session, m *message, from routing.Address, valid bool, size int64) {
	switch {
	case m != nil && m.begun:
		s.tx = m.tx
	case m == nil && s.tx.open && s.tx.from == from:
	default:
		s.mail(from, valid, size, answerOK)
	}
	if m != nil {
		m.begun, m.tx = true, s.tx
	}
}

// postfixAddress reads an address in Postfix's form; the empty text is <>.
func postfixAddress(text []byte) (routing.Address, bool) {
	if len(text) == 0 {
		return routing.Address{}, true
	}
	a, err := routing.ParseAddress(string(text))
	return a, err == nil
}

// lacks reports whether an address was removed from the log, which ends the judgement
// of the session.
func (s *session) lacks(address []byte, valid bool) bool {
	if valid || !isRemoved(string(address)) {
		return false
	}
	s.over, s.removed = true, true
	return true
}

// qmgr reads a line of the queue manager.
func (p *postfixState) qmgr(text []byte) bool {
	id, rest, ok := queueID(text)
	if !ok {
		return true
	}
	m, ok := p.messages.find(id)
	if !ok {
		return true // not received by SMTP, or before the log began
	}
	if bytes.HasPrefix(rest, []byte("removed")) {
		p.close(m)
		return true
	}
	from, ok := attribute(rest, "from=")
	if !ok {
		return true
	}
	if s := m.session; !s.partial && !s.over {
		sender, valid := postfixAddress(from)
		if s.lacks(from, valid) {
			return true
		}
		p.transaction(s, m, sender, valid, number(rest, "size="))
		m.tx.size = number(rest, "size=")
	}
	return true
}

// delivery reads a line of a delivery agent on one recipient.
func (p *postfixState) delivery(text []byte) bool {
	id, rest, ok := queueID(text)
	if !ok {
		return true
	}
	m, ok := p.messages.find(id)
	if !ok || m.session.partial || m.session.over || !m.begun {
		return true
	}
	to, rewritten := attribute(rest, "orig_to=") // as the client wrote it
	if !rewritten {
		if to, ok = attribute(rest, "to="); !ok {
			return true
		}
	}
	const most = 1000
	hash := maphash.Bytes(p.seed, to)
	for _, h := range m.seen {
		if h == hash {
			return true
		}
	}
	if len(m.seen) < most {
		m.seen = append(m.seen, hash)
	}
	s := m.session
	s.tx = m.tx
	recipient, valid := postfixAddress(to)
	if s.lacks(to, valid) {
		return true
	}
	route := s.rcpt(recipient, valid, answerOK)
	m.tx = s.tx
	if relay, ok := attribute(rest, "relay="); ok && !rewritten && route.Outcome == routing.Routed {
		s.wentTo(string(relay), route, recipient)
	}
	return true
}

// wentTo judges a next hop, "host[address]:port", if the policy names smart hosts:
// a log doesn't have the MX records.
func (s *session) wentTo(relay string, route connector.Route, to routing.Address) {
	hosts := route.Outbound.Settings().SmartHosts
	name, rest, ok := strings.Cut(relay, "[")
	if !ok || len(hosts) == 0 || route.Via != nil {
		return
	}
	address, _, _ := strings.Cut(rest, "]")
	s.replay.report.Send.Known++
	for _, h := range hosts {
		if addr, is := h.Addr(); is && addr.String() == address || strings.EqualFold(h.String(), name) {
			s.replay.report.Send.Alike++
			return
		}
	}
	s.differ(s.routeDifference(printable(relay), route), to.String())
}

// close ends a message.
func (p *postfixState) close(m *message) {
	p.messages.remove(m.id)
	if s := m.session; m.begun && !s.over {
		s.tx = m.tx
		s.end(m.tx.size, answerOK)
	}
	p.replay.release(m.session)
}

// between returns the text between two words.
func between(text []byte, before, after string) ([]byte, bool) {
	_, rest, ok := bytes.Cut(text, []byte(before))
	if !ok {
		return nil, false
	}
	middle, _, ok := bytes.Cut(rest, []byte(after))
	return middle, ok
}
