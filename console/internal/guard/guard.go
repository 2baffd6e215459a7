// Package guard stands between browsers and a handler of pages that change something. [New]
// returns a handler that refuses requests to other names than its own (DNS rebinding), requests
// that pages of other sites make (cross-site request forgery), and bodies that are too large; it
// sets the security headers of every answer, bounds the time of each request, and turns a panic
// into an error page.
//
// # What a handler behind it has to do
//
// GET and HEAD change nothing: requests with these methods come from links on any page. No page
// has inline scripts, inline styles or style attributes, because [ContentSecurityPolicy] forbids
// them. A handler of a file that never changes sets Cache-Control itself; other answers aren't
// stored. A handler that takes a large body calls [SetMaxBody], and one that streams events calls
// [Unbounded]; both only once they know who the user is. The http.Server should have a
// ReadHeaderTimeout and a WriteTimeout: guard doesn't bound how slowly a client reads an answer.
//
// # Requests that change something
//
// A POST must say that it comes from a page of this server, by Sec-Fetch-Site, or by Origin if the
// browser is older than 2023. [http.CrossOriginProtection] lets a request with neither header
// pass, because it takes it for a program's; guard refuses it. Browsers that send neither with a
// POST are older than 2020, and they send cookies. A program gives the header itself:
//
//	curl -H 'Sec-Fetch-Site: same-origin' …
//
// So that browsers without Sec-Fetch-Site send a usable Origin, the Referrer-Policy is same-origin;
// with no-referrer they send "Origin: null" with the forms of this server, too. Other sites learn
// no address either way.
//
// A GET from a page of another site may only open a page in a window. Such a page can't load a
// page, script or picture of this server as a part of its own, and so learns nothing from how long
// that takes. A server at another port of the same host counts as another site.
package guard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

const (
	defaultMaxBody = 1 << 20          // bytes
	requestTime    = 30 * time.Second // from the header to the answer
	maxHost        = 253              // bytes in the log
	maxMethod      = 16               // the same
)

// Options are the settings of a guard. The zero Options are those of a server at a loopback address.
type Options struct {
	// Hosts are the names and IP addresses, without ports, by which browsers may address the
	// server; empty: localhost, 127.0.0.1 and [::1]. Names that aren't ASCII are in their
	// xn-- form.
	Hosts []string

	// Secure reports whether the browser sent the request by HTTPS; nil: whether this server's
	// connection has TLS. A server behind a proxy that ends TLS needs it.
	Secure func(*http.Request) bool

	// Refuse writes the answer to a request that is refused, or whose handler panicked: the
	// status, and a page with the text, which is a sentence or two. nil: the text alone.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, text string)

	Logger *slog.Logger // gets panics, and requests that are refused; nil: no log
}

// guard is the handler that New returns.
type guard struct {
	Options
	hosts    map[string]bool
	origin   *http.CrossOriginProtection
	next     http.Handler
	refusals Sparse
}

// New returns a handler that passes to next the requests that are in order. The error names the
// element of o.Hosts that is not a name or an IP address.
func New(o Options, next http.Handler) (http.Handler, error) {
	hosts, err := hostSet(o.Hosts)
	if err != nil {
		return nil, err
	}
	if o.Secure == nil {
		o.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	if o.Refuse == nil {
		o.Refuse = func(w http.ResponseWriter, _ *http.Request, status int, text string) { http.Error(w, text, status) }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &guard{Options: o, hosts: hosts, origin: http.NewCrossOriginProtection(), next: next}, nil
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := hostName(r.Host)
	setHeaders(w.Header(), host, g.Secure(r))
	answer := &writer{ResponseWriter: w}
	defer g.recover(answer, r)
	if refused := g.check(r, host); refused != nil {
		if more, ok := g.refusals.Line(); ok {
			g.Logger.Warn("request to the console refused", "reason", refused.reason, "method", r.Method[:min(len(r.Method), maxMethod)],
				"host", r.Host[:min(len(r.Host), maxHost)], "client", r.RemoteAddr, "more", more)
		}
		if refused == wrongMethod {
			w.Header().Set("Allow", "GET, HEAD, POST")
		}
		g.Refuse(answer, r, refused.status, refused.text)
		return
	}
	bounds := begin(w, r)
	defer bounds.end()
	g.next.ServeHTTP(answer, bounds.request)
}

// refusal is the answer to a request that is not in order.
type refusal struct {
	status int
	reason string // for the log
	text   string
}

var (
	wrongHost = &refusal{http.StatusMisdirectedRequest, "host",
		"The console isn't available by this name. Use localhost or 127.0.0.1, or a name that its configuration has."}
	wrongMethod = &refusal{http.StatusMethodNotAllowed, "method", "The console knows the methods GET, HEAD and POST."}
	partOfPage  = &refusal{http.StatusForbidden, "part of another site's page",
		"The page of another site asked for a part of the console. Open the console in a window of its own."}
	noOrigin = &refusal{http.StatusForbidden, "no origin",
		"The request doesn't say which page it comes from. A program that makes it adds the header Sec-Fetch-Site: same-origin; a browser that doesn't send it is too old."}
	crossOrigin = &refusal{http.StatusForbidden, "cross-origin",
		"The request comes from a page of another site. Nothing was changed. Open the console's own page and try again."}
)

// check returns why a request is refused; nil: it isn't.
func (g *guard) check(r *http.Request, host string) *refusal {
	switch {
	case !g.hosts[host]:
		return wrongHost
	case r.Method == http.MethodPost:
		return g.checkOrigin(r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return wrongMethod
	case embedded(r):
		return partOfPage
	}
	return nil
}

// begin bounds the time and the body of a request.
func begin(w http.ResponseWriter, r *http.Request) *bounds {
	ctx, cancel := context.WithCancelCause(r.Context())
	b := &bounds{body: r.Body, cancel: cancel}
	b.timer = time.AfterFunc(requestTime, func() { cancel(errTooLong) })
	b.request = r.WithContext(context.WithValue(ctx, boundsKey{}, b))
	if r.Body != nil {
		b.request.Body = http.MaxBytesReader(w, r.Body, defaultMaxBody)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(requestTime)) // a test's writer has none
	return b
}

// errTooLong is the cause of the end of a request's context.
var errTooLong = errors.New("the request took too long")
