package guard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/console/internal/guard"
)

// ok is a page.
var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })

// newGuard returns a guard before next.
func newGuard(t *testing.T, o guard.Options, next http.Handler) http.Handler {
	t.Helper()
	h, err := guard.New(o, next)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask returns the answer of h to a request with header lines.
func ask(h http.Handler, method, url string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, nil)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Example: a page of another site can't make the browser of an administrator change something.
func Example() {
	h, err := guard.New(guard.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "changed")
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, site := range []string{"same-origin", "cross-site"} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8026/queues", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 changed
	// 403 The request comes from a page of another site. Nothing was changed. Open the console's own page and try again.
}

// A page of an attacker whose name resolves to a loopback address, and every other unusual Host,
// gets no page.
func TestHost(t *testing.T) {
	h := newGuard(t, guard.Options{}, ok)
	named := newGuard(t, guard.Options{Hosts: []string{"Console.contoso.com", "10.1.2.3", "[2001:db8::1]", "2001:DB8::2"}}, ok)
	for _, tc := range []struct {
		h    http.Handler
		host string
		want int
	}{
		{h, "localhost", 200}, {h, "localhost:8026", 200}, {h, "LocalHost:1", 200}, {h, "127.0.0.1", 200},
		{h, "127.0.0.1:65535", 200}, {h, "[::1]", 200}, {h, "[::1]:8026", 200},
		{h, "", 421}, {h, ":8026", 421}, {h, "localhost.evil.example", 421}, {h, "evil.example:8026", 421},
		{h, "localhost.", 421}, {h, "127.0.0.1.", 421}, {h, "127.0.0.1.nip.io", 421}, {h, "localhost:", 421},
		{h, "localhost:0", 421}, {h, "localhost:+80", 421}, {h, "localhost:080", 421}, {h, "localhost:65536", 421},
		{h, "localhost:80:80", 421}, {h, "::1", 421}, {h, "[::1", 421}, {h, "[::1]8026", 421}, {h, "[::1]:", 421},
		{h, "[::1%25lo]", 421}, {h, "[0:0:0:0:0:0:0:1]", 421}, {h, "[::ffff:127.0.0.1]", 421}, {h, "[127.0.0.1]", 421},
		{h, "127.1", 421}, {h, "0x7f.1", 421}, {h, "2130706433", 421}, {h, "0177.0.0.1", 421}, {h, "127.0.0.2", 421}, {h, "0.0.0.0", 421},
		{h, "evil@localhost", 421}, {h, "localhost@evil.example", 421}, {h, "localhost/", 421}, {h, "localhost\x00", 421},
		{h, "localhost, evil.example", 421}, {h, "löcalhost", 421}, {h, "localhost ", 421}, {h, strings.Repeat("a", 300), 421},
		{named, "console.contoso.com", 200}, {named, "CONSOLE.contoso.com:8443", 200}, {named, "10.1.2.3:8443", 200},
		{named, "[2001:db8::1]:8443", 200}, {named, "[2001:db8::2]", 200},
		{named, "localhost", 421}, {named, "contoso.com", 421}, {named, "a.console.contoso.com", 421}, {named, "console.contoso.com.", 421},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = tc.host
		w := httptest.NewRecorder()
		tc.h.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("Host %q: %d, want %d", tc.host, w.Code, tc.want)
		}
		if body := w.Body.String(); tc.want != 200 && (strings.Contains(body, "page") || tc.host != "" && len(tc.host) > 20 && strings.Contains(body, tc.host)) {
			t.Errorf("Host %q: %s", tc.host, body)
		}
	}
}

