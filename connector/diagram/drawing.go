package diagram

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/routing"
)

// Options say what a drawing shows. Zero fields mean the defaults.
type Options struct {
	MaxConnectors int // boxes for Receive and for Send connectors, each; 24
	MaxLines      int // ranges, domains, address spaces or names listed in a box; 6

	// Stamp follows the server in the title: which policy is drawn, and when. "": nothing does.
	Stamp string

	// Before is the policy that the drawn one replaces: new, changed and removed connectors, lines and
	// arrows are marked. Nil: nothing is.
	Before *connector.Policy

	// Only names the connectors that are drawn, in any letter case. If it names only Receive connectors, the Send
	// connectors are drawn by which their mail leaves; if it names only Send connectors, the Receive connectors
	// whose mail leaves by them. Empty: all are drawn.
	Only []string
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

	receives, sends int // the connectors that are drawn
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
	at    int  // of lines, where the bindings begin; of clients only
	path  path // the boldest path through it
	mark  Mark
}

// line is a line of text in a box.
type line struct {
	text string
	path path // its style
	mute bool // less important
	mark Mark
}

// edge is an arrow.
type edge struct {
	from, to *node
	path     path
	mark     Mark
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
	in, out := receiveParts(p), sendParts(p)
	own := &node{id: "own", name: "Accepted domains", lines: acceptedLines(p)}
	if opts.Before != nil {
		in = compareParts(receiveParts(opts.Before), in)
		out = compareParts(sendParts(opts.Before), out)
		sortSend(out)
		if own.lines = compareLines(acceptedLines(opts.Before), own.lines); marked(own.lines) {
			own.mark = MarkChanged
		}
	}
	in, out = d.choose(in, out, opts.Only)
	own.lines = atMost(own.lines, opts.MaxLines, "more")
	other := &node{id: "other", name: "All other domains"}
	in = limitReceive(in, opts)
	d.receive(in, own, other)
	other.lines = relayLines(other.path != pathNone)
	if opts.Before != nil {
		if other.lines = compareLines(relayLines(slices.ContainsFunc(in, (*part).relayed)), other.lines); marked(other.lines) {
			other.mark = MarkChanged
		}
	}
	d.add(colMail, own)
	d.add(colMail, other)
	d.send(limitSend(out, opts), own, other)
	return d
}

// relayLines says whether clients may relay.
func relayLines(may bool) []line {
	if may {
		return []line{{text: "relaying", mute: true}}
	}
	return []line{{text: "no client may relay", mute: true}}
}

// receive draws the Receive connectors and their clients.
func (d *Drawing) receive(parts []*part, own, other *node) {
	for i, p := range parts {
		d.receives += p.names
		clients := &node{id: fmt.Sprintf("from%d", i+1), lines: slices.Concat(p.outer, p.at), at: len(p.outer), path: p.boldest(), mark: p.mark}
		if p.mark == MarkChanged && !marked(clients.lines) {
			clients.mark = MarkNone
		}
		box := &node{id: fmt.Sprintf("receive%d", i+1), name: p.name, lines: p.lines, path: p.boldest(), mark: p.mark}
		d.add(colSources, clients)
		d.add(colReceive, box)
		d.join(clients, box, flow{p.around(), p.mark.ofEdge()})
		d.join(box, own, p.own)
		d.join(box, other, p.other)
	}
}

// send draws the Send connectors and their next hops.
func (d *Drawing) send(parts []*part, own, other *node) {
	for i, p := range parts {
		d.sends += p.names
		box := &node{id: fmt.Sprintf("send%d", i+1), name: p.name, lines: p.lines, mark: p.mark}
		hops := &node{id: fmt.Sprintf("hop%d", i+1), lines: p.outer, mark: p.mark}
		if p.mark == MarkChanged && !marked(hops.lines) {
			hops.mark = MarkNone
		}
		d.add(colSend, box)
		d.add(colHops, hops)
		for _, from := range []struct {
			node *node
			flow
		}{{own, p.own}, {other, p.other}} {
			if from.path != pathNone {
				d.join(from.node, box, flow{max(from.node.path, pathPlain), from.mark})
			}
		}
		d.join(box, hops, flow{max(box.path, pathPlain), p.mark.ofEdge()})
	}
}

func (d *Drawing) add(column int, n *node) { d.nodes[column] = append(d.nodes[column], n) }

// join draws an arrow, unless there is no mail. A box is as bold as its boldest
// incoming arrow.
func (d *Drawing) join(from, to *node, f flow) {
	if f.path == pathNone {
		return
	}
	d.edges = append(d.edges, edge{from, to, f.path, f.mark})
	to.path = max(to.path, f.now())
}

// choose returns the connectors that are drawn, and notes the others: disabled connectors, and
// those that only leaves out.
func (d *Drawing) choose(in, out []*part, only []string) (_, _ []*part) {
	named := func(parts []*part) (chosen []*part) {
		for _, p := range parts {
			if slices.ContainsFunc(only, func(name string) bool { return strings.EqualFold(name, p.name) }) {
				chosen = append(chosen, p)
			}
		}
		return chosen
	}
	meeting := func(parts, others []*part) (chosen []*part) {
		for _, p := range parts {
			if slices.ContainsFunc(others, p.meets) {
				chosen = append(chosen, p)
			}
		}
		return chosen
	}
	in, out = d.enabled(in, "Receive"), d.enabled(out, "Send")
	if len(only) == 0 {
		return in, out
	}
	ins, outs := named(in), named(out)
	switch {
	case len(outs) == 0:
		outs = meeting(out, ins)
	case len(ins) == 0:
		ins = meeting(in, outs)
	}
	d.note(len(in)-len(ins), "other Receive connector")
	d.note(len(out)-len(outs), "other Send connector")
	return ins, outs
}

// enabled returns the parts that aren't disabled, and notes the others.
func (d *Drawing) enabled(parts []*part, kind string) (enabled []*part) {
	for _, p := range parts {
		if p.enabled {
			enabled = append(enabled, p)
		}
	}
	d.note(len(parts)-len(enabled), "disabled "+kind+" connector")
	return enabled
}

// note notes n things that aren't drawn.
func (d *Drawing) note(n int, thing string) {
	if n > 0 {
		d.notes = append(d.notes, number(n, thing)+" not drawn")
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
func acceptedLines(p *connector.Policy) []line {
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
	return lines
}

// number prints n things.
func number(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
