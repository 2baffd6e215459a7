package diagram

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Measures of the drawing in pixels.
const (
	margin     = 24.0
	fontSize   = 13.0
	lineHeight = 18.0
	padding    = 10.0
	rowGap     = 18.0
	columnGap  = 64.0
	minWidth   = 110.0
	maxWidth   = 320.0 // of a box; longer lines are cut
	headHeight = 66.0  // title and headings
)

// style holds the colours, for light and for dark pages. The drawing has its own
// background, so that it can be read on either.
const style = `<style>
  .ground { fill: #ffffff; }
  text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px; fill: #24292f; }
  .title { font-size: 17px; font-weight: 600; }
  .head { font-size: 12px; fill: #6a737d; }
  .name { font-weight: 600; }
  .mute { fill: #6a737d; }
  .box { fill: #f6f8fa; stroke: #b4bac2; }
  .wire { fill: none; stroke: #9aa1aa; stroke-width: 1.3; }
  .tip { fill: #9aa1aa; }
  .login.box, .login.wire { stroke: #1f6fd6; stroke-width: 2; }
  .login.tip, text.login { fill: #1f6fd6; }
  .open.box, .open.wire { stroke: #d9480f; stroke-width: 3; }
  .open.tip, text.open { fill: #d9480f; }
  text.login, text.open { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; }
    text { fill: #e6edf3; }
    .head, .mute { fill: #9198a1; }
    .box { fill: #161b22; stroke: #4b535d; }
    .wire { stroke: #6e7681; }
    .tip { fill: #6e7681; }
    .login.box, .login.wire { stroke: #4493f8; }
    .login.tip, text.login { fill: #4493f8; }
    .open.box, .open.wire { stroke: #ff7b3d; }
    .open.tip, text.open { fill: #ff7b3d; }
  }
</style>
`

// classes name the paths in style.
var classes = [...]string{pathNone: "", pathPlain: "", pathLogin: " login", pathOpen: " open"}

// box is a node with its place.
type box struct {
	*node
	x, y, width, height float64
}

// picture is a Drawing being laid out.
type picture struct {
	*Drawing
	boxes         [columns][]*box
	of            map[*node]*box
	width, height float64
}

