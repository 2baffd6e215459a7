package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/interchange-smtp/interchange/console/internal/logon"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// request is a request of a user who has logged on, and the answer to it.
type request struct {
	*http.Request
	c    *Console
	w    http.ResponseWriter
	user logon.User
	end  time.Time // of the page's patience; zero: it hasn't waited yet
}

// handler answers a request. Its error becomes an error page: a *problem with its own status, anything else with 500.
type handler func(r *request) error

// problem is an error with what the page about it says.
type problem struct {
	status int
	text   string // what is wrong, and where
	fix    string // what would be right; "": text says it
	back   string // the page from which the user can try again; "": there is no such page
}

func (p *problem) Error() string { return p.text }

// heading is the heading of the page about a problem.
func heading(status int) string {
	switch status {
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusConflict:
		return "Not possible now"
	case http.StatusUnprocessableEntity:
		return "Not applied"
	case http.StatusInternalServerError:
		return "Error"
	}
	return cmp.Or(http.StatusText(status), "Error")
}

// notFound returns the problem that a thing doesn't exist, or no longer.
func notFound(thing, name string) error {
	return &problem{status: http.StatusNotFound, text: fmt.Sprintf("There is no %s %q.", thing, name), fix: "Another administrator may have removed it; go back to the list."}
}

// handle makes h answer the requests of pattern, of users with that role.
func (c *Console) handle(mux *http.ServeMux, pattern string, role Role, h handler) {
	mux.Handle(pattern, c.logon.Require(role, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r := &request{Request: req, c: c, w: w, user: logon.UserOf(req.Context())}
		if err := h(r); err != nil {
			r.fail(err)
		}
	})))
}

// fail answers with the page of an error.
func (r *request) fail(err error) {
	var p *problem
	if !errors.As(err, &p) {
		r.c.logger.Error("page failed", "path", r.URL.Path, "error", err)
		p = &problem{status: http.StatusInternalServerError, text: err.Error()}
	}
	r.w.Header().Del("Content-Type")
	r.renderStatus(p.status, "problem", view{Title: heading(p.status), Data: map[string]string{"Text": p.text, "Fix": p.fix, "Back": p.back}})
}

// version returns the policy as its files are now.
func (r *request) version() (*policyfiles.Version, error) {
	return r.c.files.Current(r.Context())
}

// path returns the address of a page of the console, with query parameters given as name, value. Those without a
// value are left out.
func (c *Console) path(page string, query ...string) string { return c.base + within(page, query...) }

// within is path without the path under which the console is mounted.
func within(page string, query ...string) string {
	values := make(url.Values)
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			values.Add(query[i], query[i+1])
		}
	}
	return address(page, values)
}

// address is within for a query that was made before.
func address(page string, query url.Values) string {
	if len(query) == 0 {
		return page
	}
	return page + "?" + query.Encode()
}

// redirect answers a POST: the browser gets the page.
func (r *request) redirect(page string, query ...string) error {
	http.Redirect(r.w, r.Request, r.c.path(page, query...), http.StatusSeeOther)
	return nil
}

// back returns the page that a form names as the one to return to, if it is one of the console's own, and otherwise
// other.
func (r *request) back(other string) string {
	page := r.PostFormValue("back")
	if !strings.HasPrefix(page, "/") || strings.HasPrefix(page, "//") || strings.Contains(page, `\`) || strings.ContainsFunc(page, unicode.IsControl) {
		return other // browsers leave tabs and line ends out of addresses, so "/\t/host" is another host
	}
	return page
}

// refuse answers a request that the guard refuses.
func (c *Console) refuse(w http.ResponseWriter, _ *http.Request, status int, text string) {
	c.writeOutside(w, status, "problem", heading(status), map[string]string{"Text": text, "Fix": ""})
}

// logonPage writes the pages of package logon.
func (c *Console) logonPage(w http.ResponseWriter, _ *http.Request, p logon.Page) {
	if p.Status == 0 {
		p.Status = http.StatusOK
	}
	c.writeOutside(w, p.Status, "logon", "Log on", struct {
		logon.Page
		LinkHelp string
	}{p, cmp.Or(c.options.LinkHelp, "The program that serves this console prints it.")})
}

// writeOutside writes a page for a browser whose user isn't known.
func (c *Console) writeOutside(w http.ResponseWriter, status int, page, title string, data any) {
	if err := c.write(w, status, page, shown{view: view{Title: title, Wide: true, Data: data}, Base: c.base}); err != nil {
		c.logger.Error("page failed", "page", page, "error", err)
	}
}
