package console

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestWorks: requests for the same result share its computation, two run at once, the oldest results are dropped, and a
// panic ends the requests that ask for the result.
func TestWorks(t *testing.T) {
	r := &request{Request: httptest.NewRequest("GET", "/", nil), c: new(Console)}
	release := make(chan struct{})
	var mu sync.Mutex
	running, most, times := 0, 0, 0
	slow := func() int {
		mu.Lock()
		running, times = running+1, times+1
		most = max(most, running)
		mu.Unlock()
		<-release
		mu.Lock()
		running--
		mu.Unlock()
		return 7
	}
	for range 2 {
		for i := range maxWorks {
			if _, ok, err := computed(r, fmt.Sprint(i), slow); ok || err != nil {
				t.Fatalf("%v %v", ok, err)
			}
		}
	}
	if _, _, err := computed(r, "one more", slow); err != errTooMuch {
		t.Errorf("beyond the limit: %v", err)
	}
	for full := false; !full; time.Sleep(time.Millisecond) { // two run, and wait
		mu.Lock()
		full = running == maxWorking
		mu.Unlock()
	}
	close(release)
	for i := range maxWorks {
		r.end = time.Now().Add(time.Minute)
		if n, ok, err := computed(r, fmt.Sprint(i), slow); n != 7 || !ok || err != nil {
			t.Errorf("%d %v %v", n, ok, err)
		}
	}
	if n, ok, _ := computed(r, "one more", slow); n != 7 || !ok || most != maxWorking || times != maxWorks+1 || len(r.c.works.list) != maxWorks {
		t.Errorf("%d %v; %d at once, %d computed, %d kept", n, ok, most, times, len(r.c.works.list))
	}
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "broken") {
			t.Errorf("no panic: %v", v)
		}
	}()
	computed(r, "panic", func() int { panic("broken") })
}

// BenchmarkTools measures the pages that look into a policy with 1,000 connectors, when their results are computed.
func BenchmarkTools(bench *testing.B) {
	var policy strings.Builder
	policy.WriteString(large(1000))
	for i := range 50 {
		fmt.Fprintf(&policy, "Get-ReceiveConnector 'From %d' | Add-ADPermission -User 'NT AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient\n", i)
	}
	b := newTester(new(testing.T), policy.String())
	for _, page := range []string{
		"/ask", "/ask?remote=10.10.200.7&from=a%40contoso.com&to=b%40d7.example", "/findings", "/map", "/map?only=From+7", "/map.svg", "/access",
		"/access?connector=From+7&held=on", "/access/why?connector=From+7&principal=S-1-5-7&right=ms-Exch-SMTP-Submit", "/access.csv", "/audit", "/replay",
	} {
		began := time.Now()
		first := b.get(page)
		took := time.Since(began)
		for end := time.Now().Add(time.Minute); strings.Contains(first.body, "being computed") && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			first = b.get(page)
		}
		bench.Run(strings.Trim(page, "/"), func(bench *testing.B) {
			for bench.Loop() {
				b.get(page)
			}
			bench.ReportMetric(float64(took.Milliseconds()), "ms/first")
		})
	}
}