// A host of the options that no browser can name is a mistake.
func TestHostsRefused(t *testing.T) {
	for _, host := range []string{"", "localhost:8026", "*", "*.contoso.com", "https://console", "console.contoso.com.", "bücher.example", "a b", "[::1]:80", "fe80::1%eth0", "u@h"} {
		if _, err := guard.New(guard.Options{Hosts: []string{host}}, ok); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", host)) {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// A request that may change something passes only if it says that it comes from this server.
func TestCrossOrigin(t *testing.T) {
	plain := newGuard(t, guard.Options{}, ok)
	proxied := newGuard(t, guard.Options{Secure: func(*http.Request) bool { return true }}, ok)
	for _, tc := range []struct {
		h       http.Handler
		headers string // separated by |
		want    int
	}{
		{plain, "Sec-Fetch-Site: same-origin", 200},
		{plain, "Sec-Fetch-Site: none", 200},
		{plain, "Sec-Fetch-Site: same-site", 403}, // another port of localhost
		{plain, "Sec-Fetch-Site: cross-site", 403},
		{plain, "Sec-Fetch-Site: anything", 403},
		{plain, "Sec-Fetch-Site: SAME-ORIGIN", 403},
		{plain, "Sec-Fetch-Site: cross-site|Origin: http://localhost:8026", 403},
		{plain, "Origin: http://localhost:8026", 200},
		{plain, "Origin: http://localhost:9999", 403},
		{plain, "Origin: http://localhost", 403},
		{plain, "Origin: http://127.0.0.1:8026", 403},
		{plain, "Origin: http://evil.example", 403},
		{plain, "Origin: null", 403},
		{plain, "", 403},
		{plain, "Cookie: interchange-console-8026=x", 403},
		{plain, "Content-Type: text/plain", 403},
		{proxied, "Origin: https://localhost:8026", 200},
		{proxied, "Origin: http://localhost:8026", 403}, // the name without TLS
		{proxied, "Origin: http://localhost:8026|Sec-Fetch-Site: cross-site", 403},
	} {
		w := ask(tc.h, http.MethodPost, "http://localhost:8026/", strings.Split(tc.headers, "|")...)
		if w.Code != tc.want {
			t.Errorf("POST with %q: %d %s, want %d", tc.headers, w.Code, w.Body, tc.want)
		}
	}
}

// Pages of other sites open pages in a window, and load none as a part of their own.
func TestParts(t *testing.T) {
	h := newGuard(t, guard.Options{}, ok)
	for _, tc := range []struct {
		site, mode, dest string
		want             int
	}{
		{"", "", "", 200}, {"none", "navigate", "document", 200},
		{"same-origin", "no-cors", "script", 200}, {"same-origin", "cors", "empty", 200},
		{"cross-site", "navigate", "document", 200}, {"same-site", "navigate", "document", 200},
		{"cross-site", "navigate", "iframe", 403}, {"same-site", "navigate", "embed", 403}, {"cross-site", "no-cors", "image", 403},
		{"same-site", "no-cors", "script", 403}, {"same-site", "cors", "empty", 403}, {"cross-site", "", "", 403}, {"cross-site", "websocket", "websocket", 403},
	} {
		w := ask(h, http.MethodGet, "http://localhost/", "Sec-Fetch-Site: "+tc.site, "Sec-Fetch-Mode: "+tc.mode, "Sec-Fetch-Dest: "+tc.dest)
		if w.Code != tc.want {
			t.Errorf("%v: %d", tc, w.Code)
		}
	}
}

// Only GET, HEAD and POST reach a page.
func TestMethods(t *testing.T) {
	h := newGuard(t, guard.Options{}, ok)
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "QUERY"} {
		w := ask(h, method, "http://localhost/", "Sec-Fetch-Site: same-origin")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
	if w := ask(h, http.MethodHead, "http://localhost/"); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
}

// Every answer has the headers, also one that refuses and one about a panic.
func TestHeaders(t *testing.T) {
	h := newGuard(t, guard.Options{Hosts: []string{"localhost", "10.1.2.3", "console.contoso.com"}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			w.Header().Del("Content-Security-Policy")
			w.Header().Set("Content-Length", "7")
			panic("mistake")
		}
		if r.URL.Path == "/static/a.1f2e.css" {
			w.Header().Set("Cache-Control", "max-age=31536000, immutable")
		}
	}))
	for url, want := range map[string]int{
		"http://localhost/": 200, "http://evil.example/": 421, "http://localhost/panic": 500, "http://localhost/static/a.1f2e.css": 200,
		"https://localhost/": 200, "https://10.1.2.3/": 200, "https://console.contoso.com/": 200, "http://console.contoso.com/": 200,
	} {
		w := ask(h, http.MethodGet, url)
		if w.Code != want {
			t.Errorf("%s: %d", url, w.Code)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": guard.ContentSecurityPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Length": "",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q", url, name, got)
			}
		}
		if got := w.Header().Get("Cache-Control"); (got == "no-store") == strings.Contains(url, "/static/") {
			t.Errorf("%s: Cache-Control: %q", url, got)
		}
		if got := w.Header().Get("Strict-Transport-Security"); (got != "") != (url == "https://console.contoso.com/") {
			t.Errorf("%s: Strict-Transport-Security: %q", url, got)
		}
		if w.Header().Get("Permissions-Policy") == "" {
			t.Errorf("%s: no Permissions-Policy", url)
		}
	}
	for _, forbidden := range []string{"unsafe", "*", "http:", "https:"} {
		if strings.Contains(guard.ContentSecurityPolicy, forbidden) {
			t.Errorf("the policy allows %s", forbidden)
		}
	}
}

