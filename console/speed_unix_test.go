//go:build unix

package console

import (
	"fmt"
	"os"
	"path/filepath"
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
func openMany(b *testing.B) *tester {
	c := newTester(new(testing.T), large(manyConnectors), withGateway(newFakeGateway(manyMessages)), func(o *Options) { o.Versions = filepath.Join(b.TempDir(), "versions") })
	c.age(b)
	b.Cleanup(c.console.Close)
	return c
}

// age makes the policy's file old.
func (b *tester) age(tb testing.TB) {
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(b.file, old, old); err != nil {
		tb.Fatal(err)
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
		"/findings", "/ask?remote=10.11.2.3&local=10.2.3.4:25&ehlo=scanner&from=scan%40contoso.com&to=boss%40example.com",
		"/map", "/map.svg", "/access", "/replay", "/audit", "/tracking", "/shell",
		"/queues", "/messages", "/messages?n=1000", "/messages?p=Subject&o=like&v=9&sort=-Subject", "/messages/L6HP0077",
	} {
		if a := b.get(page); a.status == 404 {
			bench.Logf("%s isn't there", page)
			continue
		}
		for deadline := time.Now().Add(time.Minute); strings.Contains(b.get(page).body, "being computed") && time.Now().Before(deadline); {
			time.Sleep(50 * time.Millisecond)
		}
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
		for strings.Contains(b.get(review.page).body, "being computed") {
			time.Sleep(50 * time.Millisecond)
		}
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
			for strings.Contains(b.get(review.page).body, "being computed") {
				time.Sleep(50 * time.Millisecond)
			}
		}, func() answer { return b.post(review.page) })
	})
	bench.Run("history", func(bench *testing.B) {
		b.measure(bench, nil, func() answer { return b.get("/history") })
	})
	bench.Run("undo", func(bench *testing.B) {
		b.measure(bench, nil, func() answer { return b.post("/undo") })
	})
}
