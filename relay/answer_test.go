package relay_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestEveryRecipientIsLogged: the log has a line for each recipient of a message, be
// it accepted or refused at its end.
func TestEveryRecipientIsLogged(t *testing.T) {
	for _, tt := range []struct {
		event, text string
		code        int
	}{
		{"message accepted", message, 250},
		{"message refused", strings.Repeat("Received: from a by b; Mon, 23 Nov 2026 10:00:00 +0000\r\n", 200) + message, 554},
	} {
		w := serve(t, policy(t, defaultHub()), nil)
		c := w.hello(stranger, hub)
		c.Do("MAIL FROM:<ann@example.net>", 250)
		for i := range 3 {
			c.Do(fmt.Sprintf("RCPT TO:<kim%d@fabrikam.com>", i), 250)
		}
		send(c, tt.text, tt.code)
		c.Do("QUIT", 221)
		w.waitForEnd()
		for i := range 3 {
			want := fmt.Sprintf("from=ann@example.net to=kim%d@fabrikam.com recipients=3 ", i)
			if n := strings.Count(w.log.String(), want); n != 1 || !strings.Contains(w.log.String(), `msg="`+tt.event+`"`) {
				t.Errorf("%s: %d lines with %s:\n%s", tt.event, n, want, w.log)
			}
		}
	}
}
