package replay

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// verb is the kind of a command, as far as it matters to a policy.
type verb uint8

const (
	verbOther    verb = iota
	verbConnect       // the connection itself, which the greeting answers
	verbHello         // EHLO, HELO
	verbStartTLS      // STARTTLS
	verbAuth          // AUTH
	verbMail          // MAIL
	verbRcpt          // RCPT
	verbData          // DATA
	verbChunk         // BDAT, not the last
	verbEnd           // BDAT LAST, or the end of the content behind DATA
	verbReset         // RSET
	verbPrivate       // verbs that only Exchange servers speak
	verbRemoved       // a command that was removed from the log, or whose address was
)

// command is a command that waits for its reply.
type command struct {
	verb    verb
	arg     string // the name of EHLO, the mechanism of AUTH
	address routing.Address
	valid   bool  // address could be read
	size    int64 // declared at MAIL, or of a chunk
	begun   bool  // AUTH: the exchange has begun
}

// parseCommand reads a command line.
func parseCommand(line string) command {
	name, arg, _ := strings.Cut(strings.Trim(line, " "), " ")
	arg = strings.TrimLeft(arg, " ")
	switch strings.ToUpper(name) {
	case "EHLO", "HELO":
		return command{verb: verbHello, arg: arg}
	case "STARTTLS":
		return command{verb: verbStartTLS}
	case "AUTH":
		mechanism, _, _ := strings.Cut(arg, " ")
		return command{verb: verbAuth, arg: mechanism}
	case "MAIL":
		c := command{verb: verbMail}
		c.path(arg, "FROM:", true)
		return c
	case "RCPT":
		c := command{verb: verbRcpt}
		c.path(arg, "TO:", false)
		return c
	case "DATA":
		return command{verb: verbData}
	case "BDAT":
		return parseChunk(arg)
	case "RSET":
		return command{verb: verbReset}
	case "X-ANONYMOUSTLS", "X-EXPS", "XPROXY", "XPROXYFROM", "XPROXYTO", "XSESSIONPARAMS":
		// The log doesn't say what these prove.
		return command{verb: verbPrivate}
	}
	return command{}
}

// path reads keyword:<path> and the SIZE parameter.
func (c *command) path(arg, keyword string, nullOK bool) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return
	}
	address, rest, err := routing.ParsePath(arg[len(keyword):], nullOK)
	if err != nil {
		return
	}
	c.address, c.valid = address, true
	for parameter := range strings.FieldsSeq(rest) {
		if key, value, _ := strings.Cut(parameter, "="); strings.EqualFold(key, "SIZE") {
			c.size, _ = strconv.ParseInt(value, 10, 64)
			c.size = max(c.size, 0)
		}
	}
}

// unnamed reports whether c has a path in which no mailbox could be read.
func (c *command) unnamed() bool {
	return (c.verb == verbMail || c.verb == verbRcpt) && !c.address.IsValid() && !(c.valid && c.address.IsNull())
}

func parseChunk(arg string) command {
	size, last, _ := strings.Cut(arg, " ")
	c := command{verb: verbChunk}
	c.size, _ = strconv.ParseInt(size, 10, 64)
	c.size = max(c.size, 0)
	if strings.EqualFold(strings.TrimSpace(last), "LAST") {
		c.verb = verbEnd
	}
	return c
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

// routeDifference returns the difference for a route: was is the connector or
// next hop that the old system chose.
func (s *session) routeDifference(was string, route connector.Route) difference {
	d := difference{kind: KindRoute, stage: connector.StageRoute, in: s.in, was: was}
	if route.Outcome == routing.Routed {
		d.now = route.Outbound.Name()
	} else {
		d.reason = route.Reason()
	}
	return d
}
