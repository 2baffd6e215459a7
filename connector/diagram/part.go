package diagram

import (
	"fmt"
	"slices"
)

// part is a connector with its clients or its next hops, or several connectors that share a box.
type part struct {
	name     string
	names    int  // the number of connectors
	enabled  bool // a part that isn't is not drawn
	lines    []line
	outer    []line // ranges of clients, or next hops
	at       []line // bindings
	own      flow   // mail for accepted domains
	other    flow   // mail for other domains
	mark     Mark
	settings any // a pointer to the connector's parameters
}

// flow is the mail between a connector and a group of domains.
type flow struct {
	path path // pathNone: there is no mail
	mark Mark
}

// now returns the path of f; pathNone if only the policy before has it.
func (f flow) now() path {
	if f.mark.gone() {
		return pathNone
	}
	return f.path
}

// boldest returns the boldest path through p.
func (p *part) boldest() path { return max(p.own.now(), p.other.now()) }

// meets reports whether mail goes from one of p and q to the other.
func (p *part) meets(q *part) bool {
	return p.own.path != pathNone && q.own.path != pathNone || p.other.path != pathNone && q.other.path != pathNone
}

// join adds a part to p; its lists are the caller's.
func (p *part) join(other *part) {
	p.names += other.names
	p.own, p.other = p.own.with(other.own), p.other.with(other.other)
	if p.mark != other.mark {
		p.mark = MarkChanged
	}
}

// with returns the flows f and g together.
func (f flow) with(g flow) flow {
	switch {
	case g.path == pathNone:
		return f
	case f.path == pathNone:
		return g
	case f.mark != g.mark:
		f.mark = MarkChanged
	}
	f.path = max(f.path, g.path)
	return f
}

// limitReceive joins and cuts Receive connectors to the bounds of o.
func limitReceive(parts []*part, o Options) []*part {
	if len(parts) > o.MaxConnectors {
		parts = mergeReceive(parts, o.MaxConnectors)
	}
	for _, p := range parts {
		p.outer = atMost(p.outer, o.MaxLines, "more ranges")
		p.at = atMost(p.at, o.MaxLines, "more bindings")
		p.sayNames()
	}
	return parts
}

// limitSend joins and cuts Send connectors to the bounds of o.
func limitSend(parts []*part, o Options) []*part {
	if len(parts) > o.MaxConnectors {
		parts = mergeSend(parts, o.MaxConnectors)
	}
	for _, p := range parts {
		p.lines = atMost(p.lines, o.MaxLines, "more address spaces")
		p.outer = atMost(p.outer, o.MaxLines, "more")
		p.sayNames()
	}
	return parts
}

// sayNames adds a line with the number of connectors that the box doesn't name.
func (p *part) sayNames() {
	if p.names > 1 {
		p.lines = slices.Insert(slices.Clone(p.lines), 0, line{text: "and " + number(p.names-1, "more connector"), mute: true})
	}
}

// joinAlike joins the parts with equal keys by join.
func joinAlike(parts []*part, key func(*part) string, join func(to, p *part)) (joined []*part) {
	by := map[string]*part{}
	for _, p := range parts {
		k := key(p)
		if first := by[k]; first != nil {
			join(first, p)
			continue
		}
		by[k] = p
		joined = append(joined, p)
	}
	return joined
}

// joinRest joins the last parts by join, so that most remain.
func joinRest(parts []*part, most int, join func(to, p *part)) []*part {
	for _, p := range parts[most:] {
		join(parts[most-1], p)
	}
	return parts[:most]
}

// texts returns lines as one text, for comparing.
func texts(lines []line) string {
	text := ""
	for _, l := range lines {
		text += l.shown() + "\n"
	}
	return text
}

// atMost cuts a list and adds a line with the number of lines left out. Marked lines come first then.
func atMost(lines []line, most int, what string) []line {
	if len(lines) <= most {
		return lines
	}
	left := len(lines) - most + 1
	return append(markedFirst(lines, func(l line) Mark { return l.mark })[:most-1], line{text: fmt.Sprintf("and %d %s", left, what), mute: true})
}

// markedFirst returns a copy of list with the marked elements at its beginning.
func markedFirst[E any](list []E, mark func(E) Mark) []E {
	first := func(e E) int {
		if mark(e) == MarkNone {
			return 1
		}
		return 0
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b E) int { return first(a) - first(b) })
	return list
}
