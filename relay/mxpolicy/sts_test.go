package mxpolicy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/event"
)

// What owners publish, and what is required then.
func TestSTS(t *testing.T) {
	valid := "a valid certificate"
	for _, tc := range []struct {
		name, host string
		set        func(o *owner)
		want       string
		failure    string // of the fetch
	}{
		{"enforce", "mx.example.com", nil, valid, ""},
		{"enforce, by a wildcard", "a.example.net", nil, valid, ""},
		{"enforce, another host", "mx.example.org", nil, "no mail: the MTA-STS policy of example.com doesn't name it; it names mx.example.com, *.example.net", ""},
		{"testing", "mx.example.com", func(o *owner) { o.answer = text(strings.Replace(policyText, "enforce", "testing", 1)) }, "nothing, tested: a valid certificate", ""},
		{"testing, another host", "mx.example.org", func(o *owner) { o.answer = text(strings.Replace(policyText, "enforce", "testing", 1)) },
			"nothing, tested: no mail", ""},
		{"none", "mx.example.com", func(o *owner) { o.answer = text(strings.Replace(policyText, "enforce", "none", 1)) }, "nothing", ""},
		{"no record", "mx.example.com", func(o *owner) { o.txt = nil }, "nothing", ""},
		{"two records", "mx.example.com", func(o *owner) { o.txt = append(o.txt, o.txt...) }, "nothing", ""},
		{"no answer for the record", "mx.example.com", func(o *owner) { o.noTXT = errors.New("timeout") }, "nothing", ""},
		{"not found", "mx.example.com", func(o *owner) { o.answer = func(w http.ResponseWriter) { http.Error(w, "no", http.StatusNotFound) } }, "nothing", "404"},
		{"redirected", "mx.example.com", func(o *owner) {
			o.answer = func(w http.ResponseWriter) {
				w.Header().Set("Location", "https://mta-sts.example.com/other")
				w.WriteHeader(http.StatusMovedPermanently)
			}
		}, "nothing", "redirects (301)"},
		{"HTML", "mx.example.com", func(o *owner) {
			o.answer = func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, policyText) }
		}, "nothing", "not text/plain"},
		{"no content type", "mx.example.com", func(o *owner) {
			o.answer = func(w http.ResponseWriter) { w.Header()["Content-Type"] = nil; fmt.Fprint(w, policyText) }
		}, "nothing", "not text/plain"},
		{"too large", "mx.example.com", func(o *owner) { o.answer = text(policyText + strings.Repeat("# : \r\n", maxPolicy/6)) }, "nothing", "more than 65536 bytes"},
		{"as large as possible", "mx.example.com", func(o *owner) {
			o.answer = text(policyText + strings.Repeat("x: y\r\n", (maxPolicy-len(policyText))/6))
		}, valid, ""},
		{"not a policy", "mx.example.com", func(o *owner) { o.answer = text("mode: enforce") }, "nothing", "no version"},
	} {
		o := newOwner(t, "mta-sts.example.com")
		if tc.set != nil {
			o.set(func() { tc.set(o) })
		}
		if got := required(t, o.policies(""), tc.host); !strings.HasPrefix(got, tc.want) || tc.want == "nothing" && got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if tc.failure == "" {
			continue
		}
		if e := o.next(event.STSFetchFailed); e.Domain != "example.com" || e.Detail != "sending without it" || !e.Until.IsZero() ||
			!strings.HasPrefix(e.Err.Error(), "https://mta-sts.example.com/.well-known/mta-sts.txt: ") || !strings.Contains(e.Err.Error(), tc.failure) {
			t.Errorf("%s: %+v, want %q", tc.name, e, tc.failure)
		}
	}
	o := newOwner(t, "www.example.com")
	if got := required(t, o.policies(""), "mx.example.com"); got != "nothing" {
		t.Errorf("a web server with another name: %s", got)
	}
	o = newOwner(t, "mta-sts.example.com")
	p := o.policies("")
	p.RootCAs = newOwner(t, "x.example").authority.Pool()
	if got := required(t, p, "mx.example.com"); got != "nothing" {
		t.Errorf("a web server of an unknown authority: %s", got)
	}
}

