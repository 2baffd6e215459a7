package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// registered finds the routes in the source.
var registered = regexp.MustCompile(`c\.handle\(mux, "([A-Z]+) ([^"]+)", (\w+),`)

// routeRole returns the role that a route must ask for: View to look, Change for all else, with few exceptions.
func routeRole(route string) Role {
	switch route {
	case "POST /shell", "POST /replay": // a viewer's commands run on a copy; a log changes nothing
		return View
	case "POST /queues", "POST /messages", "GET /messages/{id}/content.eml": // the content of mail isn't a viewer's
		return Operate
	}
	if strings.HasPrefix(route, "POST ") || strings.HasPrefix(route, "GET /changes/") || strings.HasPrefix(route, "GET /drafts/") {
		return Change
	}
	return View
}

// TestRoutes: every page in the source refuses users with a smaller role than it needs, lets others in, and changes
// nothing by GET.
func TestRoutes(t *testing.T) {
	g := newFakeGateway(3)
	b := newTester(t, relayed, withGateway(g))
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := 0
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "mux.Handle"); n > 0 && file != "console.go" && file != "request.go" {
			t.Errorf("%s registers a page without c.handle, which asks for a role", file)
		}
		for _, m := range registered.FindAllStringSubmatch(string(text), -1) {
			routes++
			method, need := m[1], routeRole(m[1]+" "+m[2])
			page := strings.NewReplacer("{id}", "none", "{page}", "introduction", "{$}", "").Replace(m[2])
			for _, b.role = range []Role{0, View, Operate, Change} {
				w, proposed := httptest.NewRecorder(), len(b.console.proposals.list)
				r := httptest.NewRequest(method, "http://localhost"+page, strings.NewReader(url.Values{"commands": {"$null"}}.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				b.console.ServeHTTP(w, r)
				refused := w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized
				if refused != (b.role < need) {
					t.Errorf("%s %s by %v: %d", method, m[2], b.role, w.Code)
				}
				if method == "GET" && (b.policy() != relayed || g.changed() != "" || len(b.console.proposals.list) != proposed) {
					t.Errorf("GET %s has changed something", m[2])
				}
			}
		}
	}
	if routes < 40 {
		t.Errorf("only %d routes were found", routes)
	}
}

// TestBackStaysHere: no form leads to another host, whatever it says.
func TestBackStaysHere(t *testing.T) {
	for page, want := range map[string]string{
		"/queues?page=2": "/queues?page=2", "//evil.example": "/", "/\t/evil.example": "/", "/\n/evil.example": "/", "/\x00/evil.example": "/",
		`/\evil.example`: "/", "https://evil.example": "/", "": "/",
	} {
		r := httptest.NewRequest("POST", "http://localhost/", strings.NewReader(url.Values{"back": {page}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got := (&request{Request: r}).back("/"); got != want {
			t.Errorf("back to %q leads to %q, want %q", page, got, want)
		}
	}
}

// TestLongFileName: the name of an uploaded log doesn't fill the memory, the page or the log.
func TestLongFileName(t *testing.T) {
	b := newTester(t, office)
	form := fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"log\"; filename=\"%s\"\r\n\r\n%s\r\n--x--\r\n", strings.Repeat("é", 1<<16), mailLog)
	r := httptest.NewRequest("POST", "http://localhost/replay", strings.NewReader(form))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	b.expect(b.send(r), http.StatusOK, strings.Repeat("é", maxFileName/2))
	if name := b.console.replays.list[0].File; len(name) > maxFileName {
		t.Errorf("a name of %d bytes is kept", len(name))
	}
}
