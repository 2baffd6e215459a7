package diagram

import (
	"fmt"
	"strings"
)

// Table is the content of a drawing without the picture, for people who don't see it. The caller owns it.
type Table struct {
	Title    string
	Receive  []Row
	Accepted []Line // the accepted domains
	Other    []Line // whether clients may relay to other domains
	Send     []Row
	Notes    []string // on what isn't drawn
}

// Row is a connector, or several that share a box.
type Row struct {
	ID       string // of the box in the SVG drawing
	Name     string // of the first connector
	Mark     Mark
	Outer    []Line // the clients of a Receive connector, by their addresses; the next hops of a Send connector
	Bindings []Line // of a Receive connector
	Lines    []Line // mechanisms and the rights of sessions; address spaces

	// Accepted and Other are the mail for accepted and for all other domains between a connector and the domains.
	Accepted, Other Mail
}

// Line is a line of text in a box.
type Line struct {
	Text string
	Mark Mark
}

// Mail says which mail there is between a connector and some domains. The zero Mail means that there is no mail.
type Mail struct {
	Text string // "mail", "relaying after a logon" or "relaying without a logon"; "" if there is no mail
	Mark Mark   // MarkRemoved: there was such mail before
}

// mailTexts are the Texts of Mail by path.
var mailTexts = [...]string{pathNone: "", pathPlain: "mail", pathLogin: "relaying after a logon", pathOpen: "relaying without a logon"}

// Table returns the content of the drawing.
func (d *Drawing) Table() Table {
	t := Table{Title: d.title, Notes: append([]string(nil), d.notes...)}
	mail := map[[2]string]Mail{}
	for _, e := range d.edges {
		mail[[2]string{e.from.id, e.to.id}] = Mail{mailTexts[e.path], e.mark}
	}
	for i, n := range d.nodes[colReceive] {
		r := n.row()
		clients := d.nodes[colSources][i]
		r.Outer, r.Bindings = tableLines(clients.lines[:clients.at]), tableLines(clients.lines[clients.at:])
		r.Accepted, r.Other = mail[[2]string{n.id, "own"}], mail[[2]string{n.id, "other"}]
		t.Receive = append(t.Receive, r)
	}
	t.Accepted, t.Other = tableLines(d.nodes[colMail][0].lines), tableLines(d.nodes[colMail][1].lines)
	for i, n := range d.nodes[colSend] {
		r := n.row()
		r.Outer = tableLines(d.nodes[colHops][i].lines)
		r.Accepted, r.Other = mail[[2]string{"own", n.id}], mail[[2]string{"other", n.id}]
		t.Send = append(t.Send, r)
	}
	return t
}

func (n *node) row() Row {
	return Row{ID: n.id, Name: n.name, Mark: n.mark, Lines: tableLines(n.lines)}
}

func tableLines(lines []line) (all []Line) {
	for _, l := range lines {
		all = append(all, Line{l.text, l.mark})
	}
	return all
}

// Text returns the drawing as text: the table with a paragraph for each connector.
func (d *Drawing) Text() string {
	t := d.Table()
	var b strings.Builder
	fmt.Fprintln(&b, clean(t.Title))
	for _, note := range t.Notes {
		fmt.Fprintln(&b, note)
	}
	for _, r := range t.Receive {
		r.write(&b, "Receive connector")
		writeLines(&b, "clients", r.Outer)
		writeLines(&b, "bindings", r.Bindings)
		writeLines(&b, "rights", r.Lines)
		r.writeMail(&b)
	}
	fmt.Fprintln(&b)
	writeLines(&b, "accepted domains", t.Accepted)
	writeLines(&b, "all other domains", t.Other)
	for _, r := range t.Send {
		r.write(&b, "Send connector")
		r.writeMail(&b)
		writeLines(&b, "address spaces", r.Lines)
		writeLines(&b, "next hops", r.Outer)
	}
	return b.String()
}

func (r Row) write(b *strings.Builder, kind string) {
	fmt.Fprintf(b, "\n%s %s", kind, clean(r.Name))
	if r.Mark != MarkNone {
		fmt.Fprintf(b, " (%s)", r.Mark)
	}
	b.WriteByte('\n')
}

func (r Row) writeMail(b *strings.Builder) {
	for _, m := range []struct {
		domains string
		Mail
	}{{"accepted domains", r.Accepted}, {"all other domains", r.Other}} {
		text := m.Text
		if text == "" {
			text = "no mail"
		}
		fmt.Fprintf(b, "  for %s: %s\n", m.domains, Line{text, m.Mark}.signed())
	}
}

func writeLines(b *strings.Builder, what string, lines []Line) {
	var all []string
	for _, l := range lines {
		all = append(all, l.signed())
	}
	fmt.Fprintf(b, "  %s: %s\n", what, strings.Join(all, "; "))
}

// signed returns the text with the word for its mark.
func (l Line) signed() string {
	if l.Mark == MarkNone {
		return clean(l.Text)
	}
	return l.Mark.String() + " " + clean(l.Text)
}
