package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/interchange-smtp/interchange/connector/source"
)

// ErrUnknownFormat is the error of Read for a log without any line of a known
// kind. Known logs that can't be judged aren't an error: Report.Files names them.
var ErrUnknownFormat = errors.New("neither a protocol log nor a mail log of Postfix")

// Read reads one log, which the report calls name. It recognises the kind of log. It
// counts malformed lines and continues; the error comes from in, or is
// ErrUnknownFormat.
func (r *Replay) Read(name string, in io.Reader) error {
	r.files = append(r.files, File{Name: name})
	f := &r.files[len(r.files)-1]
	text, err := decode(in)
	if err != nil {
		return source.FileError(name, err)
	}
	l := newLines(text)
	log := logReader{replay: r, format: FormatUnknown, protocol: protocolLog{replay: r, header: defaultHeader()}}
	for {
		line, long, err := l.next()
		if err != nil {
			f.Format, f.Type = log.format, log.typ
			switch {
			case !errors.Is(err, io.EOF):
				return source.FileError(fmt.Sprintf("%s:%d", name, f.Lines+1), err)
			case log.format == FormatUnknown && f.Malformed > 0:
				return fmt.Errorf("%s: %w", name, ErrUnknownFormat)
			case log.format == FormatUnknown:
				f.Format = FormatEmpty
			}
			return nil
		}
		f.Lines++
		r.report.Lines++
		switch taken := log.line(line, long); taken {
		case lineOther:
			r.report.Other++
		case lineMalformed:
			f.Malformed++
			r.malformed(line, long)
		}
	}
}

// malformed counts a line, and lists the first ones.
func (r *Replay) malformed(line []byte, long bool) {
	r.report.Malformed++
	if len(r.report.Problems) >= r.opts.MaxProblems {
		return
	}
	p := Problem{Position: r.here(), Text: printable(string(line[:min(len(line), 1<<10)]))}
	if long {
		p.Text = fmt.Sprintf("a line of more than %d bytes", maxLine)
	}
	r.report.Problems = append(r.report.Problems, p)
}

// logReader recognises the kind of a log and reads it.
type logReader struct {
	replay   *Replay
	format   Format
	typ      string // of FormatOther: what its head says
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
		value = bytes.TrimSpace(value)
		if foreign, is = foreignType(value); foreign == FormatOther && is {
			l.typ = printable(string(value[:min(len(value), 100)]))
		}
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
	if isIIS(line) {
		l.format = FormatIIS
		return
	}
	if line[0] < '0' || line[0] > '9' || !l.protocol.record.split(line) {
		return
	}
	if l.protocol.record.n >= int(columns) && len(l.protocol.get(colEvent)) == 1 {
		l.format = FormatReceive
	}
}
