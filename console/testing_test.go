package console

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// tester is a console with one policy file, and a browser without scripts whose user has a role.
type tester struct {
	testing.TB
	console *Console
	file    string // the policy
	role    Role   // of the user of the next requests
	session string // and the session
	log     *strings.Builder
}

// newTester returns a console for a policy of shell commands. more changes its options.
func newTester(t testing.TB, policy string, more ...func(*Options)) *tester {
	t.Helper()
	b := &tester{TB: t, file: filepath.Join(t.TempDir(), "policy.ps1"), role: Change, session: "one", log: new(strings.Builder)}
	if err := os.WriteFile(b.file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Files:        []string{b.file},
		Authenticate: func(*http.Request) (User, error) { return User{Name: "anna", Role: b.role, Session: b.session}, nil },
		Logger:       slog.New(slog.NewTextHandler(b.log, nil)),
		Now:          func() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) },
	}
	for _, change := range more {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b.console = c
	return b
}

// answer is a page as the browser got it.
type answer struct {
	status int
	header http.Header
	page   string // after redirects
	body   string
}

// get asks for a page and follows redirects.
func (b *tester) get(page string) answer {
	b.Helper()
	return b.send(httptest.NewRequest("GET", "http://localhost"+page, nil))
}

// post sends a form, given as name, value, and follows redirects.
func (b *tester) post(page string, form ...string) answer {
	b.Helper()
	values := make(url.Values)
	for i := 0; i+1 < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	r := httptest.NewRequest("POST", "http://localhost"+page, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

func (b *tester) send(r *http.Request) answer {
	b.Helper()
	w := httptest.NewRecorder()
	b.console.ServeHTTP(w, r)
	result := w.Result()
	if at := result.Header.Get("Location"); at != "" && result.StatusCode == http.StatusSeeOther {
		return b.get(at)
	}
	body, err := io.ReadAll(result.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{result.StatusCode, result.Header, r.URL.RequestURI(), string(body)}
}

// policy returns the text of the policy's file.
func (b *tester) policy() string {
	b.Helper()
	text, err := os.ReadFile(b.file)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// expect fails the test unless the page has the status and contains all texts.
func (b *tester) expect(a answer, status int, texts ...string) {
	b.Helper()
	if a.status != status {
		b.Errorf("%s: status %d, want %d:\n%s", a.page, a.status, status, plain(a.body))
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) && !strings.Contains(plain(a.body), text) {
			b.Errorf("%s: no %q on the page:\n%s", a.page, text, plain(a.body))
		}
	}
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// plain returns the text of a page without its tags.
func plain(page string) string {
	text := spaces.ReplaceAllString(tags.ReplaceAllString(page, " "), " ")
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&", "&#43;", "+").Replace(text)
}
