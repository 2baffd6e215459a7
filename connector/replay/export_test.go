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

// ClientCounts are the counts of clients.
type ClientCounts struct{ s clientCounts }

// NewClientCounts makes room for n clients.
func NewClientCounts(n int) *ClientCounts { return &ClientCounts{clientCounts{room: &n}} }

// Add counts a client.
func (s *ClientCounts) Add(a netip.Addr) { s.s.add(a) }

// Top lists clients.
func (s *ClientCounts) Top(n int) []Client { return s.s.top(n) }

// Exact reports whether no client was replaced.
func (s *ClientCounts) Exact() bool { return s.s.exact() }
