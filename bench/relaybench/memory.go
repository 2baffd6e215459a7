package main

import (
	"fmt"
	"net"
	"net/smtp"
)

// memory prints what connections cost that do nothing, and what many large
// messages cost that come at once.
func (b *bench) memory(idle, many int) {
	fmt.Printf("\nMemory\n")
	each := make(map[string]float64)
	for _, r := range b.peers {
		if r.begin == nil || r.slow || r.name == "proxy" {
			continue
		}
		_, each[r.name] = b.idle(r, idle)
		fmt.Printf("%-9s %.1f KiB each for %d connections after EHLO (PSS)\n", r.name, each[r.name], idle)
	}
	for _, name := range []string{"deliver-first", "queue-first"} {
		if each[name] == 0 {
			continue
		}
		r := choose(b.peers, name)[0]
		if each["naive"] > 0 {
			target{what: "14 idle connection, " + name + " / naive", got: each[name] / each["naive"], must: 1.3, ambitious: 1.1, unit: "x", atMost: true}.print()
		}
		whole, _ := b.idle(r, many)
		target{what: fmt.Sprintf("   %d idle sessions, %s", many, name), got: whole / 1024, must: 300, ambitious: 300, unit: " MiB", atMost: true}.print()
		target{what: "   100 messages of 30 MiB at once, " + name, got: b.peak(r, load{true, 100, 100, 30 << 20}), must: 300, ambitious: 300, unit: " MiB", atMost: true}.print()
		before := b.peak(r, load{true, 10, 100, 1 << 10})
		target{what: "7  each of 10 sessions, 30 MiB beyond 1 KiB, " + name, got: max(b.peak(r, load{true, 10, 20, 30 << 20})-before, 0.01) / 10,
			ambitious: 1, unit: " MiB", atMost: true}.print()
	}
}

// idle returns the memory of the relay with n connections after EHLO, and the share
// of each, in KiB.
func (b *bench) idle(r *peer, n int) (whole, each float64) {
	p, clean := r.start(b.dir)
	defer clean()
	before := p.pss()
	conns := make([]net.Conn, n)
	for i := range conns {
		conns[i] = hello(r.addr, i)
	}
	after := p.pss()
	for _, c := range conns {
		c.Close()
	}
	return float64(after), float64(after-before) / float64(n)
}

// peak returns the most memory that the relay took under a load, in MiB.
func (b *bench) peak(r *peer, l load) float64 {
	p, clean := r.start(b.dir)
	defer clean()
	had := b.sink.messages()
	l.send(r.addr)
	b.sink.await(had + l.messages)
	return float64(p.peak()) / 1024
}

// hello opens the i-th of many sessions. A few thousand at a time come from the
// same address, which has no more ports to call from.
func hello(addr string, i int) net.Conn {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i/4000))}
	c, err := (&net.Dialer{LocalAddr: from}).Dial("tcp", addr)
	check(err)
	session, err := smtp.NewClient(c, "127.0.0.1")
	check(err)
	check(session.Hello("client.example"))
	return c
}
