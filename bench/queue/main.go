// Queue measures what making a message durable costs, and removing it again:
// the spool's journal beside a file for each message and beside bbolt, by
// writers and size, the stores in turn within each round so that the disk's
// drift affects all. It prints medians.
//
//	go run ./queue -dir DIR        (in the folder bench, with GOWORK=off)
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", os.TempDir(), "a directory on the disk to measure")
	rounds := flag.Int("rounds", 5, "rounds; medians are taken over them")
	length := flag.Duration("time", 500*time.Millisecond, "how long each run takes")
	flag.Parse()

	stores := []struct {
		name string
		open func(dir string) store
	}{
		{"journal (spool)", openSpool},
		{"file per message", openFiles},
		{"bbolt", openBolt},
	}
	fmt.Printf("GOMAXPROCS %d, %s; %d rounds of %v; messages put (durable) and removed a second, median (min..max)\n",
		runtime.GOMAXPROCS(0), runtime.Version(), *rounds, *length)
	for _, size := range []int{1 << 10, 64 << 10} {
		for _, writers := range []int{1, 16, 64} {
			rates := make([][]float64, len(stores))
			for range *rounds {
				for i, s := range stores {
					rates[i] = append(rates[i], run(*dir, s.open, writers, size, *length))
				}
			}
			for i, s := range stores {
				slices.Sort(rates[i])
				fmt.Printf("%2d KiB, %2d writers  %-17s %7.0f (%.0f..%.0f)\n", size>>10, writers, s.name,
					median(rates[i]), rates[i][0], rates[i][len(rates[i])-1])
			}
		}
	}
}

// median is that of sorted values.
func median(values []float64) float64 { return values[len(values)/2] }

// run returns how many messages a second writers put into a new store, and
// remove again.
func run(dir string, open func(string) store, writers, size int, length time.Duration) float64 {
	dir, err := os.MkdirTemp(dir, "queue")
	check(err)
	defer os.RemoveAll(dir)
	s := open(dir)
	body := bytes.Repeat([]byte("0123456789abcd\r\n"), size/16)
	var done atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for w := range writers {
		wg.Go(func() {
			for i := 0; time.Since(start) < length; i++ {
				id := fmt.Sprintf("W%d-%d", w, i)
				check(s.put(id, body, writers))
				check(s.remove(id))
				done.Add(1)
			}
		})
	}
	wg.Wait()
	rate := float64(done.Load()) / time.Since(start).Seconds()
	check(s.close())
	return rate
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
