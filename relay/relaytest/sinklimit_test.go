package relaytest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestSinkMaxKept: a Sink that is full refuses messages and keeps those that it has.
func TestSinkMaxKept(t *testing.T) {
	sink := &relaytest.Sink{MaxKept: 10}
	c := connect(t, sink)
	c.Expect(220)
	c.Do("EHLO client.example.com", 250)
	for _, code := range []int{250, 452} {
		c.Do("MAIL FROM:<>", 250)
		c.Do("RCPT TO:<a@contoso.com>", 250)
		c.Do("DATA", 354)
		c.SendRaw("a: b\r\n\r\n.\r\n")
		c.Expect(code)
	}
	if n := len(sink.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestSinkTimeout: a Sink waits a minute for a command, or its Timeout.
func TestSinkTimeout(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: time.Minute, time.Hour: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, &relaytest.Sink{Timeout: timeout})
			c.Timeout = 2 * want
			c.Expect(220)
			begun := time.Now()
			c.Closed()
			if got := time.Since(begun); got != want {
				t.Errorf("the connection was closed after %v; want %v", got, want)
			}
		})
	}
}
