package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// target is a figure to reach. A must of 0 means that there is no lower bound.
type target struct {
	what            string
	got             float64
	must, ambitious float64
	unit            string
	atMost          bool // less is better
}

// print prints how far the target was reached, if anything was measured.
func (t target) print() {
	if t.got == 0 {
		return
	}
	sign, reaches := "≥", func(want float64) bool { return t.got >= want }
	if t.atMost {
		sign, reaches = "≤", func(want float64) bool { return t.got <= want }
	}
	var verdict string
	switch {
	case reaches(t.ambitious):
		verdict = "ambitious"
	case t.must == 0:
		verdict = fmt.Sprintf("short by %.0f %%", distance(t.got, t.ambitious))
	case reaches(t.must):
		verdict = "must"
	default:
		verdict = fmt.Sprintf("MISSED by %.0f %%", distance(t.got, t.must))
	}
	must := ""
	if t.must != 0 {
		must = fmt.Sprintf("must %s %.4g", sign, t.must)
	}
	fmt.Printf("%-52s %7.3g%-5s %-13s ambitious %s %-6.4g %s\n", t.what, t.got, t.unit, must, sign, t.ambitious, verdict)
}

// distance is how far got is from want, in percent of want.
func distance(got, want float64) float64 { return 100 * math.Abs(got-want) / want }

// relation prints a ratio of two figures.
func relation(what string, a, b, must, ambitious float64) {
	if b == 0 {
		a, b = 0, 1
	}
	target{what: what, got: a / b, must: must, ambitious: ambitious, unit: "x"}.print()
}

// small returns the loads of 1 KiB.
func small(messages int) (loads []load) {
	for _, kept := range []bool{false, true} {
		for _, sessions := range []int{1, 10, 50, 100} {
			loads = append(loads, load{kept, sessions, messages, 1 << 10})
		}
	}
	return loads
}

// chosen returns the loads of certain modes and numbers of sessions.
func chosen(loads []load, modes, sessions string) []load {
	return slices.DeleteFunc(loads, func(l load) bool {
		return !slices.Contains(strings.Split(modes, ","), l.mode()) ||
			!slices.Contains(strings.Split(sessions, ","), strconv.Itoa(l.sessions))
	})
}

// large returns the loads of 1 MiB.
func large(messages int) []load {
	return []load{{true, 1, messages, 1 << 20}, {true, 10, messages, 1 << 20}}
}

// smallTargets compares the measurements of small messages with the targets.
// Postfix stands there with its best number of sessions, new connections and kept
// ones each for themselves: it slows down with many.
func (b *bench) smallTargets() {
	fmt.Println("\nTargets, 1 KiB")
	best := func(kept bool) (rate float64) {
		for _, l := range small(0) {
			if l.kept == kept {
				rate = max(rate, b.rate("postfix", l))
			}
		}
		return rate
	}
	each := func(f func(l load, name string)) {
		for _, l := range small(0) {
			f(l, fmt.Sprintf("%-4s %3d: ", l.mode(), l.sessions))
		}
	}
	each(func(l load, name string) {
		if l.sessions > 1 && !l.kept {
			relation("1 "+name+"deliver-first / Postfix's best", b.rate("deliver-first", l), best(false), 5, 6.5)
		}
	})
	each(func(l load, name string) {
		if l.sessions > 1 && l.kept {
			relation("2 "+name+"deliver-first / Postfix's best", b.rate("deliver-first", l), best(true), 7.5, 12)
		}
	})
	each(func(l load, name string) {
		ambitious := 1.0
		if l.kept {
			ambitious = 1.15
		}
		relation("3 "+name+"deliver-first / naive", b.rate("deliver-first", l), b.rate("naive", l), 0.85, ambitious)
	})
	one := load{true, 1, 0, 1 << 10}
	relation("4 kept   1: deliver-first / Postfix", b.rate("deliver-first", one), b.rate("postfix", one), 4, 6)
	relation("4 kept   1: deliver-first / naive", b.rate("deliver-first", one), b.rate("naive", one), 0.9, 1.2)
	each(func(l load, name string) {
		must, ambitious := 4.0, 5.0
		if l.kept {
			must, ambitious = 6, 8
		}
		if l.sessions > 1 {
			relation("5 "+name+"queue-first / Postfix's best", b.rate("queue-first", l), best(l.kept), must, ambitious)
		}
	})
	each(func(l load, name string) {
		must, ambitious := 0.65, 0.65 // none is set below 50 sessions
		if l.sessions >= 50 {
			must, ambitious = 0.75, 0.9
		}
		relation("6 "+name+"queue-first / deliver-first", b.rate("queue-first", l), b.rate("deliver-first", l), must, ambitious)
	})
	each(func(l load, name string) {
		if l.sessions == 10 {
			for _, relay := range []string{"deliver-first", "queue-first"} {
				relation("8 "+name+"CPU of Postfix / "+relay, b.cpu("postfix", l), b.cpu(relay, l), 7, 12)
			}
		}
	})
}

// largeTargets is smallTargets for messages of 1 MiB.
func (b *bench) largeTargets() {
	fmt.Println("\nTargets, 1 MiB")
	for _, l := range large(0) {
		name := fmt.Sprintf("7 kept %3d: ", l.sessions)
		relation(name+"deliver-first / naive", b.rate("deliver-first", l), b.rate("naive", l), 1.2, 1.7)
		relation(name+"deliver-first / proxy", b.rate("deliver-first", l), b.rate("proxy", l), 0, 0.8)
		target{what: name + "CPU of deliver-first a MiB", got: b.cpu("deliver-first", l), ambitious: 2, unit: " ms", atMost: true}.print()
	}
}
