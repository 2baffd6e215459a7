package console

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// maxDrawing is how long the request for a picture waits for it.
const maxDrawing = 20 * time.Second

// mapRoutes registers the pages with the drawing of the policy.
func (c *Console) mapRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /map", View, mapPage)
	c.handle(mux, "GET /map.svg", View, mapFile)
	c.handle(mux, "GET /map.dot", View, mapFile)
	c.handle(mux, "GET /map.mmd", View, mapFile)
}

// mapView is the data of the page Map.
type mapView struct {
	Only    []string // the connectors that are drawn; empty: all
	Unknown []string // of them, those that the policy doesn't have
	Zoom    string   // fit, 100 or 200
	Zooms   []tab
	Table   diagram.Table
	SVG     string    // the address of the drawing
	Files   []mapLink // to download it
	Empty   bool      // the policy has no connector
	Waiting bool      // the policy is being drawn
}

// mapLink is a link to a form of the drawing.
type mapLink struct{ Label, Path string }

// zooms are the sizes of the drawing, by the parameter in the address.
var zooms = []struct{ name, label string }{{"fit", "Fit the window"}, {"100", "100 %"}, {"200", "200 %"}}

// mapPage draws the policy, with the same content as tables.
func mapPage(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	m := mapView{Only: r.only(), Zoom: "fit", Empty: len(v.Config.Receive)+len(v.Config.Send) == 0}
	for _, z := range zooms {
		if r.FormValue("zoom") == z.name {
			m.Zoom = z.name
		}
	}
	query := make([]string, 0, 2*len(m.Only)+2)
	for _, name := range m.Only {
		query = append(query, "only", name)
		if !hasConnector(v, name) {
			m.Unknown = append(m.Unknown, name)
		}
	}
	for _, z := range zooms {
		m.Zooms = append(m.Zooms, tab{Label: z.label, Path: r.c.path("/map", append(query[:len(query):len(query)], "zoom", z.name)...), Current: z.name == m.Zoom})
	}
	m.SVG = r.c.path("/map.svg", query...)
	for _, f := range []struct{ label, page string }{{"SVG", "/map.svg"}, {"DOT, for Graphviz", "/map.dot"}, {"Mermaid, for Markdown", "/map.mmd"}} {
		m.Files = append(m.Files, mapLink{f.label, r.c.path(f.page, append(query[:len(query):len(query)], "download", "1")...)})
	}
	d, ok, err := r.drawing(v, m.Only)
	if err != nil {
		return err
	}
	if m.Waiting = !ok; ok {
		m.Table = d.Table()
	}
	return r.render("map", view{Title: "Map", Wide: true, Data: m})
}

// drawing returns the drawing of connectors, all if only is empty; ok is false while it is being made.
func (r *request) drawing(v *policyfiles.Version, only []string) (d *diagram.Drawing, ok bool, err error) {
	return computed(r, fmt.Sprintf("map %s %q", v.ID, only), func() *diagram.Drawing {
		return diagram.New(v.Loaded.Policy, diagram.Options{Only: only, Stamp: v.Loaded.Fingerprint()})
	})
}

// only returns the names of the connectors to draw.
func (r *request) only() (names []string) {
	for _, name := range r.URL.Query()["only"] {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// hasConnector reports whether the policy has a connector with a name.
func hasConnector(v *policyfiles.Version, name string) bool {
	for i := range v.Config.Receive {
		if strings.EqualFold(v.Config.Receive[i].Name, name) {
			return true
		}
	}
	for i := range v.Config.Send {
		if strings.EqualFold(v.Config.Send[i].Name, name) {
			return true
		}
	}
	return false
}

// mapFile answers with the drawing, in the form that the address ends with.
func mapFile(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	r.end = time.Now().Add(maxDrawing) // a picture can't say that it is being made
	d, ok, err := r.drawing(v, r.only())
	if err != nil || !ok {
		return cmp.Or(err, error(errTooMuch))
	}
	file := strings.TrimPrefix(r.URL.Path, "/")
	text, mediaType := d.SVG, "image/svg+xml"
	switch file {
	case "map.svg":
		if r.FormValue("download") == "" {
			return r.svg(d)
		}
	case "map.dot":
		text, mediaType = d.DOT, "text/plain; charset=utf-8"
	case "map.mmd":
		text, mediaType = d.Mermaid, "text/plain; charset=utf-8"
	}
	r.download(file, mediaType)
	_, err = r.w.Write([]byte(text()))
	return err
}
