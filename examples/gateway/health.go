package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// runHealth registers the flags of gateway health and returns its runner.
func runHealth(c *cli, fs *flag.FlagSet) runner {
	data := fs.String("data", "", "the `DIR` that the gateway was started with")
	address := fs.String("metrics", "", "the `ADDRESS` of -metrics that the gateway was started with, for one without -data")
	return func([]string) int { return c.health(*data, *address) }
}

// health says whether a running gateway can serve clients, as Docker's HEALTHCHECK asks it.
func (c *cli) health(data, address string) int {
	var reasons []string
	var err error
	switch {
	case (data == "") == (address == ""):
		return c.invalid(errors.New("give -data or -metrics"))
	case data != "":
		var s *control.Status
		if s, err = statusOf(data); err == nil {
			reasons = s.NotReady
		}
	default:
		reasons, err = askReady(address)
	}
	if err != nil {
		reasons = []string{err.Error()}
	}
	if len(reasons) > 0 {
		fmt.Fprintln(c.stdout, "not ready: "+visibleLine(strings.Join(reasons, "; ")))
		return exitNo
	}
	fmt.Fprintln(c.stdout, "ready")
	return exitOK
}

// askReady asks at the address of -metrics why the gateway isn't ready.
func askReady(address string) (reasons []string, err error) {
	web := http.Client{Timeout: statusTimeout}
	answer, err := web.Get("http://" + address + "/ready")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err != nil || answer.StatusCode == http.StatusOK {
		return nil, err
	}
	return []string{strings.TrimPrefix(strings.TrimSpace(string(text)), "not ready: ")}, nil
}

// addHealth adds the pages /live and /ready. A process that answers is alive; it is ready if
// clients can be served. Neither is logged.
func (r *relayProcess) addHealth(mux *http.ServeMux) {
	page := func(w http.ResponseWriter, code int, text string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		fmt.Fprintln(w, text) // the client may have gone
	}
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) { page(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, q *http.Request) {
		if err := r.gateway.Ready(q.Context()); err != nil {
			page(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		page(w, http.StatusOK, "ready")
	})
}
