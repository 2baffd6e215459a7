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
	bold       = 1.15  // how much wider bold text is
)

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
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-labelledby="title desc" fill="#24292f" font-family="%s" font-size="%s">`+"\n",
		px(p.width), px(p.height), px(p.width), px(p.height), fonts, px(fontSize))
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n%s", svgText(d.title), svgText(d.summary()), darkStyle)
	fmt.Fprintf(&b, `<rect%s width="%s" height="%s" rx="8"/>`+"\n", look("ground"), px(p.width), px(p.height))
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
	p.height = headHeight + 10 + highest + 34 + lineHeight*float64(len(p.notes)) + margin
	if p.marks() != nil {
		p.height += lineHeight + 6
	}
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
	width := textWidth(n.name) * bold
	if n.mark != MarkNone {
		width = max(width, textWidth(n.mark.String())*bold)
	}
	for _, l := range n.lines {
		w := textWidth(l.shown())
		if l.path != pathNone {
			w *= bold
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
	if n.mark != MarkNone {
		lines++
	}
	return float64(lines)*lineHeight + 2*padding - 4
}

func (b *box) draw(w *strings.Builder) {
	fmt.Fprintf(w, "<g id=\"%s\"><title>%s</title>\n", b.id, svgText(b.text("\n")))
	b.outline(w)
	y := b.y + padding + fontSize - 3
	room := b.width - 2*padding
	if b.mark != MarkNone {
		text(w, "label", b.x+padding, y, b.mark.String())
		y += lineHeight
	}
	if b.name != "" {
		struck(w, "name", b.x+padding, y, fit(b.name, room/bold), b.mark.gone())
		y += lineHeight
	}
	for _, l := range b.lines {
		shown := fit(l.shown(), room)
		if l.path != pathNone {
			shown = fit(l.shown(), room/bold)
		}
		struck(w, l.className(), b.x+padding, y, shown, b.mark.gone() || l.mark.gone())
		y += lineHeight
	}
	w.WriteString("</g>\n")
}

// outline draws the frame of a box.
func (b *box) outline(w *strings.Builder) {
	fmt.Fprintf(w, `<rect%s x="%s" y="%s" width="%s" height="%s" rx="6"%s/>`+"\n",
		look("box"+classes[b.path]), px(b.x), px(b.y), px(b.width), px(b.height), dashes[b.mark])
	if b.mark == MarkNew || b.mark == MarkEnabled {
		const in = 4
		fmt.Fprintf(w, `<rect%s x="%s" y="%s" width="%s" height="%s" rx="4"/>`+"\n",
			look("inner"), px(b.x+in), px(b.y+in), px(b.width-2*in), px(b.height-2*in))
	}
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
	for path := pathPlain; path <= pathOpen; path++ {
		for i, e := range p.edges {
			if e.path == path {
				from, to := p.of[e.from], p.of[e.to]
				e.draw(w, from.x+from.width, ends[i].from, to.x, ends[i].to)
			}
		}
	}
}

// draw draws an arrow, with the sign of its mark in the middle.
func (e *edge) draw(w *strings.Builder, x1, y1, x2, y2 float64) {
	class := classes[e.path]
	if e.mark.gone() {
		class = ""
	}
	wire(w, class, dashes[e.mark], x1, y1, x2, y2)
	if e.mark != MarkNone && !e.from.mark.gone() && !e.to.mark.gone() {
		x, y := (x1+x2)/2, (y1+y2)/2
		fmt.Fprintf(w, `<circle%s cx="%s" cy="%s" r="7"/>`+"\n", look("badge"), px(x), px(y))
		text(w, "sign", x, y+4.5, e.mark.sign())
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
func wire(w *strings.Builder, class, dash string, x1, y1, x2, y2 float64) {
	const tip = 8
	end := x2 - tip
	bend := (end - x1) / 2
	fmt.Fprintf(w, `<path%s%s d="M%s %s C%s %s %s %s %s %s"/>`+"\n", look("wire"+class), dash,
		px(x1), px(y1), px(x1+bend), px(y1), px(end-bend), px(y2), px(end), px(y2))
	fmt.Fprintf(w, `<path%s d="M%s %s L%s %s L%s %s Z"/>`+"\n", look("tip"+class),
		px(x2-1), px(y2), px(end-1), px(y2-4.5), px(end-1), px(y2+4.5))
}

// legend explains the arrows and the marks that occur, and lists the notes on omitted parts.
func (p *picture) legend(w *strings.Builder) {
	x, y := margin, p.height-margin-lineHeight*float64(len(p.notes))
	for _, l := range legend {
		if !slices.ContainsFunc(p.edges, func(e edge) bool { return e.path == l.path && !e.mark.gone() }) {
			continue
		}
		wire(w, classes[l.path], "", x, y-4, x+36, y-4)
		text(w, "head", x+44, y, l.text)
		x += 44 + textWidth(l.text) + 28
	}
	x = margin
	for _, m := range p.marks() {
		b := box{node: &node{mark: m}, x: x, y: y - lineHeight - 18, width: 36, height: 16}
		b.outline(w)
		what := m.sign() + " " + m.String()
		text(w, "head", x+44, b.y+12, what)
		x += 44 + textWidth(what) + 28
	}
	for i, note := range p.notes {
		text(w, "head", margin, y+lineHeight*float64(i+1), note)
	}
}

// marks returns the marks that occur.
func (p *picture) marks() (found []Mark) {
	for m := MarkNew; m <= MarkDisabled; m++ {
		if slices.ContainsFunc(p.all(), func(n *node) bool {
			return n.mark == m || slices.ContainsFunc(n.lines, func(l line) bool { return l.mark == m })
		}) {
			found = append(found, m)
		}
	}
	return found
}

func text(w *strings.Builder, class string, x, y float64, s string) {
	struck(w, class, x, y, s, false)
}

// struck writes a text, crossed out if through.
func struck(w *strings.Builder, class string, x, y float64, s string, through bool) {
	line := ""
	if through {
		line = ` text-decoration="line-through"`
	}
	fmt.Fprintf(w, `<text%s%s x="%s" y="%s">%s</text>`+"\n", look(class), line, px(x), px(y), svgText(s))
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
		case strings.ContainsRune("mwMW@%+−≠", c):
			em += 0.92
		case c >= 'A' && c <= 'Z':
			em += 0.68
		case c >= '0' && c <= '9':
			em += 0.64
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
