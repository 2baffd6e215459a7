package replay

import "bytes"

// column is a field of a protocol log (Exchange's topic "Fields in the
// protocol log").
type column int

const (
	colTime column = iota
	colConnector
	colSession
	colSequence
	colLocal
	colRemote
	colEvent
	colData
	colContext
	columns
)

// columnNames are the names in #Fields, in the order of a log without that line.
var columnNames = [columns]string{
	"date-time", "connector-id", "session-id", "sequence-number",
	"local-endpoint", "remote-endpoint", "event", "data", "context",
}

// maxFields is the number of fields of a line that are read; a log has nine.
const maxFields = 32

// header holds the positions of the columns. Its zero value isn't usable.
type header struct {
	at    [columns]int // -1: not there
	width int          // fields that a line must have at least
}

// defaultHeader is the header of a log that begins without one.
func defaultHeader() header {
	h := header{width: int(columns)}
	for c := range h.at {
		h.at[c] = c
	}
	return h
}

// parseHeader reads the list of names that follows "#Fields:". It is false if
// a column is missing that sessions can't be rebuilt without.
func parseHeader(list []byte) (header, bool) {
	h := header{}
	for c := range h.at {
		h.at[c] = -1
	}
	for i, name := range bytes.Split(list, []byte(",")) {
		for c, want := range columnNames {
			if string(bytes.ToLower(bytes.TrimSpace(name))) == want && i < maxFields {
				h.at[c], h.width = i, max(h.width, i+1)
			}
		}
	}
	for _, c := range []column{colSession, colLocal, colRemote, colEvent, colData} {
		if h.at[c] < 0 {
			return h, false
		}
	}
	return h, true
}

// record is one line of a protocol log, taken apart.
type record struct {
	fields  [maxFields][]byte
	n       int
	scratch []byte // quoted fields without their quotes
}

// split splits a line into fields (RFC 4180). It returns false if a quote isn't
// closed or has text after it. The fields are valid as long as line is, and until
// the next split.
func (r *record) split(line []byte) bool {
	r.n, r.scratch = 0, r.scratch[:0]
	if cap(r.scratch) < len(line) {
		r.scratch = make([]byte, 0, max(len(line), 1<<10)) // so that fields never move
	}
	for r.n < maxFields {
		var field []byte
		var ok, more bool
		if len(line) > 0 && line[0] == '"' {
			field, line, ok = r.quoted(line[1:])
			if !ok {
				return false
			}
			if more = len(line) > 0; more {
				line = line[1:]
			}
		} else if i := bytes.IndexByte(line, ','); i >= 0 {
			field, line, more = line[:i], line[i+1:], true
		} else {
			field, line = line, nil
		}
		r.fields[r.n] = field
		r.n++
		if !more {
			return true
		}
	}
	return true // further fields are unknown
}

// quoted reads a field after its opening quote. rest begins with the comma
// after it.
func (r *record) quoted(in []byte) (field, rest []byte, ok bool) {
	start := len(r.scratch)
	for {
		i := bytes.IndexByte(in, '"')
		if i < 0 {
			return nil, nil, false
		}
		if start == len(r.scratch) && (i+1 == len(in) || in[i+1] == ',') {
			return in[:i], in[i+1:], true // nothing to unquote
		}
		r.scratch = append(r.scratch, in[:i]...)
		in = in[i+1:]
		switch {
		case len(in) == 0 || in[0] == ',':
			return r.scratch[start:], in, true
		case in[0] != '"':
			return nil, nil, false
		}
		r.scratch = append(r.scratch, '"')
		in = in[1:]
	}
}

// get returns a field; empty if the log doesn't have it.
func (r *record) get(h *header, c column) []byte {
	if i := h.at[c]; i >= 0 && i < r.n {
		return r.fields[i]
	}
	return nil
}
