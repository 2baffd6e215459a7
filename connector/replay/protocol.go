package replay

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// protocolLog reads protocol logs of one direction, of Exchange or the relay.
type protocolLog struct {
	replay *Replay
	header header
	sends  bool // the log of Send connectors
	ours   bool // the relay wrote it, with its escapes
	record record
}

// comment reads a line that begins with #.
func (p *protocolLog) comment(line []byte) (ok bool) {
	name, value, _ := bytes.Cut(line[1:], []byte(":"))
	value = bytes.TrimSpace(value)
	switch strings.ToLower(string(name)) {
	case "software":
		p.ours = string(value) == "Interchange"
	case "log-type":
		p.sends = bytes.Contains(bytes.ToLower(value), []byte("send"))
	case "fields":
		h, ok := parseHeader(value)
		if !ok {
			return false
		}
		p.header = h
	}
	return true
}

// line reads one line. It returns false if the line is malformed.
func (p *protocolLog) line(line []byte) bool {
	if !p.record.split(line) || p.record.n < p.header.width {
		return false
	}
	id, event := p.get(colSession), p.get(colEvent)
	if len(id) == 0 || len(event) != 1 {
		return false
	}
	s, open := p.replay.open(p.sends).find(id)
	// Before + a Send connector's log has the address to which it tries to connect.
	if event[0] == '+' && !p.sends || !open {
		if event[0] == '-' {
			return true // of a session that was evicted
		}
		if s, open = p.begin(id, event[0]); !open {
			return false
		}
	}
	switch {
	case s.partial:
	case p.sends:
		p.sent(s, event[0])
	default:
		p.received(s, event[0])
	}
	if event[0] == '-' {
		p.replay.closeSession(p.sends, s)
	}
	return strings.IndexByte("+-<>*", event[0]) >= 0
}

func (p *protocolLog) get(c column) []byte { return p.record.get(&p.header, c) }

// begin makes the session of a line. One that doesn't begin with the
// connection began before the log; of Send connectors that doesn't matter.
func (p *protocolLog) begin(id []byte, event byte) (*session, bool) {
	remote, remoteErr := netip.ParseAddrPort(string(p.get(colRemote)))
	local, localErr := netip.ParseAddrPort(string(p.get(colLocal)))
	if remoteErr != nil || localErr != nil && !p.sends {
		p.replay.report.Hidden++
		return nil, false
	}
	r := p.replay
	s := r.newSession(string(id))
	s.connector = r.intern(p.get(colConnector))
	s.channel = auth.Channel{Local: r.local(local), Remote: plain(remote)}
	s.partial = event != '+' && !p.sends
	r.start(p.sends, s)
	if s.partial || p.sends {
		return s, true
	}
	s.channel.TLS = order.ImplicitTLS(local) // a log doesn't say so
	s.connect()
	s.pending = append(s.pending, command{verb: verbConnect})
	return s, true
}

// received reads a line of a Receive connector.
func (p *protocolLog) received(s *session, event byte) {
	if s.over {
		return
	}
	switch event {
	case '<':
		p.command(s)
	case '>':
		a, more, ok := parseAnswer(p.get(colData))
		switch {
		case !ok:
			s.over, s.removed = true, true // not a reply of a server
		case !more:
			s.answered(a, p.get(colData))
		}
	case '*':
		p.remark(s)
	}
}

// maxPending bounds the commands of a session without a reply. Servers don't read
// that far ahead.
const maxPending = 2000

// command reads a line of the client.
func (p *protocolLog) command(s *session) {
	if n := len(s.pending); n > 0 && s.pending[n-1].verb == verbAuth && s.pending[n-1].begun {
		return // a line of the exchange
	}
	if len(s.pending) >= maxPending {
		s.over, s.cut = true, true
		return
	}
	text := string(p.get(colData))
	if p.ours {
		text = unescape(text)
	}
	c := parseCommand(text)
	if text == "" || c.unnamed() && isRemoved(text) {
		c.verb = verbRemoved
	}
	if c.verb == verbAuth {
		s.user = "" // an earlier attempt's
	}
	s.pending = append(s.pending, c)
}

// remark reads a note of the old system about a session.
func (p *protocolLog) remark(s *session) {
	data, context := p.get(colData), p.get(colContext)
	switch {
	case string(context) == "Set Session Permissions":
		granted := p.replay.parseRights(data)
		if len(s.pending) > 0 && s.pending[0].verb == verbAuth {
			s.rights, s.hasRights = granted, true // of the user that has just logged on
		} else if s.in != nil {
			s.compareRights(granted)
		}
	case string(context) == "authenticated":
		s.user = string(data)
	case hasWord(context, "Remote certificate"), hasWord(context, "Received certificate"):
		s.partner = true
	case s.partner && hasWord(context, "Certificate subject"):
		s.partner = false
		s.certified(commonName(string(data)))
	case hasWord(context, "Verified certificate names"): // the relay's
		for name := range strings.FieldsSeq(string(data)) {
			s.certified(name)
		}
	}
}

// certified adds a name that the client's certificate proved.
func (s *session) certified(name string) {
	const most = 100
	if name == "" || s.in == nil || len(s.channel.PeerNames) >= most {
		return
	}
	s.channel.PeerNames = append(s.channel.PeerNames, name)
	if s.channel.TLS {
		s.reopen()
	}
}

// commonName returns the CN of a subject.
func commonName(subject string) string {
	for part := range strings.SplitSeq(subject, ",") {
		if cn, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return cn
		}
	}
	return ""
}

func hasWord(context []byte, words string) bool {
	return len(context) >= len(words) && strings.EqualFold(string(context[:len(words)]), words)
}

// parseRights reads a list of rights in a log. It skips words that aren't rights.
func (r *Replay) parseRights(list []byte) permission.Set {
	var set permission.Set
	for word := range bytes.FieldsFuncSeq(list, func(c rune) bool { return c == ' ' || c == ',' }) {
		if right, ok := r.rightNames[string(word)]; ok {
			set |= permission.SetOf(right)
		}
	}
	return set
}

// unescape decodes the relay's escapes for bytes that aren't printable ASCII.
func unescape(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			if n, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// sent reads a line of a Send connector: it matters by which connector a recipient
// left.
func (p *protocolLog) sent(s *session, event byte) {
	if event != '>' || isInternal(s.connector) {
		return
	}
	c := parseCommand(string(p.get(colData)))
	switch c.verb {
	case verbMail:
		s.tx = transaction{open: true, from: c.address, size: c.size}
	case verbRcpt:
		if c.valid && c.address.IsValid() {
			s.left(c.address)
		}
	case verbHello:
		s.helo = c.arg
	}
}

// isInternal reports whether Exchange itself makes the Send connector, for mail
// between the servers of an organisation. Policies don't have it.
func isInternal(name string) bool {
	return strings.HasSuffix(name, "Send Connector") &&
		(strings.Contains(name, "Intra-Organization") || strings.Contains(name, "Proxy"))
}

// left judges by which Send connector a recipient left.
func (s *session) left(to routing.Address) {
	r := s.replay
	if !r.routes {
		return
	}
	route := r.policy.Route(to, s.tx.size, nil)
	r.report.Commands++
	r.report.Recipients++
	s.judged = true
	r.sent(route)
	r.report.Send.Known++
	if route.Outcome == routing.Routed && sameName(s.connector, route.Outbound.Name()) {
		r.report.Send.Alike++
		return
	}
	s.differ(s.routeDifference(s.connector, route), to.String())
}
