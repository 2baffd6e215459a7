package browsertest

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"

	"github.com/interchange-smtp/interchange/console"
)

// Links are the addresses of the console's pages to which the page leads; of those that differ in the values of a
// query only, the first.
func (p *page) Links() []*url.URL {
	p.t.Helper()
	here, err := url.Parse(p.URL())
	if err != nil {
		p.t.Fatal(err)
	}
	var all []*url.URL
	for _, e := range p.tree() {
		if e.role != "link" {
			continue
		}
		node := call(p, dom.DescribeNode, dom.DescribeNodeParams{BackendNodeID: e.id}).Node
		href, ok := attribute(node, "href")
		if _, download := attribute(node, "download"); !ok || download {
			continue
		}
		u, err := here.Parse(href)
		if err != nil {
			p.t.Errorf("%s: %q: %v", here, href, err)
			continue
		}
		u.Fragment = ""
		if u.Host == here.Host && path.Ext(u.Path) == "" {
			all = append(all, u)
		}
	}
	return all
}

// attribute returns an attribute of a node, and whether it has that.
func attribute(n *cdp.Node, name string) (string, bool) {
	for i := 0; i+1 < len(n.Attributes); i += 2 {
		if n.Attributes[i] == name {
			return n.Attributes[i+1], true
		}
	}
	return "", false
}

// kind is what the addresses of one kind of page have in common.
func kind(u *url.URL) string {
	var names []string
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	return u.Path + "?" + strings.Join(names, "&")
}

// crawl opens every kind of page that links lead to, and calls look on each with a name for it.
func (p *page) crawl(look func(name string)) {
	p.t.Helper()
	here, err := url.Parse(p.URL())
	if err != nil {
		p.t.Fatal(err)
	}
	seen := map[string]bool{kind(here): true}
	for queue := []*url.URL{here}; len(queue) > 0; queue = queue[1:] {
		u := queue[0]
		p.Open(u.String())
		p.settle()
		name := "page-" + strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return '-'
		}, strings.ToLower(kind(u))), "-")
		look(strings.TrimSuffix(name, "-"))
		for _, next := range p.Links() {
			if !seen[kind(next)] {
				seen[kind(next)] = true
				queue = append(queue, next)
			}
		}
	}
	if len(seen) < 5 {
		p.t.Errorf("only %d pages were found: %v", len(seen), seen)
	}
}

// TestPages inspects and prints every page that a link leads to: a half of them in one tab, and the others beside it.
func TestPages(t *testing.T) {
	for half, name := range []string{"odd", "even"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newDesk(t, office, console.Change, running(t)).LogOn()
			found := 0
			p.crawl(func(name string) {
				t.Helper()
				if found++; found%2 == half {
					return
				}
				p.Heading()
				p.Inspect(name)
				p.Print(name)
			})
		})
	}
}
