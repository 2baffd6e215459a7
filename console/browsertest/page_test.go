package browsertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to load: a limit for failures, which no passing test waits for.
const patience = time.Minute

// page is a tab of the browser with cookies of its own. Its verbs are those of the administrator's
// guide; they fail the test if the page has no such thing, or several.
type page struct {
	t    *testing.T
	home string // the address of the console

	mouseless bool // the verbs use the keyboard alone

	ctx context.Context

	mu       sync.Mutex
	visits   int  // documents that the tab has begun to show
	complete bool // whether the last of them is loaded
	changed  chan struct{}
	errors   []string
}

// newPage opens a tab in a window 1280 pixels wide.
func newPage(t *testing.T) *page {
	t.Helper()
	p := &page{t: t, changed: make(chan struct{})}
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(p.event))
	t.Cleanup(cancel)
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // the tab ends with the context that it begins with
		t.Fatal(err)
	}
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // beside other tabs
	p.Size(1280, 900)
	p.Light()
	return p
}

// do runs a step and fails the test if it fails or never ends.
func (p *page) do(step func(context.Context, *chromedp.Target) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Func(step)); err != nil {
		p.t.Fatal(err)
	}
}

// call runs a command of the browser's protocol in the tab.
func call[P, R any](p *page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	var result R
	p.do(func(ctx context.Context, s *chromedp.Target) (err error) {
		result, err = cdp.Call(ctx, s, command, params)
		return err
	})
	return result
}

// event notes what the browser reports.
func (p *page) event(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *cdpage.EventFrameNavigated:
		if e.Frame.ParentID == "" {
			p.visits++
			p.complete = false
		}
	case *cdpage.EventLoadEventFired:
		p.complete = true
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.errors = append(p.errors, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		p.errors = append(p.errors, "script: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			p.errors = append(p.errors, fmt.Sprintf("console.%s at %v", e.Type, e.StackTrace))
		}
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// Errors returns what the browser has complained of since the last call: errors of scripts, resources
// that don't load, and what the content security policy has blocked.
func (p *page) Errors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	errors := p.errors
	p.errors = nil
	return errors
}

// visit runs what makes the tab show another document, and waits until that is loaded.
func (p *page) visit(what string, step func()) {
	p.t.Helper()
	p.mu.Lock()
	before := p.visits
	p.mu.Unlock()
	step()
	late := time.After(patience)
	for {
		p.mu.Lock()
		done, changed := p.visits > before && p.complete, p.changed
		p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late:
			p.t.Fatalf("%s leads nowhere from %s\n%s", what, p.URL(), p.Text())
		}
	}
}

// Open shows an address.
func (p *page) Open(url string) {
	p.t.Helper()
	p.visit(url, func() {
		p.t.Helper()
		if r := call(p, cdpage.Navigate, cdpage.NavigateParams{URL: url}); r.ErrorText != "" {
			p.t.Fatalf("%s: %s", url, r.ErrorText)
		}
	})
}

// settle waits until nothing on the page is still being computed, and returns its tree. A page that waits shows itself
// again, so that what was found on it is gone.
func (p *page) settle() []element {
	p.t.Helper()
	for late := time.Now().Add(patience); ; p.Open(p.URL()) {
		all := p.tree()
		if len(all) > 0 && !slices.ContainsFunc(all, element.waits) {
			return all
		}
		if time.Now().After(late) {
			p.t.Fatalf("%s is still being computed", p.URL())
		}
	}
}

// URL is the address of the page.
func (p *page) URL() string {
	p.t.Helper()
	history := call(p, cdpage.GetNavigationHistory, cdp.Empty{})
	return history.Entries[history.CurrentIndex].URL
}

// Size changes the window. Its pixels are CSS pixels.
func (p *page) Size(width, height int64) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

// Light and Dark choose the colours that the user prefers.
func (p *page) Light() { p.t.Helper(); p.prefers("light") }
func (p *page) Dark()  { p.t.Helper(); p.prefers("dark") }

// prefers says which colours the user prefers, and that nothing may move.
func (p *page) prefers(scheme string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// WithoutJavaScript runs no script of pages that are opened from now on.
func (p *page) WithoutJavaScript() {
	p.t.Helper()
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// Text is what a screen reader finds on the page, one piece a line.
func (p *page) Text() string {
	p.t.Helper()
	var lines []string
	for _, n := range p.tree() {
		if n.role == "StaticText" {
			lines = append(lines, n.name)
		}
	}
	return strings.Join(lines, "\n")
}

// Heading is the text of the page's heading of level 1, of which there must be one.
func (p *page) Heading() string {
	p.t.Helper()
	var found []string
	for _, n := range p.tree() {
		if n.role == "heading" && n.properties["level"] == "1" {
			found = append(found, n.name)
		}
	}
	if len(found) != 1 {
		p.t.Fatalf("%s has the headings of level 1 %q, want one", p.URL(), found)
	}
	return found[0]
}

// Headings are the texts of all headings.
func (p *page) Headings() []string {
	p.t.Helper()
	var found []string
	for _, n := range p.tree() {
		if n.role == "heading" {
			found = append(found, n.name)
		}
	}
	return found
}

// on fails the test unless a heading or a group of the page has a name.
func (p *page) on(name string) {
	p.t.Helper()
	if slices.ContainsFunc(p.tree(), func(n element) bool {
		return (n.role == "heading" || n.role == "group" || n.role == "dialog") && same(n.name, name)
	}) {
		return
	}
	p.t.Fatalf("%s is not the page %q; it has the headings %q and reads\n%s", p.URL(), name, p.Headings(), p.Text())
}

// quiet fails the test if the browser has complained.
func (p *page) quiet() {
	p.t.Helper()
	if found := p.Errors(); len(found) > 0 {
		p.t.Errorf("%s: the browser complains:\n%s", p.URL(), strings.Join(found, "\n"))
	}
}