// SVG returns the drawing as a picture that needs no other file. Its size follows
// from its contents; widths of texts are estimated.
func (d *Drawing) SVG() string {
	p := &picture{Drawing: d, of: map[*node]*box{}}
	p.layOut()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img">`+"\n",
		px(p.width), px(p.height), px(p.width), px(p.height))
	fmt.Fprintf(&b, "<title>%s</title>\n%s", svgText(d.title), style)
	fmt.Fprintf(&b, `<rect class="ground" width="%s" height="%s" rx="8"/>`+"\n", px(p.width), px(p.height))
	text(&b, "title", margin, margin+14, d.title)
	for c, column := range p.boxes {
		if len(column) > 0 {
			text(&b, "head", column[0].x, headHeight-4, headings[c])
		}
	}
	p.wires(&b)
	for _, column := range p.boxes {
		for _, x := range column {
			x.draw(&b)
		}
	}
	p.legend(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

// layOut places the boxes: clients next to their Receive connectors, next hops next to
// their Send connectors, and each column centred on the highest one.
func (p *picture) layOut() {
	x := margin
	for c, nodes := range p.nodes {
		width := minWidth
		for _, n := range nodes {
			width = max(width, n.width())
		}
		width = min(width, maxWidth)
		for _, n := range nodes {
			b := &box{node: n, x: x, width: width, height: n.height()}
			p.boxes[c] = append(p.boxes[c], b)
			p.of[n] = b
		}
		x += width + columnGap
	}
	p.width = x - columnGap + margin
	highest := 0.0
	for _, group := range [][]int{{colSources, colReceive}, {colMail}, {colSend, colHops}} {
		highest = max(highest, p.stack(group))
	}
	for _, group := range [][]int{{colSources, colReceive}, {colMail}, {colSend, colHops}} {
		p.shift(group, headHeight+10+(highest-p.stack(group))/2)
	}
	p.height = headHeight + 10 + highest + 34 + 18*float64(len(p.notes)) + margin
	legendWidth := margin
	for _, l := range legend {
		legendWidth += 44 + textWidth(l.text) + 28
	}
	p.width = max(p.width, legendWidth, margin*2+textWidth(p.title)*17/fontSize)
}

// stack sets the boxes of columns that go side by side one below the other,
// each row as high as its highest, and returns the height of all.
func (p *picture) stack(group []int) float64 {
	y := 0.0
	for row := range p.boxes[group[0]] {
		height := 0.0
		for _, c := range group {
			height = max(height, p.boxes[c][row].height)
		}
		for _, c := range group {
			b := p.boxes[c][row]
			b.y = y + (height-b.height)/2
		}
		y += height + rowGap
	}
	return max(0, y-rowGap)
}

func (p *picture) shift(group []int, dy float64) {
	for _, c := range group {
		for _, b := range p.boxes[c] {
			b.y += dy
		}
	}
}

// width returns the width of a box for all of its text.
func (n *node) width() float64 {
	width := textWidth(n.name) * 1.08 // bold
	for _, l := range n.lines {
		w := textWidth(l.text)
		if l.path != pathNone {
			w *= 1.08
		}
		width = max(width, w)
	}
	return width + 2*padding
}

func (n *node) height() float64 {
	lines := len(n.lines)
	if n.name != "" {
		lines++
	}
	return float64(lines)*lineHeight + 2*padding - 4
}

func (b *box) draw(w *strings.Builder) {
	fmt.Fprintf(w, "<g><title>%s</title>\n", svgText(b.text("\n")))
	fmt.Fprintf(w, `<rect class="box%s" x="%s" y="%s" width="%s" height="%s" rx="6"/>`+"\n",
		classes[b.path], px(b.x), px(b.y), px(b.width), px(b.height))
	y := b.y + padding + fontSize - 3
	room := b.width - 2*padding
	if b.name != "" {
		text(w, "name", b.x+padding, y, fit(b.name, room/1.08))
		y += lineHeight
	}
	for _, l := range b.lines {
		class := strings.TrimSpace(classes[l.path])
		if l.mute {
			class = "mute"
		}
		if l.path != pathNone {
			text(w, class, b.x+padding, y, fit(l.text, room/1.08))
		} else {
			text(w, class, b.x+padding, y, fit(l.text, room))
		}
		y += lineHeight
	}
	w.WriteString("</g>\n")
}

// wires draws the arrows, the boldest last. Where several meet a box they
// spread over its side, in the order of their other ends, so that they cross
// as little as can be.
func (p *picture) wires(w *strings.Builder) {
	type end struct{ from, to float64 }
	ends := make([]end, len(p.edges))
	for _, b := range p.of {
		var in, out []int
		for i, e := range p.edges {
			if e.to == b.node {
				in = append(in, i)
			}
			if e.from == b.node {
				out = append(out, i)
			}
		}
		slices.SortStableFunc(in, func(i, j int) int { return byHeight(p.of[p.edges[i].from], p.of[p.edges[j].from]) })
		slices.SortStableFunc(out, func(i, j int) int { return byHeight(p.of[p.edges[i].to], p.of[p.edges[j].to]) })
		for k, i := range in {
			ends[i].to = b.port(k, len(in))
		}
		for k, i := range out {
			ends[i].from = b.port(k, len(out))
		}
	}
	for bold := pathPlain; bold <= pathOpen; bold++ {
		for i, e := range p.edges {
			if e.path == bold {
				from, to := p.of[e.from], p.of[e.to]
				wire(w, classes[e.path], from.x+from.width, ends[i].from, to.x, ends[i].to)
			}
		}
	}
}

func byHeight(a, b *box) int {
	switch {
	case a.y < b.y:
		return -1
	case a.y > b.y:
		return +1
	}
	return 0
}

// port is the height at which the k-th of n arrows meets the box.
func (b *box) port(k, n int) float64 {
	return b.y + b.height*(float64(k)+1)/(float64(n)+1)
}

// wire draws one arrow.
func wire(w *strings.Builder, class string, x1, y1, x2, y2 float64) {
	const tip = 8
	end := x2 - tip
	bend := (end - x1) / 2
	fmt.Fprintf(w, `<path class="wire%s" d="M%s %s C%s %s %s %s %s %s"/>`+"\n", class,
		px(x1), px(y1), px(x1+bend), px(y1), px(end-bend), px(y2), px(end), px(y2))
	fmt.Fprintf(w, `<path class="tip%s" d="M%s %s L%s %s L%s %s Z"/>`+"\n", class,
		px(x2-1), px(y2), px(end-1), px(y2-4.5), px(end-1), px(y2+4.5))
}

// legend explains the arrows that occur, and lists the notes on omitted parts.
func (p *picture) legend(w *strings.Builder) {
	x, y := margin, p.height-margin-18*float64(len(p.notes))
	for _, l := range legend {
		if !slices.ContainsFunc(p.edges, func(e edge) bool { return e.path == l.path }) {
			continue
		}
		wire(w, classes[l.path], x, y-4, x+36, y-4)
		text(w, "head", x+44, y, l.text)
		x += 44 + textWidth(l.text) + 28
	}
	for i, note := range p.notes {
		text(w, "head", margin, y+18*float64(i+1), note)
	}
}

func text(w *strings.Builder, class string, x, y float64, s string) {
	if class != "" {
		class = fmt.Sprintf(` class="%s"`, class)
	}
	fmt.Fprintf(w, `<text%s x="%s" y="%s">%s</text>`+"\n", class, px(x), px(y), svgText(s))
}

// svgText escapes text for XML.
func svgText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(cleanLines(s))
}

func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = clean(l)
	}
	return strings.Join(lines, "\n")
}

// px prints a number of pixels, to a tenth.
func px(v float64) string { return fmt.Sprint(math.Round(v*10) / 10) }

// textWidth estimates the width of a text in the fonts of style, rather too
// wide than too narrow.
func textWidth(s string) float64 {
	em := 0.0
	for _, c := range s {
		switch {
		case strings.ContainsRune("iljI.,:;|!' ()[]/", c):
			em += 0.32
		case strings.ContainsRune("mwMW@%", c):
			em += 0.92
		case c >= 'A' && c <= 'Z':
			em += 0.68
		case c >= 0x1100: // East Asian and symbols
			em++
		default:
			em += 0.56
		}
	}
	return em * fontSize
}

// fit cuts a text to a width.
func fit(s string, width float64) string {
	if textWidth(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && textWidth(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
