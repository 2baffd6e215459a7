package gosmtp_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestIncomplete: a go-smtp server ends at once if its Backend has no policy, or nothing behind it.
func TestIncomplete(t *testing.T) {
	p, err := connector.Compile(connector.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for says, b := range map[string]*gosmtp.Backend{"policy": {}, "backend": {Policy: p}} {
		var n relaytest.Network
		l, err := n.Listen("10.2.3.4:25")
		if err != nil {
			t.Fatal(err)
		}
		s := b.NewServer()
		if err := s.Serve(b.Listener(l)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("no %s: %v", says, err)
		}
		s.Close()
	}
}
