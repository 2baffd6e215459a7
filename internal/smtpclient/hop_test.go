package smtpclient_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// Steps of a scripted hop: what it expects (">" and a prefix of the line), and
// what it says. "#" and a number reads bytes; these are other steps.
const (
	closeNow = "!close"
	resetNow = "!reset"
	hang     = "!hang"  // say nothing more
	pause    = "!pause" // for a second
	body     = "!body"  // read up to the dot
)

// transcript is what a next hop read.
type transcript struct {
	near net.Conn
	done chan struct{}
	text strings.Builder
}

// String ends the conversation and returns what was read of it.
func (h *transcript) String() string {
	h.near.Close()
	<-h.done
	return h.text.String()
}

// hop plays script on one end of a pipe and returns the other, and what it read.
func hop(t *testing.T, script ...string) (net.Conn, *transcript) {
	t.Helper()
	near, far := relaytest.NewPipe(netip.MustParseAddrPort("10.0.0.1:4000"), netip.MustParseAddrPort("10.0.0.2:25"))
	heard := &transcript{near: near, done: make(chan struct{})}
	go func() {
		defer close(heard.done)
		play(far, &heard.text, script)
	}()
	t.Cleanup(func() { _ = heard.String() })
	return near, heard
}

func play(far *relaytest.Conn, heard *strings.Builder, script []string) {
	defer far.Close()
	br := bufio.NewReader(far)
	for _, step := range script {
		switch {
		case step == closeNow:
			return
		case step == pause:
			time.Sleep(time.Second)
		case step == resetNow:
			far.Reset()
			return
		case step == hang:
			_, _ = io.Copy(io.Discard, br)
			return
		case step == body:
			for line := ""; line != ".\r\n"; {
				var err error
				if line, err = br.ReadString('\n'); err != nil {
					return
				}
				heard.WriteString(line)
			}
		case step[0] == '#':
			n, _ := strconv.Atoi(step[1:])
			if _, err := io.CopyN(io.Discard, br, int64(n)); err != nil {
				return
			}
		case step[0] == '>':
			line, err := br.ReadString('\n')
			heard.WriteString(line)
			if err != nil || !strings.HasPrefix(line, step[1:]) {
				return
			}
		default:
			if _, err := io.WriteString(far, step); err != nil {
				return
			}
		}
	}
	_, _ = io.Copy(io.Discard, br)
}

// from is a transaction from address.
func from(address string) smtpclient.Mail {
	return smtpclient.Mail{Envelope: envelope.Envelope{From: routing.MustParseAddress(address)}}
}

// recipient is the one recipient of most transactions.
func recipient() []envelope.Recipient {
	return []envelope.Recipient{{To: routing.MustParseAddress("b@fabrikam.com")}}
}

// begin opens a connection and begins a transaction.
func begin(t *testing.T, nc net.Conn, m smtpclient.Mail) *smtpclient.Conn {
	t.Helper()
	c, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "hub.contoso.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Begin(context.Background(), m, recipient(), false); err != nil {
		t.Fatal(err)
	}
	return c
}

// send opens a connection and sends one message to one recipient.
func send(nc net.Conn, cfg smtpclient.Config, m smtpclient.Message) (smtpclient.Reply, *smtpclient.Conn, error) {
	if cfg.Name == "" {
		cfg.Name = "hub.contoso.com"
	}
	ctx := context.Background()
	c, err := smtpclient.Open(ctx, nc, cfg)
	if err != nil {
		return smtpclient.Reply{}, nil, err
	}
	answers, err := c.Begin(ctx, from("a@contoso.com"), recipient(), true)
	if err != nil {
		return smtpclient.Reply{}, c, err
	}
	if answers[0] != nil {
		return smtpclient.Reply{}, c, answers[0]
	}
	r, err := c.Data(ctx, m)
	return r, c, err
}

func text(s string) smtpclient.Message { return smtpclient.Message{Head: []byte(s)} }
