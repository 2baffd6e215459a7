package postfix

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// service is an smtpd service of master.cf that listens.
type service struct {
	scope
	name string // as in master.cf: smtp, submission, 10.0.0.1:2525
	at   source.Position
	host string // of the name; "": inet_interfaces
	port uint16
}

// clientService is a service that sends by SMTP.
type clientService struct {
	scope
	name string
}

// entry is a line of master.cf.
type entry struct {
	name, kind, command string
	over                map[string]setting
	at                  source.Position
}

// ports are the names of services that mail servers use.
var ports = map[string]uint16{"smtp": 25, "submission": 587, "smtps": 465, "submissions": 465, "urd": 465, "lmtp": 24}

// readMaster reads master.cf. Without it, the service smtp alone listens, as where Postfix is
// installed.
func (r *reader) readMaster() {
	const name = "master.cf"
	file, data, err := r.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		r.services = []*service{{scope: scope{reader: r}, name: "smtp", port: 25, at: r.firstLine()}}
		r.clients = []clientService{{scope{reader: r}, "smtp"}, {scope{reader: r}, "relay"}}
		r.NotPossible(r.firstLine(), name, "there is no master.cf beside this file, so only the service smtp at port 25 is taken", "copy master.cf to the same directory if the server has others, such as submission")
		return
	}
	if err != nil {
		r.errors = append(r.errors, source.Unreadable(file, err))
		return
	}
	var entries []entry
	for _, l := range logicalLines(data) {
		at := source.Position{File: file, Line: l.line}
		if e, ok := readEntry(&l, file); ok {
			entries = append(entries, e)
		} else {
			r.fail(at, "write service, type, private, unpriv, chroot, wakeup, maxproc and command")
		}
	}
	r.listening(entries)
}

// readEntry reads a line of master.cf.
func readEntry(l *logicalLine, file string) (entry, bool) {
	fields := words(l.text, " \t")
	if len(fields) < 8 {
		return entry{}, false
	}
	e := entry{name: fields[0], kind: fields[1], command: fields[7], over: map[string]setting{}, at: source.Position{File: file, Line: l.line}}
	args, offset := fields[8:], 0
	for i := 0; i < len(args); i++ {
		option, ok := strings.CutPrefix(args[i], "-o")
		if !ok {
			continue
		}
		if option == "" {
			if i++; i == len(args) {
				return entry{}, false
			}
			option = args[i]
		}
		name, value, ok := assignment(unbraced(option))
		if !ok {
			return entry{}, false
		}
		offset += max(0, strings.Index(l.text[offset:], option))
		e.over[name] = setting{value, source.Position{File: file, Line: l.lineAt(offset)}}
		offset += len(option)
	}
	return e, true
}

// listening sorts the services of master.cf: those that take mail by SMTP, those that send it,
// and the rest.
func (r *reader) listening(entries []entry) {
	for _, e := range entries {
		s := scope{r, e.over}
		switch {
		case e.kind == "inet" && e.command == "smtpd":
			r.listen(e, s)
		case e.kind == "inet" && e.command == "postscreen":
			behind := e
			for _, other := range entries {
				if other.kind == "pass" && other.command == "smtpd" {
					behind.over = other.over
				}
			}
			r.NotPossible(e.at, e.name+" inet", "postscreen's tests of clients don't exist here; its port is taken with the settings of smtpd behind it", "use -verify, a milter or a firewall against unwanted clients")
			r.listen(behind, scope{r, behind.over})
		case e.kind == "pass" && e.command == "smtpd":
			r.Taken(e.at, e.name+" pass", "the settings of the service behind postscreen")
		case e.kind == "unix" && e.command == "smtp":
			r.clients = append(r.clients, clientService{s, e.name})
			r.WithoutMeaning(e.at, e.name+" unix", "Send connectors need no service")
		case e.kind == "inet":
			r.NotPossible(e.at, e.name+" inet", e.command+" is no SMTP server of Postfix", "serve it with another program")
		case e.kind == "unix" && (e.command == "pipe" || e.command == "spawn"):
			r.WithoutMeaning(e.at, e.name+" "+e.kind, "programs aren't run for mail; routes to it are reported")
		default:
			r.WithoutMeaning(e.at, e.name+" "+e.kind, "the gateway is one program, and needs no services")
		}
	}
}

// listen adds a service at the port of its name.
func (r *reader) listen(e entry, s scope) {
	sv := &service{scope: s, name: e.name, at: e.at}
	port := e.name
	if i := strings.LastIndexByte(port, ':'); i >= 0 {
		sv.host, port = strings.Trim(port[:i], "[]"), port[i+1:]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case ports[port] > 0:
		sv.port = ports[port]
	case err == nil && n > 0:
		sv.port = uint16(n)
	default:
		r.NotPossible(e.at, e.name+" inet", fmt.Sprintf("the port %q isn't known", port), "write its number")
		return
	}
	r.services = append(r.services, sv)
}
