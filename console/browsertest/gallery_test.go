package browsertest

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
)

// gallery compares pages with the pictures of the documentation, and knows which pages have one. It is safe for
// concurrent use.
type gallery struct {
	t      *testing.T
	policy connector.Config

	mu      sync.Mutex
	named   map[string]bool // the pictures
	shown   map[string]bool // what they show: the patterns of routes, the addresses of tabs, and the pages of dialogs
	offered map[string]bool // what pages lead to: addresses of tabs, and pages of dialogs
}

// pageRoutes finds the routes of pages in the source: those whose functions are called after their template.
var pageRoutes = regexp.MustCompile(`c\.handle\(mux, "GET ([^"]+)", \w+, (\w+)Page\)`)

// newGallery returns a gallery without pictures. The policy is the one of the first pages.
func newGallery(t *testing.T, policy connector.Config) *gallery {
	return &gallery{t: t, policy: policy, named: map[string]bool{}, shown: map[string]bool{}, offered: map[string]bool{}}
}

// templates returns the names of the templates of pages, and the routes by the template that they show.
func (g *gallery) templates() (names []string, routes map[string]string) {
	g.t.Helper()
	routes = map[string]string{}
	for _, file := range g.glob("../*.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			g.t.Fatal(err)
		}
		for _, m := range pageRoutes.FindAllStringSubmatch(string(text), -1) {
			routes[strings.ToLower(m[2])] = m[1]
		}
	}
	for _, file := range g.glob("../pages/*.html") {
		if name := strings.TrimSuffix(filepath.Base(file), ".html"); name != "layout" && !strings.HasPrefix(name, "parts") {
			names = append(names, name)
		}
	}
	return names, routes
}

// glob returns the files of a pattern, which begins in this directory.
func (g *gallery) glob(pattern string) []string {
	g.t.Helper()
	files, err := filepath.Glob(filepath.Join(source, pattern))
	if err != nil || len(files) == 0 {
		g.t.Fatalf("%s: %q, %v", pattern, files, err)
	}
	return files
}

// Take compares a page with its picture.
func (g *gallery) Take(p *page, name string) {
	p.t.Helper()
	p.settle()
	if at := g.note(p, name); !strings.HasPrefix(at, "/drafts/") {
		p.Compare(name)
		return
	}
	p.sees(previewed)
	p.CompareDetail(name, "main", 1000)
	p.Size(1280, 700)
}

// previewed is whether the command beside a dialog is the one of what was typed.
const previewed = `(async () => {
	const form = document.querySelector("form.dialog"), shown = form.querySelector(".preview code");
	if (!shown) return true;
	const answer = await fetch(form.action + "/preview", {method: "POST", body: new URLSearchParams(new FormData(form))});
	return await answer.text() === shown.textContent;
})()`

// note notes what the page is that a picture shows, and what it leads to, and returns its path.
func (g *gallery) note(p *page, picture string) string {
	p.t.Helper()
	var here struct {
		Path, Tab, Title, Heading string
		Tabs                      []string
		Dialogs                   []struct{ Kind, ID string }
	}
	p.evaluate(`({
		path: location.pathname, tab: location.pathname + location.search.replace(/&selected.*/, ""),
		title: document.querySelector("h1").textContent.split(": ")[0], heading: document.querySelector("form.dialog h2")?.textContent ?? "",
		tabs: [...document.querySelectorAll("ul.tabs a[href*='tab=']")].map(a => a.pathname + a.search),
		dialogs: [...document.querySelectorAll("form[action$='/drafts']")].map(f => ({kind: f.elements.dialog.value, id: f.elements.id.value})),
	})`, &here)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.named[picture] {
		p.t.Errorf("two pictures are named %s", picture)
	}
	g.named[picture] = true
	g.shown[here.Path], g.shown[here.Tab] = true, true
	if here.Heading != "" {
		g.shown[here.Title+": "+here.Heading] = true
	}
	for _, tab := range here.Tabs {
		g.offered[tab] = true
	}
	for _, d := range here.Dialogs {
		opened, _, err := dialog.Open(d.Kind, dialog.Subject{Config: g.policy, ID: d.ID})
		if err != nil {
			continue // of another policy
		}
		for _, page := range opened.Pages {
			g.offered[opened.Title+": "+page.Title] = true
		}
	}
	return here.Path
}