// A body has a limit, which a page may raise.
func TestBody(t *testing.T) {
	read := func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if errors.As(err, new(*http.MaxBytesError)) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		fmt.Fprint(w, n)
	}
	h := newGuard(t, guard.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/upload" {
			r = r.WithContext(context.WithValue(r.Context(), t, "as handlers do"))
			guard.SetMaxBody(w, r, 3<<20)
		}
		read(w, r)
	}))
	for _, tc := range []struct {
		path string
		size int64
		want int
	}{
		{"/", 1 << 20, 200}, {"/", 1<<20 + 1, 413}, {"/upload", 3 << 20, 200}, {"/upload", 3<<20 + 1, 413},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost"+tc.path, io.LimitReader(zeros{}, tc.size))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s with %d bytes: %d", tc.path, tc.size, w.Code)
		}
	}
}

// zeros is endless.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A request ends after a time, unless it is a stream.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newGuard(t, guard.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/events" {
				guard.Unbounded(w, r)
			}
			select {
			case <-r.Context().Done():
				fmt.Fprint(w, context.Cause(r.Context()))
			case <-time.After(time.Hour):
				fmt.Fprint(w, "an hour")
			}
		}))
		begin := time.Now()
		if w := ask(h, http.MethodGet, "http://localhost/"); w.Body.String() != "the request took too long" || time.Since(begin) > time.Minute {
			t.Errorf("%s after %v", w.Body, time.Since(begin))
		}
		if w := ask(h, http.MethodGet, "http://localhost/events"); w.Body.String() != "an hour" {
			t.Errorf("%s", w.Body)
		}
	})
}

// A client that sends a body slowly doesn't keep its handler.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan error, 1)
		h := newGuard(t, guard.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			got <- err
		}))
		client, server := net.Pipe()
		go func() { _ = http.Serve(&oneListener{server}, h) }()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		_, _ = io.WriteString(client, "POST / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n\r\nslow")
		begin := time.Now()
		if err := <-got; err == nil || time.Since(begin) > time.Minute {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		_ = client.Close()
	})
}

// oneListener accepts one connection.
type oneListener struct{ conn net.Conn }

func (l *oneListener) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l *oneListener) Close() error   { return nil }
func (l *oneListener) Addr() net.Addr { return &net.TCPAddr{} }

// A panic becomes a page and a line of the log; an answer that has begun is cut off.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	h := newGuard(t, guard.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/late":
			fmt.Fprint(w, "half a ")
		case "/flushed":
			_ = http.NewResponseController(w).Flush()
		case "/abort":
			panic(http.ErrAbortHandler)
		}
		panic("secret-looking text")
	}))
	w := ask(h, http.MethodGet, "http://localhost/early")
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "secret-looking text") || !strings.Contains(log.String(), "path=/early") || !strings.Contains(log.String(), "guard_test.go") {
		t.Errorf("log: %s", log.String())
	}
	for _, path := range []string{"/late", "/flushed", "/abort"} {
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("%s: panic %v", path, p)
				}
			}()
			ask(h, http.MethodGet, "http://localhost"+path)
		}()
	}
}

// The program's own page tells the user why a request is refused, and the log the administrator.
func TestRefuse(t *testing.T) {
	var log bytes.Buffer
	h := newGuard(t, guard.Options{
		Refuse: func(w http.ResponseWriter, _ *http.Request, status int, text string) {
			w.WriteHeader(status)
			fmt.Fprint(w, "<p>", text)
		},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}, ok)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = strings.Repeat("evil", 1000)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 421 || !strings.HasPrefix(w.Body.String(), "<p>The console isn't available by this name.") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "reason=host") || log.Len() > 1000 {
		t.Errorf("log: %s", log.String())
	}
}

// A page that makes a thousand requests doesn't fill the log.
func TestSparse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		h := newGuard(t, guard.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, ok)
		attack := func() { ask(h, http.MethodPost, "http://localhost/", "Sec-Fetch-Site: cross-site") }
		for range 1000 {
			attack()
		}
		if n := strings.Count(log.String(), "refused"); n != 10 {
			t.Errorf("%d lines", n)
		}
		time.Sleep(time.Minute)
		attack()
		if !strings.HasSuffix(log.String(), "more=990\n") {
			t.Errorf("log: %s", log.String())
		}
	})
}

// A stream outlives the write timeout of the server, and says when a client doesn't read.
func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newGuard(t, guard.Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			guard.Unbounded(w, r)
			c := http.NewResponseController(w)
			for i := range 10 {
				time.Sleep(time.Minute)
				if r.Context().Err() != nil {
					return
				}
				if i > 5 {
					_ = c.SetWriteDeadline(time.Now().Add(time.Second))
				}
				fmt.Fprintf(w, "event %d\n", i)
				if c.Flush() != nil {
					return
				}
			}
		}))
		client, server := net.Pipe()
		go func() {
			_ = (&http.Server{Handler: h, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}).Serve(&oneListener{server})
		}()
		_, _ = io.WriteString(client, "GET /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(client)
		if err != nil || !strings.Contains(string(text), "event 9") {
			t.Errorf("%v: %s", err, text)
		}
	})
}
