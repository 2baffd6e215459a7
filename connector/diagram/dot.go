package diagram

import (
	"fmt"
	"strings"
)

// dotStyles are the styles of arrows and boxes.
var dotStyles = [...]string{
	pathNone:  `color="#7a7f87"`,
	pathPlain: `color="#7a7f87"`,
	pathLogin: `color="#1f6fd6", penwidth=2`,
	pathOpen:  `color="#d9480f", penwidth=3`,
}

// dotMarks are the outlines of boxes.
var dotMarks = map[Mark]string{
	MarkNew: ", peripheries=2", MarkEnabled: ", peripheries=2", MarkChanged: `, style="rounded,filled,dashed"`,
	MarkRemoved: `, style="rounded,filled,dotted"`, MarkDisabled: `, style="rounded,filled,dotted"`,
}

// DOT returns the drawing for Graphviz.
func (d *Drawing) DOT() string {
	var b strings.Builder
	b.WriteString("digraph policy {\n")
	b.WriteString("  rankdir=LR; labelloc=t; bgcolor=transparent;\n")
	fmt.Fprintf(&b, "  label=%s; fontname=\"Helvetica\"; fontcolor=\"#7a7f87\";\n", dotText(strings.Join(append([]string{d.title}, d.notes...), "\n"), `\n`))
	b.WriteString("  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=11];\n")
	b.WriteString("  edge [arrowsize=0.7];\n")
	for c, column := range d.nodes {
		fmt.Fprintf(&b, "  subgraph column%d { rank=same;\n", c+1)
		for _, n := range column {
			fmt.Fprintf(&b, "    %s [label=%s, %s%s];\n", n.id, dotText(n.text("\n")+"\n", `\l`), dotStyles[n.path], dotMarks[n.mark])
		}
		b.WriteString("  }\n")
	}
	for _, e := range d.edges {
		style := dotStyles[e.path]
		switch {
		case e.mark.gone():
			style = dotStyles[pathPlain] + ", style=dotted, label=" + dotText(e.mark.sign(), "")
		case e.mark != MarkNone:
			style += ", label=" + dotText(e.mark.sign(), "")
		}
		fmt.Fprintf(&b, "  %s -> %s [%s];\n", e.from.id, e.to.id, style)
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes a text; newline ends its lines.
func dotText(s, newline string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", newline).Replace(s)
	return `"` + s + `"`
}
