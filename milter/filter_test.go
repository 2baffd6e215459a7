package milter_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/milter"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// filter is a milter in memory, which speaks the protocol itself.
type filter struct {
	version uint32
	options uint32              // steps that it leaves out
	answers map[string][]string // to a command, or to one with its data; default: continue

	mu    sync.Mutex
	heard []string // commands with their data; macros as D and the command
	down  bool
	conns int
}

// dial is a Milter's Dial.
func (f *filter) dial(context.Context, string, string) (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, errors.New("connection refused")
	}
	f.conns++
	ours, theirs := net.Pipe()
	go f.serve(theirs)
	return ours, nil
}

func (f *filter) serve(c net.Conn) {
	defer c.Close()
	for {
		var length uint32
		if binary.Read(c, binary.BigEndian, &length) != nil {
			return
		}
		packet := make([]byte, length)
		if _, err := io.ReadFull(c, packet); err != nil {
			return
		}
		code, data := string(packet[:1]), string(packet[1:])
		if code == "O" {
			version := f.version
			if version == 0 {
				version = 6
			}
			reply := binary.BigEndian.AppendUint32(nil, version)
			reply = append(reply, data[4:8]...)
			if f.send(c, "O", string(binary.BigEndian.AppendUint32(reply, f.options))) != nil {
				return
			}
			continue
		}
		f.mu.Lock()
		f.heard = append(f.heard, strings.ReplaceAll(code+data, "\x00", "|"))
		answers, ok := f.answers[code+strings.TrimRight(data, "\x00")]
		if !ok {
			answers, ok = f.answers[code]
		}
		if !ok {
			answers = []string{"c"}
		}
		f.mu.Unlock()
		switch code {
		case "Q":
			return
		case "D", "A":
			continue
		}
		for _, a := range answers {
			if a == "" { // no answer
				continue
			}
			if f.send(c, a[:1], a[1:]) != nil {
				return
			}
		}
	}
}

func (f *filter) send(c net.Conn, code, data string) error {
	packet := binary.BigEndian.AppendUint32(nil, uint32(1+len(data)))
	_, err := c.Write(append(append(packet, code...), data...))
	return err
}

// has reports whether the filter has heard a command that begins with text.
func (f *filter) has(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.heard {
		if strings.HasPrefix(h, text) {
			return true
		}
	}
	return false
}

// index is the 32-bit number in front of a change of the header.
func index(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

// letter is a message that the Handler has taken.
type letter struct {
	from, data string
	to         []string
}

// world is a server that asks filters.
type world struct {
	*relaytest.Server
	mu      sync.Mutex
	letters []letter
}

// serve starts a server that accepts everything for contoso.com, unless the filters refuse it.
func serve(t *testing.T, filters ...*milter.Milter) *world {
	t.Helper()
	policy, err := connector.Compile(policyConfig())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	handler := relay.HandlerFunc(func(_ context.Context, env *relay.Envelope, body io.Reader) error {
		data, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		l := letter{from: env.From.String(), data: string(data)}
		for _, r := range env.To {
			l.to = append(l.to, r.To.String())
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.letters = append(w.letters, l)
		return nil
	})
	w.Server = relaytest.NewServer(t, policy, handler, func(s *relay.Server) {
		for _, f := range filters {
			s.Hooks = append(s.Hooks, f.Hooks())
		}
	})
	return w
}

// client returns a client that has said EHLO.
func (w *world) client() *relaytest.Client {
	c := w.Dial("192.0.2.7")
	c.Do("EHLO client.example", 250)
	return c
}

// last returns the last letter; the zero one if none came.
func (w *world) last() letter {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.letters) == 0 {
		return letter{}
	}
	return w.letters[len(w.letters)-1]
}

func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.letters)
}

// mail sends a message and returns the code and text of its reply, or of the first refusal.
func mail(c *relaytest.Client, to ...string) (int, string) {
	for _, line := range append([]string{"MAIL FROM:<ann@example.net>"}, rcpts(to)...) {
		c.Send(line)
		if code, text := c.Reply(); code != 250 {
			return code, text
		}
	}
	c.Do("DATA", 354)
	c.Send("Subject: one", "X-Milter-Quarantine: forged", "Subject: two", "Folded: a", "\tb", "", "Hello.", "..", ".")
	return c.Reply()
}

func rcpts(to []string) []string {
	var lines []string
	for _, a := range to {
		lines = append(lines, fmt.Sprintf("RCPT TO:<%s>", a))
	}
	return lines
}
