package replay

import "bytes"

// Format is a kind of log.
type Format string

// The formats.
const (
	FormatUnknown Format = "unknown"
	FormatReceive Format = "receive" // Exchange's protocol log of Receive connectors, and ours
	FormatSend    Format = "send"    // Exchange's protocol log of Send connectors
	FormatPostfix Format = "postfix" // Postfix's mail log, by syslog or by Postfix itself
)

// taken is what became of a line.
type taken uint8

const (
	lineRead      taken = iota
	lineOther           // of another program in the same log, or empty
	lineMalformed       // of a log that we know, but not as it should be
)

// logReader finds out what a log is and reads it.
type logReader struct {
	replay   *Replay
	format   Format
	protocol protocolLog
}

// line takes up one line.
func (l *logReader) line(line []byte, long bool) taken {
	switch {
	case long:
		return lineMalformed
	case len(bytes.TrimSpace(line)) == 0:
		return lineOther
	case line[0] == '#' && l.format != FormatPostfix:
		return l.comment(line)
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
	}
	return lineMalformed
}

// comment reads a header line of a protocol log, which tells the format.
func (l *logReader) comment(line []byte) taken {
	if !l.protocol.comment(line) {
		return lineMalformed
	}
	if l.format = FormatReceive; l.protocol.sends {
		l.format = FormatSend
	}
	return lineRead
}

// detect finds out the format from a line that isn't a header: logs are cut
// and rotated.
func (l *logReader) detect(line []byte) {
	l.format = FormatUnknown
	if _, ok := parsePostfixLine(line); ok {
		l.format = FormatPostfix
		return
	}
	if line[0] < '0' || line[0] > '9' || !l.protocol.record.split(line) {
		return
	}
	if l.protocol.record.n >= int(columns) && len(l.protocol.get(colEvent)) == 1 {
		l.format = FormatReceive
	}
}
