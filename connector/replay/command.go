package replay

import (
	"strconv"
	"strings"

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
