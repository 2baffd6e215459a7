package ledger

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReloadedUnderLoad: a gateway changes its policy again and again while
// clients send. No message is refused because of it, and none is lost or sent twice.
func TestReloadedUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, dir, dir+"/data", true)
	w.gateway.start()
	w.send()
	one := policy(w.hops, w.hold, w.first)
	other := strings.ReplaceAll(one, `"Name": "To `, `"Name": "By way of `)
	for i, end := 1, time.Now().Add(duration(t)/2); time.Now().Before(end); i++ {
		w.gateway.write([]string{one, other}[i%2])
		w.gateway.signal(syscall.SIGHUP)
		w.gateway.said("msg=reloaded", i)
	}
	w.undisturbed(w.finish())
}

// TestStoppedUnderLoad: a gateway shuts down and starts again while
// clients send. Every message whose content was sent has its answer, and none is
// lost or sent twice.
func TestStoppedUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, dir, dir+"/data", true)
	w.send()
	for end := time.Now().Add(duration(t) / 2); time.Now().Before(end); {
		w.gateway.start()
		time.Sleep(w.between(100*time.Millisecond, 800*time.Millisecond))
		w.gateway.stop()
	}
	w.gateway.start()
	v := w.finish()
	v.putOff = nil // connections were refused
	w.undisturbed(v)
}

// undisturbed fails the test unless everything went as without a disturbance.
func (w *world) undisturbed(v *verdict) {
	w.t.Helper()
	w.t.Log(v)
	for _, wrong := range v.wrong {
		w.t.Error(wrong)
	}
	for why, n := range v.extra {
		w.t.Errorf("%d copies too many (%d)", n, why)
	}
	for _, why := range v.putOff {
		w.t.Errorf("put off: %s", why)
	}
	if v.delivered == 0 {
		w.t.Error("nothing was delivered")
	}
}
