package browsertest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
)

// element is what a screen reader tells about one thing on the page.
type element struct {
	role, name, value string
	properties        map[string]string // checked, level, disabled, …
	id                cdp.BackendNodeID
	within            []string // the names of the things around it, such as groups and rows
}

// tree is the page as a screen reader finds it, in reading order.
func (p *page) tree() []element {
	p.t.Helper()
	nodes := call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes
	byID := make(map[accessibility.NodeID]*accessibility.Node, len(nodes))
	for _, n := range nodes {
		byID[n.NodeID] = n
	}
	var all []element
	for _, n := range nodes {
		if n.Ignored {
			continue
		}
		e := element{role: text(n.Role), name: text(n.Name), value: text(n.Value), properties: map[string]string{}, id: n.BackendDOMNodeID}
		for _, property := range n.Properties {
			e.properties[string(property.Name)] = text(property.Value)
		}
		for up := byID[n.ParentID]; up != nil; up = byID[up.ParentID] {
			if name := text(up.Name); name != "" {
				e.within = append(e.within, name)
			}
		}
		all = append(all, e)
	}
	return all
}

// waits says whether the element is the text of a page that something is still being computed.
func (e element) waits() bool {
	return e.role == "StaticText" && (strings.Contains(e.name, "being computed") || strings.HasPrefix(e.name, "Searching the logs"))
}

// text is a value of the accessibility tree.
func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if json.Unmarshal([]byte(v.Value), &s) == nil {
		return s
	}
	return string(v.Value)
}

// same compares names as people do who follow a printed text.
func same(a, b string) bool {
	plain := func(s string) string {
		s = strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer("…", "", "...", "", "‘", "", "’", "").Replace(s)), " "))
		return strings.TrimSpace(strings.TrimRight(s, ":"))
	}
	return plain(a) == plain(b)
}

// The roles of what can be clicked, and of fields.
var (
	clickable = []string{"button", "link", "tab", "checkbox", "radio", "DisclosureTriangle", "menuitem"}
	editable  = []string{"textbox", "searchbox", "spinbutton", "combobox", "Date", "DateTime", "InputTime"}
)

// lookup returns the one element of some roles with a name, inside the things whose names are given.
func (p *page) lookup(roles []string, name string, within ...string) (element, error) {
	p.t.Helper()
	var found []element
	var names []string
	for _, e := range p.settle() {
		if !slices.Contains(roles, e.role) {
			continue
		}
		names = append(names, e.role+" "+e.name)
		outside := func(around string) bool {
			return !slices.ContainsFunc(e.within, func(name string) bool { return same(name, around) })
		}
		if same(e.name, name) && !slices.ContainsFunc(within, outside) {
			found = append(found, e)
		}
	}
	switch {
	case len(found) != 1:
		return element{}, fmt.Errorf("%s has %d of %v named %q in %q, want one; it has\n%s\nand reads\n%s",
			p.URL(), len(found), roles, name, within, strings.Join(names, "\n"), p.Text())
	case found[0].properties["disabled"] == "true":
		return element{}, fmt.Errorf("%s: %q is disabled", p.URL(), name)
	}
	return found[0], nil
}

// find is lookup that fails the test.
func (p *page) find(roles []string, name string, within ...string) element {
	p.t.Helper()
	e, err := p.lookup(roles, name, within...)
	if err != nil {
		p.t.Fatal(err)
	}
	return e
}

// has says whether the page has an element of a role with a name.
func (p *page) has(role, name string) bool {
	p.t.Helper()
	return slices.ContainsFunc(p.tree(), func(e element) bool { return e.role == role && same(e.name, name) })
}

// Click clicks a link, button, tab, check box or radio button with the mouse. If it leads to another page, Click
// waits for that.
func (p *page) Click(name string, within ...string) {
	p.t.Helper()
	e := p.find(clickable, name, within...)
	if p.leads(e) {
		p.visit(name, func() { p.t.Helper(); p.press(e) })
	} else {
		p.press(e)
	}
}

// leads says whether a click on an element leads to another page.
func (p *page) leads(e element) bool {
	p.t.Helper()
	node := call(p, dom.DescribeNode, dom.DescribeNodeParams{BackendNodeID: e.id}).Node
	attributes := map[string]string{}
	for i := 0; i+1 < len(node.Attributes); i += 2 {
		attributes[node.Attributes[i]] = node.Attributes[i+1]
	}
	switch kind := attributes["type"]; node.NodeName {
	case "A":
		_, download := attributes["download"]
		return !download && !strings.HasPrefix(attributes["href"], "#")
	case "BUTTON":
		return kind == "" || kind == "submit"
	case "INPUT":
		return kind == "submit" || kind == "image"
	}
	return false
}

