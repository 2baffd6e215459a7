package spool_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/queue/spool"
)

// BenchmarkPutRemove is the life of a message that is delivered at the first
// attempt. syncs/op is how many syncs each message cost.
func BenchmarkPutRemove(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("writers=", writers), func(b *testing.B) {
			s := openTest(b, b.TempDir(), spool.Options{})
			syncs := spool.CountSyncs(s)
			body := strings.Repeat("x", 1024)
			var ids atomic.Int64
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for i := ids.Add(1); i <= int64(b.N); i = ids.Add(1) {
						id := fmt.Sprint("M", i)
						if err := s.Put(b.Context(), message(id), strings.NewReader(body), hour()); err != nil {
							b.Error(err)
							return
						}
						if err := s.Remove(b.Context(), id, "a"); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(syncs())/float64(b.N), "syncs/op")
		})
	}
}

// BenchmarkOpen opens a spool of 100,000 messages.
func BenchmarkOpen(b *testing.B) {
	const n = 100_000
	dir := b.TempDir()
	s, err := spool.Open(dir, spool.Options{})
	if err != nil {
		b.Fatal(err)
	}
	body := strings.Repeat("x", 1024)
	var ids atomic.Int64
	done := make(chan error)
	for range 100 {
		go func() {
			for i := ids.Add(1); i <= n; i = ids.Add(1) {
				if err := s.Put(b.Context(), message(fmt.Sprint("M", i)), strings.NewReader(body), hour()); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 100 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if s, err = spool.Open(dir, spool.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start))/n, "ns/message")
	}
	s.Close()
}
