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
