package main

import (
	"fmt"
	"slices"
	"time"
)

// sample is the measurement of one run.
type sample struct {
	rate    float64 // messages a second that the sink has taken, until it had the last
	cpu     float64 // CPU milliseconds of the relay a message
	foreign float64 // share of the machine that others used meanwhile
}

// cell is a load on a relay. Loads that differ in the number of messages alone
// are the same.
type cell struct {
	relay string
	load  load
}

// bench is a run of the program.
type bench struct {
	dir     string // for everything that is made
	rounds  int
	sink    *sink
	peers   []*peer
	samples map[cell][]sample
}

// throughput loads the relays in turn in each round, beginning with another one
// each time, so that the machine's drift hits all.
func (b *bench) throughput(loads []load) {
	for _, l := range loads {
		for round := range b.rounds {
			for i := range b.peers {
				r := b.peers[(round+i)%len(b.peers)]
				s := b.measure(r, l)
				b.samples[l.of(r.name)] = append(b.samples[l.of(r.name)], s)
			}
		}
	}
	for _, l := range loads {
		fmt.Printf("\n%v\n%-12s %10s %20s %14s\n", l, "", "/s", "(min..max)", "CPU ms/message")
		for _, r := range b.peers {
			rates := b.measured(r.name, l, rate)
			fmt.Printf("%-12s %10.0f %20s %14.3f\n", r.name, median(rates),
				fmt.Sprintf("(%.0f..%.0f)", slices.Min(rates), slices.Max(rates)), b.cpu(r.name, l))
		}
		b.sinceBefore(l)
	}
}

// sinceBefore prints how the gateway stands to the earlier program that -before
// names. Both were loaded in turn in each round.
func (b *bench) sinceBefore(l load) {
	for _, r := range b.peers {
		if was := b.rate(beforeMark+r.name, l); was > 0 && b.rate(r.name, l) > 0 {
			fmt.Printf("%-12s %10.2f of before, CPU %.2f\n", r.name, b.rate(r.name, l)/was, b.cpu(r.name, l)/b.cpu(beforeMark+r.name, l))
		}
	}
}

// measure sends a load through a freshly started relay.
func (b *bench) measure(r *peer, l load) sample {
	if r.slow {
		l.messages = (l.messages + 2) / 3
	}
	warm := l
	warm.messages = min(2*l.sessions, l.messages)
	var p *process
	if r.begin != nil {
		var clean func()
		p, clean = r.start(b.dir)
		defer clean()
	}
	had := b.sink.messages()
	warm.send(r.addr)
	b.sink.await(had + warm.messages)
	ours, relay, busy, begin := b.sink.cpuSeconds(), p.cpuSeconds(), busySeconds(), time.Now()
	source := l.send(r.addr)
	b.sink.await(had + warm.messages + l.messages)
	took := time.Since(begin)
	busy = busySeconds() - busy
	ours = b.sink.cpuSeconds() - ours + p.cpuSeconds() - relay + source.Seconds()
	s := sample{rate: float64(l.messages) / took.Seconds(), foreign: max(0, busy-ours) / took.Seconds()}
	if p != nil {
		time.Sleep(50 * time.Millisecond) // what it does about messages that have arrived is its work, too
		s.cpu = (p.cpuSeconds() - relay) * 1e3 / float64(l.messages)
	}
	return s
}

// of returns the cell of l at a relay.
func (l load) of(relay string) cell {
	l.messages = 0
	return cell{relay, l}
}

// measured returns a figure of each sample.
func (b *bench) measured(relay string, l load, figure func(sample) float64) (all []float64) {
	for _, s := range b.samples[l.of(relay)] {
		all = append(all, figure(s))
	}
	return all
}

func rate(s sample) float64 { return s.rate }

// rate is the median; 0 if nothing was measured.
func (b *bench) rate(relay string, l load) float64 { return median(b.measured(relay, l, rate)) }

// cpu is the median; 0 if nothing was measured.
func (b *bench) cpu(relay string, l load) float64 {
	return median(b.measured(relay, l, func(s sample) float64 { return s.cpu }))
}

// company tells how much of the machine others used.
func (b *bench) company() {
	var v []float64
	for _, list := range b.samples {
		for _, s := range list {
			v = append(v, s.foreign)
		}
	}
	if len(v) == 0 {
		return
	}
	fmt.Printf("\nOthers used %.0f %% of a core during the runs (median; most: %.0f %%).\n", 100*median(v), 100*slices.Max(v))
	if median(v) > 0.1 {
		fmt.Println("That is too much for these figures to tell anything.")
	}
}

// median returns the middle value of v, or 0 if v is empty.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	switch n := len(v); {
	case n == 0:
		return 0
	case n%2 == 0:
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