// Tabs takes a picture of each tab of the dialog that a button opens, which isn't a wizard.
func (g *gallery) Tabs(p *page, name, button string) {
	p.t.Helper()
	p.Click(button)
	var tabs []string
	p.evaluate(`[...document.querySelectorAll("ul.tabs button")].map(b => b.textContent)`, &tabs)
	for i, tab := range tabs {
		if i > 0 {
			p.Click(tab)
		}
		g.Take(p, name+"-"+dashed(tab))
	}
}

// Walk does actions, and takes a picture of each page of a wizard before the button that leaves it.
func (g *gallery) Walk(p *page, name string, steps []step) {
	p.t.Helper()
	for _, s := range steps {
		for _, a := range s.actions {
			var heading string
			if slices.Contains([]string{"Next", "New", "Grant", "Finish"}, a.clicks) {
				p.evaluate(`document.querySelector("form.dialog h2").textContent`, &heading)
				g.Take(p, name+"-"+dashed(heading))
			}
			a.do(p)
		}
	}
}

// dashed is a title as a part of a file's name.
func dashed(title string) string { return strings.ToLower(strings.ReplaceAll(title, " ", "-")) }

// Complete fails the test if a page has no picture, or the documentation doesn't show one.
func (g *gallery) Complete() {
	g.t.Helper()
	names, routes := g.templates()
	visited := http.NewServeMux()
	for _, pattern := range routes {
		visited.Handle("GET "+pattern, http.NotFoundHandler())
	}
	patterns := map[string]bool{}
	for address := range g.shown {
		if r, err := http.NewRequest("GET", address, nil); err == nil && strings.HasPrefix(address, "/") {
			_, pattern := visited.Handler(r)
			patterns[strings.TrimPrefix(pattern, "GET ")] = true
		}
	}
	for _, name := range names {
		route, ok := routes[strings.ReplaceAll(name, "-", "")]
		if delete(routes, strings.ReplaceAll(name, "-", "")); ok && !patterns[route] {
			g.t.Errorf("the page GET %s has no picture", route)
		} else if !ok && !g.named[name] {
			g.t.Errorf("the page of the template %s.html has no picture %s.png", name, name)
		}
	}
	for name, route := range routes {
		g.t.Errorf("GET %s is a page without a template pages/%s.html", route, name)
	}
	for what := range g.offered {
		if !g.shown[what] {
			g.t.Errorf("%s has no picture", what)
		}
	}
	if len(names) < 20 || len(g.offered) < 20 {
		g.t.Errorf("only %d templates, and %d tabs and pages of dialogs were found", len(names), len(g.offered))
	}
	g.documented()
}

// documented fails the test if a picture isn't in the documentation, or the documentation keeps another one.
func (g *gallery) documented() {
	g.t.Helper()
	var text strings.Builder
	for _, file := range g.glob("../../docs/*.md") {
		data, err := os.ReadFile(file)
		if err != nil {
			g.t.Fatal(err)
		}
		text.Write(data)
	}
	for name := range g.named {
		if !strings.Contains(text.String(), "](console/"+name+".png)") {
			g.t.Errorf("no page of the documentation shows the picture console/%s.png", name)
		}
	}
	for _, file := range g.glob(references + "/*.png") {
		if name := strings.TrimSuffix(filepath.Base(file), ".png"); !g.named[name] {
			g.t.Errorf("%s is a picture of no page; delete it", file)
		}
	}
}
