package replay

import (
	"io"
	"net/netip"
)

// Decode gives tests the text of a log.
var Decode = decode

// Split takes a line of a protocol log apart.
func Split(line []byte) ([]string, bool) {
	var r record
	ok := r.split(line)
	var fields []string
	for _, f := range r.fields[:r.n] {
		fields = append(fields, string(f))
	}
	return fields, ok
}

// Lines reads all lines; long ones are "...".
func Lines(in io.Reader) (all []string, err error) {
	l := newLines(in)
	for {
		line, long, err := l.next()
		if err != nil {
			return all, err
		}
		if long {
			line = []byte("...")
		}
		all = append(all, string(line))
	}
}

// Sources are the counts of clients.
type Sources struct{ s sources }

// NewSources makes room for n clients.
func NewSources(n int) *Sources { return &Sources{sources{room: &n}} }

// Add counts a client.
func (s *Sources) Add(a netip.Addr) { s.s.add(a) }

// Top lists clients.
func (s *Sources) Top(n int) []Source { return s.s.top(n) }

// Exact reports whether no client was replaced.
func (s *Sources) Exact() bool { return s.s.exact() }
