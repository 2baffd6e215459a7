//go:build unix

package console

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyConnectors is the size of the policy that the pages are measured with.
const manyConnectors = 1000

// manyMessages is the size of the queue.
const manyMessages = 20_000

// openMany returns a console on a policy of many connectors and a gateway with many messages. The policy's file is
// old, as most are: one that changed a moment ago is compared by its content.
func openMany(tb testing.TB) *tester {
	b := newTester(tb, large(manyConnectors), withGateway(newFakeGateway(manyMessages)), withTracking(tb, nil))
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(b.file, old, old); err != nil {
		tb.Fatal(err)
	}
	return b
}

// whole asks for a page until nothing on it is being computed.
func (b *tester) whole(page string) answer {
	for {
		a := b.get(page)
		if !strings.Contains(a.body, "data-wait") && !strings.Contains(a.body, "eing computed") {
			return a
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// cpu returns the processor time that the process has used.
func cpu() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// measure reports the processor time of a page, beside the time that passes: on a busy machine, others have the
// rest. before is not measured.
func (b *tester) measure(bench *testing.B, before func(), ask func() answer) {
	var used, passed time.Duration
	for range bench.N {
		if before != nil {
			before()
		}
		start, began := cpu(), time.Now()
		a := ask()
		used, passed = used+cpu()-start, passed+time.Since(began)
		if a.status != 200 {
			bench.Fatalf("%s: %d\n%s", a.page, a.status, plain(a.body))
		}
	}
	bench.ReportMetric(float64(used.Microseconds())/1000/float64(bench.N), "cpu-ms/op")
	bench.ReportMetric(float64(passed.Microseconds())/1000/float64(bench.N), "ms/op")
	bench.ReportMetric(0, "ns/op")
}

// BenchmarkPages measures each page that only shows something.
func BenchmarkPages(bench *testing.B) {
	b := openMany(bench)
	for _, page := range []string{
		"/", "/organization", "/organization?filter=To+77", "/organization?selected=To+77", "/server", "/server?selected=From+77",
		"/parameters?kind=receive&id=localhost%5CFrom+77", "/parameters?kind=send&id=To+77",
		"/findings", "/ask", "/ask?remote=10.11.2.3&local=10.2.3.4:25&ehlo=scanner&from=scan%40contoso.com&to=boss%40example.com",
		"/map", "/map?only=From+7", "/map.svg", "/access", "/access?connector=From+7&held=on",
		"/access/why?connector=From+7&principal=S-1-5-7&right=ms-Exch-SMTP-Submit", "/access.csv", "/replay", "/audit", "/shell",
		"/queues", "/messages", "/messages?n=1000", "/messages?p=Subject&o=like&v=9&sort=-Subject", "/messages/L6HP0077",
		"/tracking", "/tracking?from=ann",
	} {
		b.whole(page)
		bench.Run(strings.NewReplacer("/", "_", "?", "_").Replace(page), func(bench *testing.B) {
			b.measure(bench, nil, func() answer { return b.get(page) })
		})
	}
}

// BenchmarkChange measures the pages on the way of a change.
func BenchmarkChange(bench *testing.B) {
	b := openMany(bench)
	enable := []string{"noun", "SendConnector", "id", "To 77", "enabled", "false", "back", "/organization"}
	bench.Run("propose", func(bench *testing.B) {
		b.measure(bench, nil, func() answer { return b.post("/enable", enable...) })
	})
	bench.Run("review", func(bench *testing.B) {
		review := b.post("/enable", enable...)
		b.whole(review.page)
		for _, page := range []string{review.page, review.page + "/map.svg"} {
			bench.Run(filepath.Base(page)[:3], func(bench *testing.B) { b.measure(bench, nil, func() answer { return b.get(page) }) })
		}
	})
	enabled := true
	bench.Run("apply", func(bench *testing.B) {
		var review answer
		b.measure(bench, func() {
			enabled = !enabled
			enable[5] = fmt.Sprint(enabled)
			review = b.post("/enable", enable...)
			b.whole(review.page)
		}, func() answer { return b.post(review.page) })
	})
	bench.Run("history", func(bench *testing.B) {
		b.measure(bench, nil, func() answer { return b.get("/history") })
	})
	bench.Run("undo", func(bench *testing.B) {
		b.measure(bench, nil, func() answer { return b.post("/undo") })
	})
}

// BenchmarkFirst measures a page that a console shows first, until nothing on it is being computed.
func BenchmarkFirst(bench *testing.B) {
	for _, page := range []string{"/organization", "/findings", "/access", "/map", "/ask?remote=10.11.2.3&local=10.2.3.4:25&from=scan%40contoso.com&to=boss%40example.com", "/queues", "/messages"} {
		bench.Run(strings.NewReplacer("/", "_", "?", "_").Replace(page), func(bench *testing.B) {
			var b *tester
			b.measure(bench, func() { b = openMany(bench) }, func() answer { return b.whole(page) })
		})
	}
}

// BenchmarkWizard measures the pages of a wizard: the button on each with the page that follows it.
func BenchmarkWizard(bench *testing.B) {
	b := openMany(bench)
	used := map[string]time.Duration{}
	var w *wizard
	step := func(name string, do func()) {
		start := cpu()
		do()
		used[name] += cpu() - start
		w.wait()
	}
	for i := range bench.N {
		step("open", func() { w = b.open("dialog", "send-connector", "back", "/organization") })
		step("introduction", func() {
			w.click("Next", "", fmt.Sprint("Name=New ", i), "Select the intended use for this connector=Internet")
		})
		step("add", func() { w.click("Add", "") })
		step("spaces", func() { w.click("Next", "", fmt.Sprintf("Address=new%d.example", i)) })
		step("network", func() { w.click("Next", "") })
		step("servers", func() { w.click("Next", "") })
		step("summary", func() { w.answer = w.get(w.page) })
		step("new", func() { w.click("New", "") })
		w.on("Completion")
	}
	for name, all := range used {
		bench.ReportMetric(float64(all.Microseconds())/1000/float64(bench.N), name+"-cpu-ms")
	}
	bench.ReportMetric(0, "ns/op")
}

// BenchmarkMemory measures the heap with everything full that the console keeps in memory.
func BenchmarkMemory(bench *testing.B) {
	b := openMany(bench)
	heap := func(when string) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		bench.ReportMetric(float64(m.HeapAlloc)/(1<<20), when+"-MB")
	}
	heap("empty")
	b.whole("/findings")
	heap("one")
	for i := range 16 {
		if err := os.WriteFile(b.file, fmt.Appendf(nil, "%s# %d\n", large(manyConnectors), i), 0o600); err != nil {
			bench.Fatal(err)
		}
		b.whole("/findings")
	}
	heap("versions")
	for i := range 500 {
		b.session = fmt.Sprint(i / 50)
		b.open("dialog", "receive-properties", "id", fmt.Sprintf(`localhost\From %d`, i), "back", "/server")
	}
	heap("drafts")
	for i := range maxProposals {
		b.session = fmt.Sprint(i / maxSessionProposed)
		b.whole(b.post("/enable", "noun", "SendConnector", "id", fmt.Sprintf("To %d", i), "enabled", "false").page)
	}
	heap("proposals")
	for i := range maxWorks {
		w := b.open("dialog", "relay", "id", fmt.Sprintf(`localhost\From %d`, i), "back", "/server")
		w.click("Next", "")
		w.on("Grant")
	}
	heap("summaries")
	bench.ReportMetric(0, "ns/op")
	runtime.KeepAlive(b)
}
