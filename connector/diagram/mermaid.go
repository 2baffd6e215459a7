package diagram

import (
	"fmt"
	"io"
	"strings"
)

// Mermaid returns the drawing as a Mermaid flowchart, for a code block in Markdown.
func (d *Drawing) Mermaid() string {
	var b strings.Builder
	fmt.Fprintf(&b, "flowchart LR\n")
	fmt.Fprintf(&b, "  %%%% %s\n", mermaidText(d.title))
	for _, note := range d.notes {
		fmt.Fprintf(&b, "  %%%% %s\n", mermaidText(note))
	}
	for c, column := range d.nodes {
		fmt.Fprintf(&b, "  subgraph column%d[\"%s\"]\n", c+1, headings[c])
		for _, n := range column {
			fmt.Fprintf(&b, "    %s[\"%s\"]\n", n.id, n.mermaid())
		}
		b.WriteString("  end\n")
	}
	styled := map[path][]string{}
	for i, e := range d.edges {
		arrow := "-->"
		switch {
		case e.mark.gone():
			arrow = "-.->"
		case e.path > pathPlain:
			arrow = "==>"
			styled[e.path] = append(styled[e.path], fmt.Sprint(i))
		}
		if e.mark != MarkNone {
			arrow += "|" + e.mark.String() + "|"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", e.from.id, arrow, e.to.id)
	}
	d.mermaidStyles(&b, styled)
	return b.String()
}

// mermaidStyles writes the colours of the arrows and boxes, and the outlines of boxes with marks.
func (d *Drawing) mermaidStyles(w io.Writer, arrows map[path][]string) {
	for _, s := range []struct {
		path  path
		style string
	}{
		{pathLogin, "stroke:#1f6fd6,stroke-width:2px"},
		{pathOpen, "stroke:#d9480f,stroke-width:3px"},
	} {
		if len(arrows[s.path]) > 0 {
			fmt.Fprintf(w, "  linkStyle %s %s\n", strings.Join(arrows[s.path], ","), s.style)
		}
		for _, n := range d.all() {
			if n.path == s.path {
				fmt.Fprintf(w, "  style %s %s\n", n.id, s.style)
			}
		}
	}
	for _, n := range d.all() {
		switch {
		case n.mark.gone():
			fmt.Fprintf(w, "  style %s stroke-dasharray:2 3\n", n.id)
		case n.mark == MarkChanged:
			fmt.Fprintf(w, "  style %s stroke-dasharray:9 3\n", n.id)
		}
	}
}

// mermaid returns the whole text of a box.
func (n *node) mermaid() string {
	var all []string
	if n.mark != MarkNone {
		all = append(all, "<i>"+mermaidText(n.mark.String())+"</i>")
	}
	if n.name != "" {
		all = append(all, "<b>"+mermaidText(n.name)+"</b>")
	}
	for _, l := range n.lines {
		all = append(all, mermaidText(l.shown()))
	}
	return strings.Join(all, "<br/>")
}

// mermaidText escapes the characters that have a meaning in Mermaid, HTML or
// Markdown.
func mermaidText(s string) string {
	var b strings.Builder
	for _, c := range clean(s) {
		if c > 0x7f || c == ' ' || c == '.' || c == ',' || c == '-' || c == ':' || c == '(' || c == ')' ||
			c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteRune(c)
			continue
		}
		fmt.Fprintf(&b, "#%d;", c)
	}
	return b.String()
}