// A policy is kept: over failures, over a restart, and until its time is over. It is replaced when
// the owner announces another one, and fetched again each day.
func TestSTSKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mta-sts.json")
	o := newOwner(t, "mta-sts.example.com")
	p := o.policies(file)
	expect := func(what, want string, lookups, fetches int) {
		t.Helper()
		if got := required(t, p, "mx.example.com"); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
		o.set(func() {
			if o.lookups != lookups || o.fetches != fetches {
				t.Errorf("%s: %d look-ups and %d fetches, want %d and %d", what, o.lookups, o.fetches, lookups, fetches)
			}
		})
	}
	later := func(d time.Duration) { o.set(func() { o.time = o.time.Add(d) }) }
	valid := "a valid certificate"
	fetched := func(mode string) (until time.Time) {
		t.Helper()
		e := o.next(event.STSFetched)
		if e.Domain != "example.com" || e.Detail != mode || !e.Until.Equal(o.time.Add(604800*time.Second)) {
			t.Errorf("%+v", e)
		}
		return e.Until
	}
	expect("the first time", valid, 1, 1)
	until := fetched("enforce")
	expect("again", valid, 1, 1)
	later(checkEvery)
	expect("minutes later", valid, 2, 1)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	o.set(func() { o.txt, o.answer = nil, func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) } })
	p = o.policies(file)
	expect("after a restart, without a record", valid, 3, 1)
	later(checkEvery)
	o.set(func() { o.txt = []string{"v=STSv1; id=2"} })
	expect("another one can't be fetched", valid, 4, 2)
	if e := o.next(event.STSFetchFailed); e.Domain != "example.com" || e.Detail != "the previous one goes on to hold" || !e.Until.Equal(until) || !strings.Contains(e.Err.Error(), "502") {
		t.Errorf("%+v", e)
	}
	expect("and isn't tried at once", valid, 4, 2)
	later(checkEvery)
	o.set(func() { o.answer = text(strings.Replace(policyText, "enforce", "none", 1)) })
	expect("another one", "nothing", 5, 3)
	fetched("none")
	later(checkEvery)
	o.set(func() { o.txt, o.answer = []string{"v=STSv1; id=3"}, text(policyText) })
	expect("and the next", valid, 6, 4)
	fetched("enforce")

	later(refreshEvery / 2)
	p.refreshAll()
	o.set(func() {
		if o.fetches != 4 {
			t.Errorf("fetched after half a day")
		}
	})
	later(refreshEvery / 2)
	p.refreshAll()
	expect("refreshed", valid, 7, 5)
	later(604800*time.Second - 1)
	o.set(func() { o.txt = nil })
	expect("shortly before its end", valid, 8, 5)
	later(time.Second)
	expect("at its end", "nothing", 8, 5)
	if err := p.Close(); err != nil || len(o.events) > 0 {
		t.Errorf("%v; %d more events", err, len(o.events))
	}
}

// Deliveries that ask at the same time share one look-up, and one that gives up harms no other.
func TestSTSShared(t *testing.T) {
	o := newOwner(t, "mta-sts.example.com")
	begun, release := make(chan struct{}), make(chan struct{})
	o.answer = func(w http.ResponseWriter) {
		close(begun)
		<-release
		text(policyText)(w)
	}
	p := o.policies("")
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan string)
	go func() {
		gaveUp <- outcome(p.ForHosts(ctx, delivery.MailDomain{Name: "example.com", Hosts: []string{"mx.example.com"}, MTASTS: true}))
	}()
	<-begun
	cancel()
	if got := <-gaveUp; got != "nothing" {
		t.Errorf("gave up: %s", got)
	}
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if got := required(t, p, "mx.example.com"); got != "a valid certificate" {
				t.Error(got)
			}
		})
	}
	close(release)
	all.Wait()
	o.set(func() {
		if o.fetches != 1 || o.lookups != 1 {
			t.Errorf("%d look-ups and %d fetches", o.lookups, o.fetches)
		}
	})
}

// While a policy is fetched again, mail goes on by the one that holds.
func TestSTSRefreshInBackground(t *testing.T) {
	o := newOwner(t, "mta-sts.example.com")
	p := o.policies("")
	if got := required(t, p, "mx.example.com"); got != "a valid certificate" {
		t.Fatal(got)
	}
	begun, release := make(chan struct{}), make(chan struct{})
	o.set(func() {
		o.time = o.time.Add(refreshEvery)
		o.answer = func(w http.ResponseWriter) {
			o.mu.Unlock()
			close(begun)
			<-release
			o.mu.Lock()
			text(strings.Replace(policyText, "enforce", "none", 1))(w)
		}
	})
	refreshed := make(chan struct{})
	go func() {
		p.refreshAll()
		close(refreshed)
	}()
	<-begun
	if got := required(t, p, "mx.example.com"); got != "a valid certificate" {
		t.Error(got)
	}
	close(release)
	<-refreshed
	if got := required(t, p, "mx.example.com"); got != "nothing" {
		t.Error(got)
	}
}

