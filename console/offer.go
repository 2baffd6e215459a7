package console

import (
	"net/http"
	"strings"

	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// maxOfferTitle bounds the title of an offered change, in bytes.
const maxOfferTitle = 200

// offer is a change that a page offers with a button: the template "offer". The button leads to the review page.
type offer struct {
	Title    string
	Commands string // "": no command can make the change
	Back     string // the page to show afterwards
	Reason   string // why the change can't be made now; "": it can
}

// offer returns a change for a page to offer. back is the page to show after it, with its query as name, value.
func (r *request) offer(title, commands, back string, query ...string) offer {
	o := offer{Title: capital(title), Commands: commands, Back: strings.TrimPrefix(r.c.path(back, query...), r.c.base), Reason: r.c.unchangeable()}
	if r.user.Role < Change {
		o.Reason = "This needs the role " + Change.String() + "."
	}
	return o
}

// toolRoutes registers the pages that look into the policy, and the review of the changes that they offer.
func (c *Console) toolRoutes(mux *http.ServeMux) {
	c.handle(mux, "POST /propose", Change, takeOffer)
	c.askRoutes(mux)
	c.findingRoutes(mux)
	c.accessRoutes(mux)
	c.mapRoutes(mux)
	c.replayRoutes(mux)
	c.auditRoutes(mux)
}

// takeOffer shows the review page of an offered change.
func takeOffer(r *request) error {
	commands := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("commands"), "\r\n", "\n"))
	if commands == "" {
		return &problem{status: http.StatusBadRequest, text: "The change has no commands.", fix: "Choose a change on the page Findings or Explain a session."}
	}
	title, _, _ := strings.Cut(strings.TrimSpace(r.PostFormValue("title")), "\n")
	if len(title) > maxOfferTitle {
		title = strings.ToValidUTF8(title[:maxOfferTitle], "") + "…"
	}
	return r.propose(policyfiles.Change{Title: title, Commands: commands + "\n"}, "Apply", r.back("/history"))
}
