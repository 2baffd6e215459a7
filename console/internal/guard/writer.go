package guard

import (
	"net/http"
	"runtime/debug"
)

// writer notes whether an answer has begun.
type writer struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	w.begun = w.begun || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// FlushError sends what is written; http.ResponseController calls it.
func (w *writer) FlushError() error {
	w.begun = true
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap returns the server's writer to http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// recover turns a panic of a handler into an answer. An answer that has begun is cut off, so that
// the browser doesn't take it for a whole one.
func (g *guard) recover(w *writer, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	g.Logger.Error("page of the console panicked", "path", r.URL.Path, "method", r.Method, "panic", p, "stack", string(debug.Stack()))
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	setHeaders(w.Header(), hostName(r.Host), g.Secure(r)) // the handler may have changed them
	w.Header().Del("Content-Length")
	w.Header().Del("Content-Encoding")
	g.Refuse(w, r, http.StatusInternalServerError, "The console made a mistake. The log of the program that runs it says more.")
}
