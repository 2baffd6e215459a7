package analysis

import (
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
)

// askedRange is an element of -remote.
type askedRange struct {
	param.Range
	except bool // its clients aren't asked about
}

func parseAskedRange(s string) (r askedRange, err error) {
	text, except := strings.CutPrefix(s, "!")
	r.except = except
	r.Range, err = param.ParseRange(text)
	return r, err
}

// String returns the text that parseAskedRange parses.
func (r askedRange) String() string {
	if r.except {
		return "!" + r.Range.String()
	}
	return r.Range.String()
}

// setRemote reads the value of -remote.
func (q *Question) setRemote(value string) error {
	all, err := parseList(value, parseAskedRange)
	for _, r := range all {
		if r.except {
			q.Except = append(q.Except, r.Range)
		} else {
			q.Remote = append(q.Remote, r.Range)
		}
	}
	return err
}

// allClients are the addresses of both families.
func allClients() []partition.Span {
	four, six := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	return []partition.Span{{Low: four, High: partition.Last(four)}, {Low: six, High: partition.Last(six)}}
}

// clients returns the clients that are asked about, as partition.Join does.
func (q *Question) clients() []partition.Span {
	asked := allClients()
	if len(q.Remote) > 0 {
		asked = joinRanges(q.Remote)
	}
	return partition.Without(asked, joinRanges(q.Except))
}

// otherClients returns all other clients, as partition.Join does.
func (q *Question) otherClients() []partition.Span {
	return partition.Without(allClients(), q.clients())
}

// joinRanges returns the addresses of ranges, as partition.Join does.
func joinRanges(ranges []param.Range) []partition.Span {
	var spans []partition.Span
	for _, r := range ranges {
		spans = append(spans, partition.Span{Low: r.Low(), High: r.High()})
	}
	return partition.Join(spans)
}
