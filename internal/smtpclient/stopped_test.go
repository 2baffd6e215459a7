package smtpclient_test

import (
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// stopped is the connection of a process that is stopped in its first read, and
// goes on long after the read's deadline.
type stopped struct {
	net.Conn
	deadline time.Time
	again    bool
}

func (s *stopped) SetReadDeadline(t time.Time) error {
	s.deadline = t
	return s.Conn.SetReadDeadline(t)
}

func (s *stopped) Read(p []byte) (int, error) {
	if s.again {
		return s.Conn.Read(p)
	}
	s.again = true
	time.Sleep(time.Until(s.deadline) + time.Hour)
	return 0, os.ErrDeadlineExceeded
}

// TestStoppedProcess: a reply that came while the process was stopped counts,
// though its deadline is over.
func TestStoppedProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc, heard := hop(t, "220 mx.example ESMTP\r\n", ">EHLO", "250 mx.example\r\n", ">QUIT")
		c, err := smtpclient.Open(t.Context(), &stopped{Conn: nc}, smtpclient.Config{Name: "hub"})
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		if got := heard.String(); !strings.HasPrefix(got, "EHLO hub\r\n") {
			t.Errorf("the hop heard %q", got)
		}
	})
}

// TestSilentHopWhileStopped: a next hop that has said nothing is given up soon
// after.
func TestSilentHopWhileStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc, _ := hop(t, hang)
		begin := time.Now()
		if _, err := smtpclient.Open(t.Context(), &stopped{Conn: nc}, smtpclient.Config{Name: "hub"}); err == nil {
			t.Error("a hop that says nothing has been taken for one that greets")
		}
		if took := time.Since(begin); took > 2*time.Hour {
			t.Errorf("it took %v", took)
		}
	})
}
