package exchange_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
)

// relayArgs are the arguments of the i-th of many connectors.
func relayArgs(i int) args {
	client := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	return args{"Name": fmt.Sprintf("Relay %d", i), "Bindings": "0.0.0.0:25", "RemoteIPRanges": client.String(),
		"PermissionGroups": "AnonymousUsers", "MaxMessageSize": int64(20 << 20), "Comment": "made by a script"}
}

// TestManyConnectors makes a hundred thousand connectors and removes them. If a
// command took time in proportion to what there is, it would not end.
func TestManyConnectors(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const n = 100_000
	d := newDriver(bare())
	start := time.Now()
	for i := range n {
		if _, err := d.run("New-ReceiveConnector", relayArgs(i)); err != nil {
			t.Fatal(err)
		}
	}
	made := time.Since(start)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	t.Logf("%d connectors made in %v; %d MB in use", n, made, m.HeapInuse>>20)
	if m.HeapInuse > 700<<20 {
		t.Errorf("%d MB are in use", m.HeapInuse>>20)
	}
	if len(d.org.Config().Receive) != n || len(d.org.Places()) < n {
		t.Error("some are missing")
	}
	for i := range n {
		if _, err := d.run("Remove-ReceiveConnector", args{"Identity": fmt.Sprintf("Relay %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if left := d.org.Config().Receive; len(left) != 0 {
		t.Errorf("%d are left", len(left))
	}
}

func BenchmarkNewReceiveConnector(b *testing.B) {
	b.ReportAllocs()
	d, i := newDriver(bare()), 0
	for b.Loop() {
		if _, err := d.run("New-ReceiveConnector", relayArgs(i)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkGetReceiveConnector(b *testing.B) {
	b.ReportAllocs()
	d := newDriver(org2007())
	for b.Loop() {
		if _, err := d.run("Get-ReceiveConnector", args{"Identity": "Default HubA"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConfig(b *testing.B) {
	d := newDriver(bare())
	for i := range 10_000 {
		if _, err := d.run("New-ReceiveConnector", relayArgs(i)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := exchange.FromConfig(d.org.Config()); err != nil {
			b.Fatal(err)
		}
	}
}
