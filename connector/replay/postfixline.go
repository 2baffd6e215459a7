package replay

import (
	"bytes"
	"net/netip"
	"strconv"
)

// postfixLine is a line that Postfix wrote.
type postfixLine struct {
	process []byte // host and tag with the process id: identifies one process
	service []byte // between postfix and the daemon, such as submission; mostly empty
	daemon  []byte // smtpd, cleanup, qmgr, smtp
	text    []byte
}

// parsePostfixLine parses a line of a mail log. It returns false if Postfix didn't
// write the line. The time has the form of syslog, "Nov 23 11:15:30", or of RFC 3339.
func parsePostfixLine(line []byte) (l postfixLine, ok bool) {
	rest := line
	if len(rest) > 16 && rest[3] == ' ' && rest[6] == ' ' && rest[9] == ':' && rest[15] == ' ' {
		rest = rest[16:]
	} else if i := bytes.IndexByte(rest, ' '); i >= 19 && rest[4] == '-' && rest[10] == 'T' {
		rest = rest[i+1:]
	} else {
		return l, false
	}
	host := bytes.IndexByte(rest, ' ')
	if host <= 0 {
		return l, false
	}
	end := bytes.Index(rest[host+1:], []byte("]: "))
	if end < 0 {
		return l, false
	}
	end += host + 1
	tag := rest[host+1 : end]
	if !bytes.HasPrefix(tag, []byte("postfix")) {
		return l, false
	}
	bracket, slash := bytes.LastIndexByte(tag, '['), bytes.LastIndexByte(tag, '/')
	if slash < 0 || bracket < slash {
		return l, false
	}
	if first := bytes.IndexByte(tag, '/'); first < slash {
		l.service = tag[first+1 : slash]
	}
	l.process, l.daemon, l.text = rest[:end], tag[slash+1:bracket], rest[end+3:]
	return l, true
}

// queueID cuts the queue ID off a line: letters and digits before a colon.
func queueID(text []byte) (id, rest []byte, ok bool) {
	const longest = 32
	for i, c := range text[:min(len(text), longest)] {
		switch {
		case c == ':' && i >= 5 && i+2 <= len(text):
			return text[:i], bytes.TrimLeft(text[i+1:], " "), true
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
		default:
			return nil, text, false
		}
	}
	return nil, text, false
}

// clientAddr reads the address of host[address] or host[address]:port at the
// start of text.
func clientAddr(text []byte) (addr netip.Addr, rest []byte, ok bool) {
	open := bytes.IndexByte(text, '[')
	if open < 0 {
		return addr, text, false
	}
	end := bytes.IndexByte(text[open:], ']')
	if end < 0 {
		return addr, text, false
	}
	addr, err := netip.ParseAddr(string(text[open+1 : open+end]))
	if err != nil {
		return addr, text, false
	}
	rest = text[open+end+1:]
	if len(rest) > 0 && rest[0] == ':' { // a port follows, or the text
		digits := 1
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits > 1 {
			rest = rest[digits:]
		}
	}
	return addr.Unmap().WithZone(""), rest, true
}

// attribute returns the value of name=value in a list separated by commas or
// spaces. A value in angle brackets is returned without them.
func attribute(text []byte, name string) (value []byte, ok bool) {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(name))
		if i < 0 {
			return nil, false
		}
		at += i
		if at > 0 && text[at-1] != ' ' && text[at-1] != ',' {
			at += len(name)
			continue
		}
		value = text[at+len(name):]
		break
	}
	if len(value) > 0 && value[0] == '<' {
		end := closing(value)
		if end < 0 {
			return nil, false
		}
		return value[1:end], true
	}
	if end := bytes.IndexAny(value, ", "); end >= 0 {
		value = value[:end]
	}
	return value, true
}

// closing finds the bracket that ends a path: a quoted local part may hold one
// itself.
func closing(path []byte) int {
	quoted := false
	for i := 1; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			return i
		}
	}
	return -1
}

// number is attribute for numbers; 0 without the attribute.
func number(text []byte, name string) int64 {
	value, _ := attribute(text, name)
	n, _ := strconv.ParseInt(string(value), 10, 64)
	return max(n, 0)
}
