package smtpclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// pausing is a message that takes a minute.
func pausing() io.Reader {
	r, w := io.Pipe()
	go func() {
		time.Sleep(time.Minute)
		_, _ = w.Write([]byte("the end\r\n"))
		w.Close()
	}()
	return r
}

// opening is more than any buffer of the client holds.
var opening = "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("-", 98)+"\r\n", 100) + "begin\r\n"

// TestEarlyReplies: a next hop that answers before the message has ended hasn't got
// it. A refusal is one all the same; nothing else says anything of the message.
func TestEarlyReplies(t *testing.T) {
	for name, ways := range map[string][]string{
		"DATA": {"250-hop\r\n250 SIZE\r\n", ">DATA", "354 go\r\n", ">Subject", "!early", body},
		"BDAT": {"250-hop\r\n250-PIPELINING\r\n250 CHUNKING\r\n", ">BDAT", "#" + strconv.Itoa(len(opening)), "250 chunk\r\n", ">BDAT", "#9", "250 chunk\r\n!early", ">never"},
	} {
		for early, want := range map[string]int{"250 2.0.0 taken\r\n": 0, "354 more\r\n": 0, "what\r\n": 0, "451 not now\r\n": 451, "552 too big\r\n": 552} {
			synctest.Test(t, func(t *testing.T) {
				steps := script([]string{"220 hop\r\n", ">EHLO", ways[0]}, transaction, ways[1:])
				for i := range steps { // with what comes before it, so that it is there when the client looks
					steps[i] = strings.Replace(steps[i], "!early", early, 1)
				}
				nc, heard := hop(t, steps...)
				c := begin(t, nc, from("a@contoso.com"))
				_, err := c.Data(t.Context(), smtpclient.Message{Head: []byte(opening), Rest: pausing()})
				var e *smtpclient.Error
				if !errors.As(err, &e) || e.Reply.Code != want {
					t.Errorf("%s, %q: %v, want code %d", name, early, err, want)
				}
				if c.Reusable() {
					t.Errorf("%s, %q: the connection is kept", name, early)
				}
				c.Close()
				if s := heard.String(); strings.Contains(s, "\r\n.\r\n") || strings.Contains(s, "LAST") {
					t.Errorf("%s, %q: the hop got the end of the message: %q", name, early, s)
				}
			})
		}
	}
}

// TestUnaskedReply: what a next hop says between two messages is no answer to the
// second one. That it wants no more is believed.
func TestUnaskedReply(t *testing.T) {
	for unasked, want := range map[string]int{"250 ok\r\n": 0, "451 really not\r\n": 0, "554 go\r\n": 0, "421 4.3.2 closing\r\n": 421, closeNow: 0} {
		synctest.Test(t, func(t *testing.T) {
			nc, heard := hop(t, script(greeting, transaction, message, []string{pause, unasked})...)
			_, c, err := send(nc, smtpclient.Config{}, text("x\r\n"))
			if err != nil || !c.Reusable() {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			_, err = c.Begin(context.Background(), from("second@contoso.com"), recipient(), true)
			var e *smtpclient.Error
			if !errors.As(err, &e) || e.Reply.Code != want || c.Reusable() {
				t.Errorf("%q: %v, want code %d", unasked, err, want)
			}
			if strings.Contains(heard.String(), "second") {
				t.Errorf("%q: the next message was begun: %q", unasked, heard)
			}
		})
	}
}

// TestUnaskedOnSockets has the same over TCP, where no time may be lost by looking.
func TestUnaskedOnSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	spoken := make(chan struct{})
	go func() {
		far, err := l.Accept()
		if err != nil {
			return
		}
		defer far.Close()
		for _, r := range []string{"220 hop\r\n", "250 hop\r\n"} {
			_, _ = io.WriteString(far, r)
			if strings.HasPrefix(r, "220") {
				_, _ = far.Read(make([]byte, 100))
			}
		}
		<-spoken
		_, _ = io.WriteString(far, "250 unasked\r\n")
		_, _ = io.Copy(io.Discard, far)
	}()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "hub"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Unread() {
		t.Error("a silent hop is taken for one that speaks")
	}
	close(spoken)
	for !c.Unread() { // until it has come
	}
}
