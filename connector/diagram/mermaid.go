package diagram

import (
	"fmt"
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
		if e.path > pathPlain {
			arrow = "==>"
			styled[e.path] = append(styled[e.path], fmt.Sprint(i))
		}
		fmt.Fprintf(&b, "  %s %s %s\n", e.from.id, arrow, e.to.id)
	}
	for _, s := range []struct {
		path  path
		style string
	}{
		{pathLogin, "stroke:#1f6fd6,stroke-width:2px"},
		{pathOpen, "stroke:#d9480f,stroke-width:3px"},
	} {
		if len(styled[s.path]) > 0 {
			fmt.Fprintf(&b, "  linkStyle %s %s\n", strings.Join(styled[s.path], ","), s.style)
		}
		for _, n := range d.all() {
			if n.path == s.path {
				fmt.Fprintf(&b, "  style %s %s\n", n.id, s.style)
			}
		}
	}
	return b.String()
}

// mermaid returns the whole text of a box.
func (n *node) mermaid() string {
	var all []string
	if n.name != "" {
		all = append(all, "<b>"+mermaidText(n.name)+"</b>")
	}
	for _, l := range n.lines {
		all = append(all, mermaidText(l.text))
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
