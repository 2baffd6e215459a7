package browsertest

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
)

// WithoutMouse lets the verbs use the keyboard alone.
func (p *page) WithoutMouse() { p.mouseless = true }

// tab, enter, space and down press these keys.
func (p *page) tab() {
	p.t.Helper()
	p.key("Tab", input.DispatchKeyEventParams{WindowsVirtualKeyCode: 9})
}
func (p *page) enter() {
	p.t.Helper()
	p.key("Enter", input.DispatchKeyEventParams{WindowsVirtualKeyCode: 13, Text: "\r"})
}
func (p *page) space() {
	p.t.Helper()
	p.key(" ", input.DispatchKeyEventParams{WindowsVirtualKeyCode: 32, Text: " "})
}
func (p *page) down() {
	p.t.Helper()
	p.key("ArrowDown", input.DispatchKeyEventParams{WindowsVirtualKeyCode: 40})
}

// focused is the element that has the focus.
func (p *page) focused() cdp.BackendNodeID {
	p.t.Helper()
	object := call(p, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.activeElement"}).Result.ObjectID
	return call(p, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: object}).Node.BackendNodeID
}

// reach moves the focus to an element: with Tab, and among radio buttons with an arrow key, which chooses them, too.
func (p *page) reach(e element) {
	p.t.Helper()
	const most = 300 // stops on a page
	var radios []cdp.BackendNodeID
	for _, other := range p.tree() {
		if e.role == "radio" && other.role == "radio" {
			radios = append(radios, other.id)
		}
	}
	for range most {
		at := p.focused()
		for range radios {
			if at == e.id || !slices.Contains(radios, at) {
				break
			}
			p.down()
			at = p.focused()
		}
		if at == e.id {
			return
		}
		p.tab()
	}
	p.t.Fatalf("%s: the keyboard doesn't reach %s %q", p.URL(), e.role, e.name)
}

// strike does with the keyboard what a click on an element does.
func (p *page) strike(e element) {
	p.t.Helper()
	p.reach(e)
	switch e.role {
	case "radio":
		if p.find([]string{"radio"}, e.name, e.within...).properties["checked"] != "true" {
			p.space()
		}
	case "checkbox":
		p.space()
	default:
		p.enter()
	}
}

// TestKeyboard uses the verbs on a page without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	p.WithoutMouse()
	p.Open(specimens(t) + "/")
	p.Type("Name", "by keys")
	p.Select("Use", "Internal")
	p.Check("Basic")
	p.Check("Smart hosts")
	p.Click("More")
	p.Click("Nothing")
	p.Click("Add", "First")
	if want := "Sent\nbasic=on&by=host&do=add&name=by+keys&tls=on&use=Internal"; p.Text() != want {
		t.Errorf("the form has sent\n%s, want\n%s", p.Text(), want)
	}
}
