package ledger

import (
	"io"
	"strings"
	"syscall"
	"testing"
)

// TestSignals: at the first SIGTERM the gateway tells idle clients 421 and waits for a
// transaction; at the second one it ends immediately.
func TestSignals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, dir, dir+"/data", true)
	w.gateway.start()
	idle, busy := &client{address: w.hold}, &client{address: w.first}
	for _, c := range []*client{idle, busy} {
		if err := c.call(); err != nil {
			t.Fatal(err)
		}
		defer c.hangUp()
	}
	for _, command := range []string{"MAIL FROM:<a@" + senders + ">", "RCPT TO:<b@fine.example>", "DATA"} {
		if reply, err := busy.do(command); err != nil || reply[0] > '3' {
			t.Fatalf("%s: %q, %v", command, reply, err)
		}
	}
	w.gateway.signal(syscall.SIGTERM)
	if _, err := idle.reply(); err == nil || !strings.HasPrefix(err.Error(), "421 ") {
		t.Errorf("an idle client hears %v", err)
	}
	if _, err := io.WriteString(busy.conn, "Subject: not finished\r\n"); err != nil {
		t.Error(err)
	}
	w.gateway.signal(syscall.SIGTERM)
	err := <-w.gateway.done
	w.gateway.cmd = nil
	if err == nil || err.Error() != "signal: terminated" {
		t.Errorf("the second signal ends it with %v", err)
	}
	if reply, err := busy.reply(); err == nil {
		t.Errorf("half a message was answered with %q", reply)
	}
}
