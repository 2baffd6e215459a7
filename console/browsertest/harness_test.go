package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// specimen has one of each thing that the verbs work with, and mistakes for the checks to find.
const specimen = `<!DOCTYPE html><html lang="en"><head><title>Specimen</title><link rel="icon" href="data:,"></head><body><main>
<h1>Specimen</h1>
<form method="post" action="/sent"><fieldset><legend>First</legend>
<label>Name: <input name="name" value="old"></label>
<label>Use <select name="use"><option>Custom</option><option>Internal</option><option>Internet</option></select></label>
<label><input type="checkbox" name="tls" checked> TLS</label> <label><input type="checkbox" name="basic"> Basic</label>
<label><input type="radio" name="by" value="dns" checked> DNS</label> <label><input type="radio" name="by" value="host"> Smart hosts</label>
<button name="do" value="add">Add…</button></fieldset>
<fieldset><legend>Second</legend><button name="do" value="second">Add…</button> <button disabled>Remove</button></fieldset>
</form>
<details><summary>More</summary><p>Hidden text</p></details>
<a href="/other">Other page</a> <a href="#here">Here</a> <button type="button">Nothing</button>
</main></body></html>`

// mistaken has a field without a name, text that can't be read, and a script that the policy forbids.
const mistaken = `<!DOCTYPE html><html lang="en"><head><title>Mistakes</title><link rel="icon" href="data:,"></head><body><main>
<h1>Mistakes</h1><p style="color:#eee;background:#fff">Faint</p><input name="secret"> Secret<script>document.title = "run"</script>
<a href="/other" onclick="return false">Dead</a></main></body></html>`

// specimens serves them, and shows what a form has sent.
func specimens(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	page := func(path, html string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			r.ParseForm()
			fmt.Fprint(w, strings.ReplaceAll(html, "SENT", r.PostForm.Encode()))
		})
	}
	const answer = `<!DOCTYPE html><html lang="en"><head><title>Sent</title><link rel="icon" href="data:,"></head><body><main><h1>Sent</h1><p>SENT</p></main></body></html>`
	page("GET /{$}", specimen)
	page("GET /mistaken", mistaken)
	page("GET /other", answer)
	page("POST /sent", answer)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestVerbs uses every verb on a page, with and without scripts, and reads what the form sent.
func TestVerbs(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		p := newPage(t)
		if !scripts {
			p.WithoutJavaScript()
		}
		p.Open(specimens(t) + "/")
		if p.Heading() != "Specimen" {
			t.Errorf("the heading is %q", p.Heading())
		}
		p.Type("name", "new & better")
		p.Select("Use", "internet")
		p.Clear("TLS")
		p.Check("Basic")
		p.Check("Basic")
		p.Check("Smart hosts")
		p.Click("More")
		if !strings.Contains(p.Text(), "Hidden text") {
			t.Errorf("a summary opens nothing:\n%s", p.Text())
		}
		p.Click("Nothing")
		p.Click("add", "Second")
		if want := "basic=on&by=host&do=second&name=new+%26+better&use=Internet"; p.Text() != "Sent\n"+want {
			t.Errorf("scripts %v: the form has sent\n%s, want\n%s", scripts, p.Text(), want)
		}
		if found := p.Errors(); len(found) > 0 {
			t.Errorf("errors: %q", found)
		}
	}
}

// TestChecksFind: a field without a label can't be found, a name that two things have can't either, and
// the browser and axe-core report mistakes.
func TestChecksFind(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	url := specimens(t)
	p.Open(url + "/")
	for _, name := range []string{"Add", "Remove", "Secret"} {
		if e, err := p.lookup(clickable, name); err == nil {
			t.Errorf("%q is found: %+v", name, e)
		}
	}
	p.Open(url + "/mistaken")
	if e, err := p.lookup(editable, "Secret"); err == nil {
		t.Errorf("a field without a label is found: %+v", e)
	}
	if found := strings.Join(p.Errors(), "\n"); !strings.Contains(found, "Content Security Policy") {
		t.Errorf("the blocked script isn't reported: %q", found)
	}
	found := strings.Join(p.Axe(), "\n")
	for _, rule := range []string{"label:", "color-contrast:"} {
		if !strings.Contains(found, rule) {
			t.Errorf("axe-core doesn't report %s\n%s", rule, found)
		}
	}
	if found := strings.Join(p.Axe("color-contrast", "link-in-text-block"), "\n"); !strings.Contains(found, "color-contrast:") || strings.Contains(found, "label:") {
		t.Errorf("of colours axe-core reports %s", found)
	}
}

// TestPictures: the same page gives the same picture, and a page can be printed.
func TestPictures(t *testing.T) {
	t.Parallel()
	url := specimens(t)
	var pictures []string
	for range 2 {
		p := newPage(t)
		p.Open(url + "/")
		pictures = append(pictures, string(p.Screenshot("specimen")))
		p.Print("specimen")
		p.Size(100, 900)
		if p.Wide() <= 0 {
			t.Errorf("a window of 100 pixels is wide enough: %v", p.Wide())
		}
	}
	if pictures[0] != pictures[1] {
		t.Error("two pictures of one page differ")
	}
}
