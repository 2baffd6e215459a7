package dispatch_test

import (
	"math"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/dispatch"
)

// TestMemoryPressure: no mail is accepted while more memory is in use than allowed. Without a limit, and by
// default where the process has none, memory doesn't count.
func TestMemoryPressure(t *testing.T) {
	for _, c := range []struct {
		limit, process int64 // MaxMemory, and GOMEMLIMIT
		reply          string
	}{
		{1, math.MaxInt64, "452 4.3.1"},
		{0, math.MaxInt64, "250"},
		{1 << 40, math.MaxInt64, "250"},
		{0, 1 << 40, "250"},
		{0, 4096, "452 4.3.1"},
		{-1, 4096, "250"},
	} {
		bubble(t, func(t *testing.T) {
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(c.process))
			w := newWorld(t, config(byDNS()), func(w *world) {
				w.tune = func(d *dispatch.Dispatcher) { d.MaxMemory = c.limit }
			})
			w.at("192.0.2.1", "b.example")
			expect(t, "reply", w.mail(queueFirst, "1@b.example"), c.reply)
			if refused := c.reply != "250"; strings.Contains(w.log.String(), "refusing mail\" short=memory limit=MaxMemory") != refused {
				t.Errorf("MaxMemory %d of %d: the log says\n%s", c.limit, c.process, w.log.String())
			}
		})
	}
}
