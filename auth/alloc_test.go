package auth_test

import (
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

func TestPermitsDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	ch := auth.Channel{TLS: true}
	permitted := false
	if n := testing.AllocsPerRun(100, func() { permitted = basicTLS.Permits("plain", ch) }); n != 0 || !permitted {
		t.Errorf("%v allocations, permitted %v", n, permitted)
	}
}

func BenchmarkPlain(b *testing.B) {
	response := []byte("\x00ann\x00tea")
	b.ReportAllocs()
	for b.Loop() {
		x, err := auth.NewExchange("PLAIN", check)
		if err != nil {
			b.Fatal(err)
		}
		if _, done, err := x.Next(response); !done || err != nil {
			b.Fatal(done, err)
		}
	}
}
