package replay

import "bytes"

// Format is a kind of log.
type Format string

// The formats.
const (
	FormatUnknown Format = "unknown"
	FormatReceive Format = "receive" // protocol log of Receive connectors, of Exchange or the relay
	FormatSend    Format = "send"    // Exchange's protocol log of Send connectors
	FormatPostfix Format = "postfix" // Postfix's mail log, by syslog or by Postfix itself
	FormatEmpty   Format = "empty"

	// Logs that are known and can't be judged: they don't hold commands and
	// replies.
	FormatTracking     Format = "message tracking"
	FormatConnectivity Format = "connectivity"
	FormatAgent        Format = "agent"
	FormatTrace        Format = "message trace" // of Exchange Online
	FormatW3C          Format = "W3C"           // of IIS and its SMTP service
	FormatOther        Format = "another kind of"
)

// Judged reports whether the sessions of logs of the format are judged.
func (f Format) Judged() bool {
	return f == FormatReceive || f == FormatSend || f == FormatPostfix
}

// why says why logs of the format are not judged.
func (f Format) why() string {
	switch f {
	case FormatEmpty:
		return "it is empty"
	case FormatTracking, FormatTrace:
		return "it has the fate of messages, not the commands of clients and their replies"
	case FormatConnectivity:
		return "it has connections to next hops, without senders and recipients"
	case FormatAgent:
		return "it has the actions of transport agents, not the commands of clients and their replies"
	}
	return "it is neither a protocol log nor a mail log of Postfix"
}

// taken is how a line was read.
type taken uint8

const (
	lineRead      taken = iota
	lineOther           // of another program in the same log, or empty
	lineMalformed       // of a known log, but malformed
)

// logReader recognises the kind of a log and reads it.
type logReader struct {
	replay   *Replay
	format   Format
	protocol protocolLog
}

// line reads one line.
func (l *logReader) line(line []byte, long bool) taken {
	switch {
	case l.format != FormatUnknown && !l.format.Judged():
		return lineOther
	case long:
		return lineMalformed
	case len(bytes.TrimSpace(line)) == 0:
		return lineOther
	case line[0] == '#' && l.format != FormatPostfix:
		return l.comment(line)
	case l.format != FormatPostfix && isAnnouncement(line):
		return lineOther
	}
	if l.format == FormatUnknown {
		l.detect(line)
	}
	switch l.format {
	case FormatReceive, FormatSend:
		if !l.protocol.line(line) {
			return lineMalformed
		}
		return lineRead
	case FormatPostfix:
		return l.replay.postfix.line(line)
	case FormatUnknown:
		return lineMalformed
	}
	return lineOther
}

// comment reads a header line. Two of them give the format; until one of a protocol
// log comes, others are ignored.
func (l *logReader) comment(line []byte) taken {
	name, value, _ := bytes.Cut(line[1:], []byte(":"))
	foreign, is, tells := FormatUnknown, false, true
	switch string(bytes.ToLower(name)) {
	case "log-type":
		foreign, is = foreignType(bytes.TrimSpace(value))
	case "fields":
		foreign, is = foreignColumns(value)
	default:
		tells = false
	}
	if is {
		l.format = foreign
		return lineOther
	}
	if !l.protocol.comment(line) {
		return lineMalformed
	}
	if tells {
		if l.format = FormatReceive; l.protocol.sends {
			l.format = FormatSend
		}
	}
	return lineRead
}

// detect recognises the format by a line that isn't a header: logs are cut and
// rotated.
func (l *logReader) detect(line []byte) {
	l.format = FormatUnknown
	if _, ok := parsePostfixLine(line); ok {
		l.format = FormatPostfix
		return
	}
	if format, ok := foreignColumns(line); ok {
		l.format = format
		return
	}
	if line[0] < '0' || line[0] > '9' || !l.protocol.record.split(line) {
		return
	}
	if l.protocol.record.n >= int(columns) && len(l.protocol.get(colEvent)) == 1 {
		l.format = FormatReceive
	}
}
