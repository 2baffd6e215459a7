package relay_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestOpenSessions: sessions are listed from their beginning to their end, the oldest first, with who the client
// is and what it last did; no more than are asked for.
func TestOpenSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, policy(t, defaultHub()), nil)
		if all := w.server.OpenSessions(10); len(all) != 0 {
			t.Errorf("%+v", all)
		}
		first := w.hello(stranger, hub)
		begun := time.Now()
		time.Sleep(time.Minute)
		second := w.encrypted(stranger, hub)
		second.Do("AUTH PLAIN "+plain(userName, password), 235)
		second.Do("NOOP", 250)
		time.Sleep(time.Second)
		first.Do("MAIL FROM:<a@contoso.com>", 250)
		first.Do("RCPT TO:<"+inside+">", 250)
		first.Do("DATA", 354)
		synctest.Wait()
		all := w.server.OpenSessions(10)
		if len(all) != 2 || all[0].Command != "DATA" || all[1].Command != "NOOP" || !all[0].Since.Equal(begun) || all[0].ID == all[1].ID {
			t.Fatalf("%+v", all)
		}
		if o := all[0]; o.At.Sub(o.Since) != time.Minute+time.Second || o.Connector != defaultHub().Name || o.Remote.Addr().String() != stranger || o.User != "" || o.Messages != 0 {
			t.Errorf("%+v", o)
		}
		if all[1].User == "" {
			t.Errorf("the user that has logged on isn't named: %+v", all[1])
		}
		first.Send("Subject: x", "", "Hello.", ".")
		first.Expect(250)
		first.Do("bogus", 500)
		synctest.Wait()
		if o := w.server.OpenSessions(1); len(o) != 1 || o[0].Messages != 1 || o[0].Command != "" || o[0].At.IsZero() {
			t.Errorf("%+v", o)
		}
		if none := w.server.OpenSessions(0); len(none) != 0 {
			t.Errorf("%+v", none)
		}
		first.Do("QUIT", 221)
		second.Do("QUIT", 221)
		w.waitForEnd()
		synctest.Wait()
		if all := w.server.OpenSessions(10); len(all) != 0 {
			t.Errorf("after their end: %+v", all)
		}
	})
}
