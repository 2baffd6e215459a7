package proxyheader_test

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/internal/proxyheader"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

var (
	balancer = netip.MustParseAddrPort("10.0.0.5:40000")
	server   = netip.MustParseAddrPort("10.0.0.2:25")
)

// received returns what Read makes of the bytes of a client, and the bytes behind the header.
func received(t testing.TB, sent []byte) (proxyheader.Header, []byte, error) {
	ours, theirs := relaytest.NewPipe(server, balancer)
	defer ours.Close()
	if _, err := theirs.Write(sent); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	c, h, err := proxyheader.Read(ours, time.Minute)
	if err != nil {
		return h, nil, err
	}
	rest, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return h, rest, nil
}

// Everything behind the header belongs to the client, to the byte.
func TestRest(t *testing.T) {
	for _, rest := range []string{"", "E", "EHLO x\r\n", string(bytes.Repeat([]byte("x"), 3000))} {
		h, got, err := received(t, []byte("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 1 25\r\n"+rest))
		if err != nil || string(got) != rest {
			t.Errorf("%d bytes, want %d: %v", len(got), len(rest), err)
		}
		if h.Client.String() != "[2001:db8::1]:1" || h.Server.String() != "192.0.2.1:25" {
			t.Errorf("%+v", h)
		}
	}
	if _, _, err := received(t, nil); !errors.Is(err, proxyheader.ErrNothing) {
		t.Errorf("no byte: %v", err)
	}
}

// FuzzRead: whatever a balancer sends, either there is no header, or it has two addresses or
// none, and the rest is the end of what was sent.
func FuzzRead(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.1 10.0.0.2 1 25\r\nEHLO x\r\n"))
	f.Add([]byte("PROXY UNKNOWN\r\n"))
	f.Add([]byte("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x11\xc0\x00\x02\x01\x0a\x00\x00\x02\x00\x01\x00\x19\x05\x00\x02idQUIT\r\n"))
	f.Add([]byte("\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"))
	f.Add([]byte("\r\n\r\n\x00\r\nQUIT\n\x21\x31\x00\xd8" + string(make([]byte, 216))))
	f.Fuzz(func(t *testing.T, sent []byte) {
		if len(sent) > 60_000 { // more than the connection holds
			return
		}
		h, rest, err := received(t, sent)
		switch {
		case err != nil:
		case h.Client.IsValid() != h.Server.IsValid() || h.Own() == h.Client.IsValid():
			t.Errorf("%q: %+v", sent, h)
		case !bytes.HasSuffix(sent, rest) || len(rest) > len(sent)-8:
			t.Errorf("%q: rest %q", sent, rest)
		}
	})
}