// press presses the mouse's button in the middle of an element.
func (p *page) press(e element) {
	p.t.Helper()
	if p.mouseless {
		p.strike(e)
		return
	}
	call(p, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: e.id})
	quads := call(p, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: e.id}).Quads
	if len(quads) == 0 {
		p.t.Fatalf("%s: %q takes no room on the page", p.URL(), e.name)
	}
	q := quads[0]
	x, y := (q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4
	for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
		event := input.DispatchMouseEventParams{Type: kind, X: x, Y: y}
		if kind != input.DispatchMouseEventTypeMouseMoved {
			event.Button, event.ClickCount = input.MouseButtonLeft, 1
		}
		call(p, input.DispatchMouseEvent, event)
	}
}

// Type replaces the text of a field.
func (p *page) Type(label, value string, within ...string) {
	p.t.Helper()
	e := p.find(editable, label, within...)
	p.focus(e)
	p.key("a", input.DispatchKeyEventParams{Modifiers: 2, Commands: []string{"selectAll"}})
	if value == "" {
		p.key("Delete", input.DispatchKeyEventParams{WindowsVirtualKeyCode: 46})
		return
	}
	call(p, input.InsertText, input.InsertTextParams{Text: value})
}

// focus moves the focus to an element.
func (p *page) focus(e element) {
	p.t.Helper()
	if p.mouseless {
		p.reach(e)
		return
	}
	call(p, dom.Focus, dom.FocusParams{BackendNodeID: e.id})
}

// key presses and releases a key.
func (p *page) key(name string, event input.DispatchKeyEventParams) {
	p.t.Helper()
	event.Key, event.Type = name, input.DispatchKeyEventTypeKeyDown
	if event.Text == "" {
		event.Type = input.DispatchKeyEventTypeRawKeyDown
	}
	call(p, input.DispatchKeyEvent, event)
	event.Type, event.Commands, event.Text = input.DispatchKeyEventTypeKeyUp, nil, ""
	call(p, input.DispatchKeyEvent, event)
}

// Select chooses in a list with the arrow keys.
func (p *page) Select(label, option string, within ...string) {
	p.t.Helper()
	e := p.find([]string{"combobox", "listbox"}, label, within...)
	options := p.options(e)
	n := slices.IndexFunc(options, func(o string) bool { return same(o, option) })
	if n < 0 {
		p.t.Fatalf("%s: %q has the options %q, not %q", p.URL(), label, options, option)
	}
	p.focus(e)
	p.key("Home", input.DispatchKeyEventParams{WindowsVirtualKeyCode: 36})
	for range n {
		p.down()
	}
	if now := p.find([]string{"combobox", "listbox"}, label, within...).value; !same(now, option) {
		p.t.Fatalf("%s: %q is %q after %q was chosen", p.URL(), label, now, option)
	}
}

// options are the choices of a list.
func (p *page) options(list element) []string {
	p.t.Helper()
	depth := int64(-1)
	node := call(p, dom.DescribeNode, dom.DescribeNodeParams{BackendNodeID: list.id, Depth: &depth}).Node
	var all []string
	var walk func(n *cdp.Node)
	walk = func(n *cdp.Node) {
		if n.NodeName == "OPTION" && len(n.Children) > 0 {
			all = append(all, n.Children[0].NodeValue)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(node)
	return all
}

// Check and Clear set and clear a check box. Check chooses a radio button, too.
func (p *page) Check(label string, within ...string) { p.t.Helper(); p.tick(label, "true", within) }
func (p *page) Clear(label string, within ...string) { p.t.Helper(); p.tick(label, "false", within) }

func (p *page) tick(label, want string, within []string) {
	p.t.Helper()
	roles := []string{"checkbox", "radio"}
	if e := p.find(roles, label, within...); e.properties["checked"] != want {
		p.press(e)
	}
	if e := p.find(roles, label, within...); e.properties["checked"] != want {
		p.t.Fatalf("%s: %s %q can't be changed to checked=%s", p.URL(), e.role, label, want)
	}
}
