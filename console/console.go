package console

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/console/internal/guard"
	"github.com/interchange-smtp/interchange/console/internal/logon"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// Console is the console: an http.Handler. New makes it. It is safe for concurrent use.
type Console struct {
	options   Options
	base      string
	logger    *slog.Logger
	now       func() time.Time
	files     *policyfiles.Files
	logon     *logon.Logon
	notices   notices
	proposals proposals
	drafts    *dialog.Drafts
	works     works
	replays   replays
	pages     map[string]*template.Template
	assets    map[string]string // the digest of each file in static
	handler   http.Handler
	mailState

	ended context.Context // ends with Close
	end   context.CancelFunc
}

// New makes a console. The error says which of the options is wrong; mistakes in the policy's files are shown on the
// pages instead.
func New(o Options) (*Console, error) {
	if o.Verifier == nil && o.LinkRole == logon.None && o.Authenticate == nil {
		return nil, errNoLogon
	}
	c := &Console{options: o, base: strings.TrimSuffix(o.Base, "/"), logger: o.Logger, now: o.Now}
	if c.logger == nil {
		c.logger = slog.Default()
	}
	c.logger = c.logger.With("program", "console")
	if c.now == nil {
		c.now = time.Now
	}
	c.drafts = dialog.NewDrafts(c.now)
	c.ended, c.end = context.WithCancel(context.Background())
	for _, prepare := range []func() error{c.parsePages, c.readAssets, c.openFiles, c.openGateway, c.openLogon, c.openGuard} {
		if err := prepare(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// openFiles opens the policy's files.
func (c *Console) openFiles() (err error) {
	o := &c.options
	c.files, err = policyfiles.Open(policyfiles.Options{
		Names: o.Files, Load: o.Load, Findings: o.Findings, Surroundings: o.Surroundings, Reload: o.Reload, Versions: o.Versions, Now: c.now,
	})
	return err
}

// openLogon makes what logs users on.
func (c *Console) openLogon() (err error) {
	o := &c.options
	c.logon, err = logon.New(logon.Options{
		Verifier: o.Verifier, Roles: o.Roles, LinkRole: o.LinkRole, Authenticate: o.Authenticate,
		Secure: o.Secure, Base: c.base, Page: c.logonPage, Ended: c.forget, Logger: c.logger,
	})
	return err
}

// forget drops all that belongs to a session that has ended.
func (c *Console) forget(session string) {
	c.proposals.forget(session)
	c.drafts.Forget(session)
	c.replays.forget(session)
}

// openGuard puts the guard before the pages.
func (c *Console) openGuard() (err error) {
	c.handler, err = guard.New(guard.Options{
		Hosts: c.options.Hosts, Secure: c.options.Secure, Refuse: c.refuse, Logger: c.logger,
	}, http.StripPrefix(c.base, c.routes()))
	return err
}

// NewLink returns the path and query of a one-time link, for the program to print behind the address of the console.
// A user who opens it within an hour, and presses the button there, logs on with Options.LinkRole. An earlier link
// can't be used any more. It is "" if there are no links.
func (c *Console) NewLink() string { return c.logon.NewLink() }

// ServeHTTP answers a request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

// Close ends the streams of pages that are shown live.
func (c *Console) Close() { c.end() }

// routes returns the pages.
func (c *Console) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{name}", c.serveStatic)
	mux.HandleFunc("/logon", c.logon.ServeLogon)
	mux.HandleFunc("/logoff", c.logon.ServeLogoff)
	c.handle(mux, "GET /{$}", View, overviewPage)
	c.objectRoutes(mux)
	c.handle(mux, "GET /changes/{id}", Change, reviewPage)
	c.handle(mux, "GET /changes/{id}/map.svg", Change, reviewMap)
	c.handle(mux, "POST /changes/{id}", Change, applyChange)
	c.handle(mux, "GET /history", View, historyPage)
	c.handle(mux, "GET /history.ps1", View, historyScript)
	c.handle(mux, "POST /undo", Change, proposeUndo)
	c.handle(mux, "GET /shell", View, shellPage)
	c.handle(mux, "POST /shell", View, runShell)
	c.draftRoutes(mux)
	c.queueRoutes(mux)
	c.toolRoutes(mux)
	c.handle(mux, "/", View, func(r *request) error { return notFound("page", r.URL.Path) })
	return mux
}
