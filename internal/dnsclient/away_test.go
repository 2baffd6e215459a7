package dnsclient

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// TestAway: a server that doesn't answer is asked last for a minute.
func TestAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		c := Client{Servers: []string{"a", "b"}, Away: new(Away), Timeout: time.Second, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			asked = append(asked, address)
			if address == "a" {
				return nil, errors.New("down")
			}
			ours, theirs := net.Pipe()
			go func() {
				conn := &dns.Conn{Conn: theirs, UDPSize: 512}
				buf := make([]byte, 512)
				n, _ := theirs.Read(buf)
				query := new(dns.Msg)
				if query.Unpack(buf[:n]) == nil {
					packed, _ := new(dns.Msg).SetReply(query).Pack()
					conn.Conn.Write(packed)
				}
			}()
			return ours, nil
		}}
		ask := func(want ...string) {
			t.Helper()
			asked = nil
			if _, err := c.Ask(t.Context(), "example.com", dns.TypeMX); err != nil || !slices.Equal(asked, want) {
				t.Errorf("asked %v, want %v: %v", asked, want, err)
			}
		}
		ask("a", "b")
		ask("b")
		time.Sleep(time.Minute)
		ask("a", "b")
	})
}
