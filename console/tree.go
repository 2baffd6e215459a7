package console

import "strings"

// branch is an entry of the tree at the left: a page, or a heading with pages below it.
type branch struct {
	Label    string
	Page     string // "": it is a heading
	Current  bool
	Branches []branch
}

// tree returns the tree, as the Management Console has it, with the current page marked. nav is the page to mark if
// it isn't path.
func tree(nav, path string) []branch {
	all := []branch{
		{Label: "Overview", Page: "/"},
		{Label: "Organization Configuration", Branches: []branch{
			{Label: "Hub Transport", Page: "/organization"},
		}},
		{Label: "Server Configuration", Branches: []branch{
			{Label: "Hub Transport", Page: "/server"},
		}},
		{Label: "Toolbox", Branches: []branch{
			{Label: "Queue Viewer", Page: "/queues"},
			{Label: "Message Tracking", Page: "/tracking"},
			{Label: "Explain a session", Page: "/ask"},
			{Label: "Findings", Page: "/findings"},
			{Label: "Map", Page: "/map"},
			{Label: "Effective access", Page: "/access"},
			{Label: "Replay a log", Page: "/replay"},
			{Label: "For auditors", Page: "/audit"},
			{Label: "Management Shell", Page: "/shell"},
			{Label: "Changes", Page: "/history"},
		}},
	}
	if nav == "" {
		nav = path
	}
	mark(all, nav)
	return all
}

// mark marks the branch of a page.
func mark(all []branch, page string) {
	for i := range all {
		b := &all[i]
		b.Current = b.Page != "" && (page == b.Page || b.Page != "/" && strings.HasPrefix(page, b.Page+"/"))
		mark(b.Branches, page)
	}
}
