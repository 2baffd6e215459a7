package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/console/internal/logon"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// view has the content of a page.
type view struct {
	Title   string   // the heading
	Nav     string   // the page in the tree that is marked; "": the path of the request
	Actions []action // the action pane
	Wide    bool     // the page has no action pane and uses the whole width
	Data    any      // of the page's own template
}

// action is a command of the action pane.
type action struct {
	Label  string
	Path   string            // a page, or with Post what the button posts to
	Post   map[string]string // the fields of the form; nil: a link
	Role   Role              // who may do it
	Reason string            // why it can't be done now; "": it can
	Under  string            // the heading of its group: the thing that is selected
}

// Posts reports whether the action is a button of a form. A form without fields is one, too.
func (a action) Posts() bool { return a.Post != nil }

// shown has the data of the layout's template.
type shown struct {
	view
	Request *request
	Base    string
	Page    string // the page that the browser shows, to return to
	Server  string // that the policy is for
	User    string
	Role    Role
	Tree    []branch
	Notice  string // what was done last
	Stale   string // what the page shows while the policy's files have mistakes; "": they have none
}

// parsePages reads the templates. Each page is the layout with the page's own content.
func (c *Console) parsePages() error {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return err
	}
	shared, err := template.New("layout.html").Funcs(c.funcs()).ParseFS(pageFiles, "pages/layout.html", "pages/parts*.html")
	if err != nil {
		return err
	}
	c.pages = make(map[string]*template.Template)
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".html")
		if base == "layout" || strings.HasPrefix(base, "parts") {
			continue
		}
		t, err := shared.Clone()
		if err == nil {
			t, err = t.ParseFS(pageFiles, name)
		}
		if err != nil {
			return err
		}
		c.pages[base] = t
	}
	return nil
}

// funcs are the functions of all templates.
func (c *Console) funcs() template.FuncMap {
	return template.FuncMap{
		"path":     c.path,
		"asset":    c.asset,
		"witness":  c.witnessPath,
		"time":     formatTime,
		"ago":      func(t time.Time) string { return ago(c.now().Sub(t)) },
		"size":     func(n int64) string { return param.Size(n).String() },
		"count":    count,
		"join":     strings.Join,
		"capital":  capital,
		"short":    shortRight,
		"count64":  func(n int64, thing string) string { return count(int(n), thing) },
		"question": func(q *question) string { return c.path("/ask", q.query()...) },
		"lines":    func(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") },
	}
}

// count prints n things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// formatTime prints a time for people, in UTC as the logs have it. The zero time is empty.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// ago prints how long something is, in its largest unit.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return count(int(d.Seconds()), "second")
	case d < time.Hour:
		return count(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour")
	}
	return count(int(d.Hours()/24), "day")
}

// render answers with a page.
func (r *request) render(page string, v view) error {
	return r.renderStatus(http.StatusOK, page, v)
}

func (r *request) renderStatus(status int, page string, v view) error {
	s := shown{
		view: v, Request: r, Base: r.c.base, Page: r.URL.RequestURI(), Server: r.c.serverName(r),
		User: r.user.Name, Role: r.user.Role, Tree: tree(v.Nav, r.URL.Path),
	}
	if r.Header.Get(logon.RefreshHeader) == "" { // a notice is for the page that the user asks for
		s.Notice = r.c.notices.take(r.user.Session)
	}
	if r.Method != http.MethodGet {
		s.Page = "/"
	}
	if page != "problem" {
		s.Stale = r.stale()
	}
	return r.c.write(r.w, status, page, s)
}

// write executes a template and sends the result.
func (c *Console) write(w http.ResponseWriter, status int, page string, data any) error {
	t := c.pages[page]
	if t == nil {
		return fmt.Errorf("there is no page %q", page)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(visible(text.Bytes())) // otherwise the browser has gone
	return nil
}

// download sets the header of a file that the browser stores and doesn't show.
func (r *request) download(name, mediaType string) {
	h := r.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
}

// readAssets computes the addresses of the files in static, which contain a digest so that browsers may keep them.
func (c *Console) readAssets() error {
	c.assets = make(map[string]string)
	return fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		digest := sha256.Sum256(text)
		c.assets[path.Base(name)] = hex.EncodeToString(digest[:6])
		return nil
	})
}

// asset returns the address of a file in static.
func (c *Console) asset(name string) (string, error) {
	digest, ok := c.assets[name]
	if !ok {
		return "", fmt.Errorf("there is no file static/%s", name)
	}
	return c.base + "/static/" + name + "?" + digest, nil
}

// serveStatic answers with a file of static.
func (c *Console) serveStatic(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	if digest := c.assets[name]; digest != "" && r.URL.RawQuery == digest {
		w.Header().Set("Cache-Control", "max-age=31536000, immutable") // another file has another address
	}
	http.ServeFileFS(w, r, staticFiles, "static/"+name)
}

// serverName returns the name of the server that the policy is for; "" if it has none.
func (c *Console) serverName(r *request) string {
	v, err := r.version()
	if err != nil || v.Loaded == nil {
		return ""
	}
	return v.Config.Server
}

// stale says what pages show while the policy's files have mistakes; "": they have none.
func (r *request) stale() string {
	v, err := r.version()
	switch {
	case err != nil || len(v.Mistakes) == 0:
		return ""
	case v.Loaded == nil:
		return "There is no policy to show until they are corrected."
	}
	return "These pages show the last policy without mistakes."
}
