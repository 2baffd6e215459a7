package delivery_test

import (
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestLocalLines: lines that end in LF, of a message that no Server received, become CRLF;
// what can't be mended is refused before the next hop has it.
func TestLocalLines(t *testing.T) {
	for name, source := range map[string]func(string) io.Reader{
		"source": func(s string) io.Reader { return strings.NewReader(s) },
		"stream": func(s string) io.Reader { return io.MultiReader(strings.NewReader(s)) },
	} {
		for _, tc := range []struct{ body, reply string }{
			{letter, "ok"},
			{strings.ReplaceAll(letter, "\r\n", "\n"), "ok"},
			{letter + "a\rb\r\n", "550 5.6.11"},
			{letter + strings.Repeat("x\n", 1<<20) + "\x00", "550 5.6.11"},
		} {
			w := newWorld(t, toHosts("192.0.2.1"))
			sink := w.sink("192.0.2.1:25", &relaytest.Sink{})
			env := envelopeTo("b@fabrikam.com")
			env.Policy, env.Inbound = w.policy, nil
			_, err := relay.Deliver(t.Context(), &w.sender, env, source(tc.body))
			expect(t, name, said(t, err), tc.reply)
			for _, m := range sink.Messages() {
				if tc.reply != "ok" || string(m.Data) != letter {
					t.Errorf("%s: arrived: %.100q", name, m.Data)
				}
			}
		}
	}
}
