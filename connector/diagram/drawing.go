package diagram

import (
	"fmt"
	"slices"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Options bound a drawing. Zero fields mean the defaults.
type Options struct {
	MaxConnectors int // boxes for Receive and for Send connectors, each; 24
	MaxLines      int // ranges, domains, address spaces or names listed in a box; 6

	// Stamp follows the server in the title: which policy is drawn, and when. "": nothing does.
	Stamp string
}

func (o Options) withDefaults() Options {
	if o.MaxConnectors <= 0 {
		o.MaxConnectors = 24
	}
	if o.MaxLines <= 0 {
		o.MaxLines = 6
	}
	return o
}

// Drawing is the picture of a policy. It is immutable and safe for concurrent
// use.
type Drawing struct {
	title string
	notes []string
	nodes [columns][]*node
	edges []edge
}

// The columns, from left to right.
const (
	colSources = iota
	colReceive
	colMail
	colSend
	colHops
	columns
)

// headings are the headings of the columns.
var headings = [columns]string{"Who connects", "Receive connectors", "Mail for", "Send connectors", "Next hops"}

// node is a box.
type node struct {
	id    string
	name  string // "": none
	lines []line
	path  path // the boldest path through it
}

// line is a line of text in a box.
type line struct {
	text string
	path path // its style
	mute bool // less important
}

// edge is an arrow.
type edge struct {
	from, to *node
	path     path
}

// path is how much an arrow stands out.
type path uint8

const (
	pathNone  path = iota // no mail
	pathPlain             // mail for accepted domains
	pathLogin             // relaying after a login
	pathOpen              // relaying without a login
)

// New draws a policy.
func New(p *connector.Policy, opts Options) *Drawing {
	opts = opts.withDefaults()
	d := &Drawing{title: "Mail through " + serverName(p)}
	if opts.Stamp != "" {
		d.title += ", " + opts.Stamp
	}
	in := receiveBoxes(p, opts)
	out := sendBoxes(p, opts)
	d.count(p)

	own := &node{id: "own", name: "Accepted domains"}
	other := &node{id: "other", name: "All other domains"}
	own.lines = acceptedLines(p, opts.MaxLines)
	for i, b := range in {
		sources := &node{id: fmt.Sprintf("from%d", i+1), lines: slices.Concat(b.sources, b.at), path: b.boldest()}
		box := &node{id: fmt.Sprintf("receive%d", i+1), name: b.name, lines: b.lines, path: b.boldest()}
		d.add(colSources, sources)
		d.add(colReceive, box)
		d.join(sources, box, b.boldest())
		d.join(box, own, b.own)
		d.join(box, other, b.other)
	}
	if other.lines = []line{{text: "relaying", mute: true}}; other.path == pathNone {
		other.lines[0].text = "no client may relay"
	}
	d.add(colMail, own)
	d.add(colMail, other)
	for i, b := range out {
		box := &node{id: fmt.Sprintf("send%d", i+1), name: b.name, lines: b.lines}
		hop := &node{id: fmt.Sprintf("hop%d", i+1), lines: b.hops}
		d.add(colSend, box)
		d.add(colHops, hop)
		if b.own {
			d.join(own, box, max(own.path, pathPlain))
		}
		if b.other {
			d.join(other, box, max(other.path, pathPlain))
		}
		d.join(box, hop, max(box.path, pathPlain))
	}
	return d
}

func (d *Drawing) add(column int, n *node) { d.nodes[column] = append(d.nodes[column], n) }

// join draws an arrow, unless p is pathNone. A box is as bold as its boldest
// incoming arrow.
func (d *Drawing) join(from, to *node, p path) {
	if p == pathNone {
		return
	}
	d.edges = append(d.edges, edge{from, to, p})
	to.path = max(to.path, p)
}

// count notes what the drawing leaves out.
func (d *Drawing) count(p *connector.Policy) {
	receive, send := 0, 0
	for in := range p.Receive() {
		if !in.Settings().Enabled.Or(true) {
			receive++
		}
	}
	for out := range p.Send() {
		if !out.Settings().Enabled.Or(true) {
			send++
		}
	}
	if receive > 0 {
		d.notes = append(d.notes, number(receive, "disabled Receive connector")+" not drawn")
	}
	if send > 0 {
		d.notes = append(d.notes, number(send, "disabled Send connector")+" not drawn")
	}
}

// serverName returns the name of this server in its greeting.
func serverName(p *connector.Policy) string {
	cfg := p.Config()
	if cfg.Server != "" {
		return cfg.Server
	}
	if len(cfg.Servers) > 0 {
		return cfg.Servers[0].Name
	}
	return "localhost"
}

// acceptedLines lists the accepted domains.
func acceptedLines(p *connector.Policy, most int) []line {
	var lines []line
	for _, a := range p.Config().Accepted {
		text := a.DomainName
		if a.DomainType != routing.Authoritative && a.DomainType != 0 {
			text += " (" + a.DomainType.String() + ")"
		}
		if a.MatchSubDomains {
			text += " and below"
		}
		lines = append(lines, line{text: text})
	}
	if len(lines) == 0 {
		return []line{{text: "none", mute: true}}
	}
	return atMost(lines, most, "more")
}

// atMost cuts a list and adds a line with the number of lines left out.
func atMost(lines []line, most int, what string) []line {
	if len(lines) <= most {
		return lines
	}
	left := len(lines) - most + 1
	return append(lines[:most-1:most-1], line{text: fmt.Sprintf("and %d %s", left, what), mute: true})
}

// andMore returns the line of a box for n connectors that names only one.
func andMore(n int) line { return line{text: "and " + number(n-1, "more connector"), mute: true} }

// number prints n things.
func number(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
