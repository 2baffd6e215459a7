package main

import (
	"fmt"
	"net/smtp"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	reloadSpaces = 10_000                 // address spaces of the policy that is loaded
	reloadEvery  = 100 * time.Millisecond // one that is under way isn't overtaken
)

// reload loads the relay with a policy of many address spaces, half of the
// sessions keeping their connections, and compares the latencies while nothing
// else happens with those while the policy is loaded over and over.
func (b *bench) reload(r *peer, period time.Duration) {
	p, clean := r.start(b.dir)
	defer clean()
	config := p.cmd.Args[slices.Index(p.cmd.Args, "-config")+1]
	write := func() {
		check(os.WriteFile(config+".new", gatewayConfig(r.addr, false, reloadSpaces), 0o600))
		check(os.Rename(config+".new", config))
	}
	write()
	check(p.cmd.Process.Signal(syscall.SIGHUP))
	time.Sleep(time.Second)
	fmt.Printf("\nReload under load: %s, 10 sessions, %d address spaces, every %v\n", r.name, reloadSpaces, reloadEvery)
	quiet := steady(r.addr, period, func() {})
	loads := p.logged("msg=reloaded")
	loading := steady(r.addr, period, func() { check(p.cmd.Process.Signal(syscall.SIGHUP)) })
	loads = p.logged("msg=reloaded") - loads
	quiet.print("without")
	loading.print(fmt.Sprintf("with %d", loads))
	if loading.failed > 0 {
		fmt.Println("15 MISSED: messages were not taken")
	}
	target{what: "15 p99 of RCPT, loading / not", got: quantile(loading.rcpt, 0.99) / quantile(quiet.rcpt, 0.99), must: 2, ambitious: 1.1, unit: "x", atMost: true}.print()
}

// logged counts the lines of a program's output with a text.
func (p *process) logged(text string) int {
	data, err := os.ReadFile(p.output)
	check(err)
	return strings.Count(string(data), text)
}

// latencies are the times that a client waited, in milliseconds.
type latencies struct {
	rcpt, whole []float64
	failed      int
	first       error
}

func (l latencies) print(what string) {
	fmt.Printf("%-12s %6d messages, %d failed; RCPT p50 %.3f ms p99 %.3f ms, message p50 %.3f ms p99 %.3f ms\n", what, len(l.whole), l.failed,
		quantile(l.rcpt, 0.5), quantile(l.rcpt, 0.99), quantile(l.whole, 0.5), quantile(l.whole, 0.99))
	if l.first != nil {
		fmt.Println("  the first failure:", l.first)
	}
}

// steady sends messages in ten sessions for a time, and does something every
// reloadEvery.
func steady(addr string, period time.Duration, often func()) (all latencies) {
	var over atomic.Bool
	var sessions sync.WaitGroup
	var mu sync.Mutex
	for i := range 10 {
		sessions.Go(func() {
			l := session(addr, i%2 == 0, &over)
			mu.Lock()
			defer mu.Unlock()
			all.rcpt, all.whole = append(all.rcpt, l.rcpt...), append(all.whole, l.whole...)
			all.failed += l.failed
			if all.first == nil {
				all.first = l.first
			}
		})
	}
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for end := time.After(period); !over.Load(); {
		select {
		case <-tick.C:
			often()
		case <-end:
			over.Store(true)
		}
	}
	sessions.Wait()
	return all
}

// session sends messages until over says so.
func session(addr string, kept bool, over *atomic.Bool) (l latencies) {
	var c *smtp.Client
	for !over.Load() {
		var err error
		if c == nil {
			if c, err = smtp.Dial(addr); err == nil {
				err = c.Hello("client.example")
			}
		}
		if err == nil {
			err = l.message(c)
		}
		if err != nil {
			l.failed++
			if l.first == nil {
				l.first = err
			}
		}
		if c != nil && (err != nil || !kept) {
			c.Close()
			c = nil
		}
	}
	if c != nil {
		c.Close()
	}
	return l
}

var kibibyte = []byte("Subject: test\r\n\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", 16))

// message sends a message and notes how long that took.
func (l *latencies) message(c *smtp.Client) error {
	begin := time.Now()
	if err := c.Mail("sender@example.org"); err != nil {
		return err
	}
	asked := time.Now()
	if err := c.Rcpt("rcpt@example.net"); err != nil {
		return err
	}
	answered := time.Now()
	w, err := c.Data()
	if err == nil {
		_, err = w.Write(kibibyte)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	l.rcpt = append(l.rcpt, answered.Sub(asked).Seconds()*1e3)
	l.whole = append(l.whole, time.Since(begin).Seconds()*1e3)
	return nil
}

// quantile returns the q-th quantile of v, or 0 if v is empty.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[min(int(q*float64(len(v))), len(v)-1)]
}