// The number of domains that are remembered is bounded; those with a policy stay longest.
func TestSTSBounded(t *testing.T) {
	p := &Policies{domains: make(map[string]*stsDomain)}
	now := time.Now()
	for i := range maxDomains + 100 {
		d := p.domain(fmt.Sprint(i, ".example"))
		d.used = now.Add(time.Duration(i) * time.Second)
		if i%2 == 0 {
			d.policy = &KeptSTS{STS: STS{MaxAge: time.Hour}, Fetched: now}
		}
	}
	if n := len(p.domains); n > maxDomains {
		t.Errorf("%d domains", n)
	}
	if p.domains["0.example"] == nil {
		t.Error("a policy was forgotten, though domains without one were remembered")
	}
	for i := range 2 * maxDomains {
		d := p.domain(fmt.Sprint(i, ".example.net"))
		d.policy, d.used = &KeptSTS{STS: STS{MaxAge: time.Hour}, Fetched: now}, now.Add(time.Duration(maxDomains+i)*time.Second)
	}
	if n := len(p.domains); n > maxDomains || n < maxDomains/2 || p.domains["0.example"] != nil {
		t.Errorf("%d domains", n)
	}
}

// The bytes of the policies are bounded, in memory and in the File, which can be read again: those to which no
// mail went for longest are forgotten.
func TestSTSBytesBounded(t *testing.T) {
	o := newOwner(t, "mta-sts.example.com")
	file := filepath.Join(t.TempDir(), "mta-sts.json")
	p := o.policies(file)
	p.kept = 190 << 10
	p.starting.Do(p.start)
	long := strings.Repeat(strings.Repeat("a", 60)+".", 4) + "example" // 251 characters
	p.mu.Lock()
	for i := range 9 {
		d := p.domain(fmt.Sprint(i, ".example"))
		d.used = o.time.Add(-time.Duration(i+1) * time.Hour) // the first one last
		d.set(fmt.Sprint(i, ".example"), &KeptSTS{STS: STS{Mode: ModeEnforce, MX: slices.Repeat([]string{long}, 80), MaxAge: time.Hour}, Fetched: o.time})
	}
	p.mu.Unlock()
	if got := required(t, p, "mx.example.com"); got != "a valid certificate" { // a policy is fetched, which needs room
		t.Error(got)
	}
	if p.domains["example.com"] == nil || p.domains["0.example"] == nil || p.domains["6.example"] == nil || p.domains["8.example"] != nil {
		t.Errorf("kept: %v", slices.Sorted(maps.Keys(p.domains)))
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() > int64(p.kept) {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	again := o.policies(file)
	again.kept = 100 << 10
	again.starting.Do(again.start)
	if again.domains["example.com"] == nil || again.domains["0.example"] == nil || again.domains["6.example"] != nil {
		t.Errorf("kept of a larger file: %v", slices.Sorted(maps.Keys(again.domains)))
	}
}

// No policy has more bytes in the File than are counted for it.
func TestSTSSize(t *testing.T) {
	name := strings.Repeat("a", 253)
	year := time.Date(2026, 11, 30, 23, 59, 59, 999_999_999, time.UTC)
	for _, n := range []int{0, 1, maxMX} {
		p := &Policies{now: func() time.Time { return year }, domains: make(map[string]*stsDomain)}
		d := p.domain(name)
		d.used = year
		d.set(name, &KeptSTS{ID: strings.Repeat("1", 32), STS: STS{Mode: ModeTesting, MX: slices.Repeat([]string{"a"}, n), MaxAge: maxAge * time.Second}, Fetched: year})
		if text, err := p.text(); err != nil || len(text) > d.size {
			t.Errorf("%d mx: %d bytes in the File, counted as %d, %v", n, len(text), d.size, err)
		}
	}
	if maxKept > maxFile/2 {
		t.Error("a File that is written may be too large to be read")
	}
}
