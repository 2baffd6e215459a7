package limits

import (
	"bytes"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// TestTransactions: a source has its quarter of the transactions, one more is refused, and the end of one makes
// room.
func TestTransactions(t *testing.T) {
	var all Transactions
	var open []Budget
	for i := range maxTransactions / 4 {
		b, over := all.Begin(attacker)
		if over != nil {
			t.Fatalf("%d: %+v", i, over.State)
		}
		open = append(open, b)
	}
	want := State{Limit: "Transactions", By: BySource, Key: attacker.String(), Value: maxTransactions/4 + 1, Bound: maxTransactions / 4}
	if _, over := all.Begin(attacker); over == nil || over.State != want {
		t.Errorf("one more: %+v, want %+v", over, want)
	}
	if b, over := all.Begin(office); over != nil {
		t.Errorf("another source: %+v", over.State)
	} else {
		b.End()
	}
	open[0].End()
	if _, over := all.Begin(attacker); over != nil {
		t.Errorf("after the end of one: %+v", over.State)
	}
}

// TestTransactionMemory: a transaction has an eighth of the memory, a source its quarter, and each transaction a
// little whatever others have.
func TestTransactionMemory(t *testing.T) {
	var all Transactions
	begin := func(source netip.Addr) *Budget {
		b, over := all.Begin(source)
		if over != nil {
			t.Fatalf("%+v", over.State)
		}
		return &b
	}
	one := begin(attacker)
	part := bytes.Repeat([]byte("x"), memoryMost-memoryRcpt)
	if err := one.Header(part); err != nil || !one.Recipient(0) {
		t.Fatalf("an eighth: %v, %+v", err, one.Reached())
	}
	want := State{Limit: "TransactionMemory", By: ByMessage, Value: memoryMost + memoryRcpt, Bound: memoryMost}
	if one.Recipient(0) || one.Reached().State != want {
		t.Errorf("beyond an eighth: %+v, want %+v", one.Reached(), want)
	}
	if err := one.Header([]byte("x")); err != mailheader.ErrTooLarge {
		t.Errorf("a header beyond an eighth: %v", err)
	}

	second, third := begin(attacker), begin(attacker)
	if err := second.Header(bytes.Repeat([]byte("x"), memoryLimit/4-memoryMost)); err != nil {
		t.Fatalf("a quarter: %v, %+v", err, second.Reached())
	}
	want = State{Limit: "TransactionMemory", By: BySource, Key: attacker.String(), Value: memoryLimit/4 + memoryFree + 1, Bound: memoryLimit / 4}
	if err := third.Header(bytes.Repeat([]byte("x"), memoryFree+1)); err != ErrNoMemory || third.Reached().State != want {
		t.Errorf("beyond a quarter: %v, %+v, want %+v", err, third.Reached(), want)
	}
	if err := third.Header(bytes.Repeat([]byte("x"), memoryFree)); err != nil {
		t.Errorf("what each transaction may have: %v", err)
	}
	one.End()
	if err := begin(attacker).Header([]byte(strings.Repeat("x", memoryFree+1))); err != nil {
		t.Errorf("after the end of one: %v", err)
	}
}

// TestMemoryOfAMillionSources: after a million sources, all tables together take less than 48 MB.
func TestMemoryOfAMillionSources(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds, in one goroutine")
	}
	synctest.Test(t, func(t *testing.T) { // the time stands still, so that nothing is forgotten because it is old
		used := func() int64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := used()
		all := new(struct {
			Connections
			ConnectionRate
			MessageRate
			Places
			Transactions
			Guesses
		})
		r := &connector.Receive{MaxInboundConnection: 5000, MaxInboundConnectionPerSource: 20, MaxInboundConnectionPercentagePerSource: 2,
			MessageRateLimit: 600, MessageRateSource: param.Value(param.RateByIPAddress)}
		a := netip.MustParseAddr("10.0.0.0")
		for i := range 1_000_000 {
			a = a.Next()
			if all.Connections.Enter(r, a) != nil || all.ConnectionRate.Enter(1<<31-1, a, noon) != nil || all.Places.Enter(20000, a) != nil {
				t.Fatal("a source without connections is refused")
			}
			all.MessageRate.Enter(r, a, nil, noon)
			if b, over := all.Transactions.Begin(a); over == nil {
				b.Recipient(100)
				b.End()
			}
			if i%20 == 0 { // fifty thousand, three times as many as are remembered: each takes a while
				all.guessed(a, a.String(), auth.ErrBadCredentials)
			}
			all.Places.Leave(a)
			all.Connections.Leave(a)
		}
		if grown := used() - before; grown > 48<<20 {
			t.Errorf("%d MB", grown>>20)
		} else {
			t.Logf("%.1f MB", float64(grown)/(1<<20))
		}
		runtime.KeepAlive(all)
	})
}
