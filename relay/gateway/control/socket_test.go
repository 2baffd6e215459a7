//go:build !windows

package control_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/gateway/control"
)

// TestOwnerOnly: only the owner can reach the socket.
func TestOwnerOnly(t *testing.T) {
	dir := serve(t, three())
	info, err := os.Stat(filepath.Join(dir, "control"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o755, 0o710, 0o701, 0o770} {
		open := t.TempDir()
		if err := os.Chmod(open, mode); err != nil {
			t.Fatal(err)
		}
		if l, err := control.Listen(open); err == nil || !strings.Contains(err.Error(), "chmod 700") {
			t.Errorf("listens in a directory of mode %v: %v, %v", mode, l, err)
		}
	}
}

// TestStaleSocket: a socket that was left behind is replaced, and nothing else is.
func TestStaleSocket(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	request := control.Request{Action: control.List}
	if _, _, _, err := ask(t, dir, request); !errors.Is(err, control.ErrNoGateway) {
		t.Errorf("before the gateway: %v", err)
	}
	path := filepath.Join(dir, "control")
	stale, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	stale.(*net.UnixListener).SetUnlinkOnClose(false)
	stale.Close()
	if _, _, _, err := ask(t, dir, request); !errors.Is(err, control.ErrNoGateway) {
		t.Errorf("with a socket that was left behind: %v", err)
	}
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := control.Listen(dir); err == nil {
		t.Error("a file was taken for a socket")
	}
	if text, err := os.ReadFile(path); string(text) != "precious" {
		t.Errorf("the file: %q, %v", text, err)
	}
	long := filepath.Join(dir, strings.Repeat("long/", 20))
	if err := os.MkdirAll(long, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := control.Listen(long); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("a long name: %v", err)
	}
}

// raw sends text and returns the whole answer.
func raw(t *testing.T, dir, text string) string {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, "control"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, text) // the server may have closed the connection already
	conn.(*net.UnixConn).CloseWrite()
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// TestBadRequests: each is refused with a reason, and changes nothing.
func TestBadRequests(t *testing.T) {
	q := three()
	dir := serve(t, q)
	for _, tt := range []struct{ line, reason string }{
		{"", "no request"},
		{`{"action":"retry"}`, "no request"}, // no line end: it may be cut off
		{"GET / HTTP/1.1\n", "not a request"},
		{"[]\n", "not a request"},
		{`{"action":"retry","force":true}` + "\n", "force"},
		{`{"action":"retry"} {"action":"drop"}` + "\n", "something follows"},
		{`{"action":"shred"}` + "\n", "unknown action"},
		{`{"action":"drop"}` + "\n", "drop needs"},
		{`{"action":"drop","filter":{}}` + "\n", "drop needs"},
		{`{"action":"suspend","report":true}` + "\n", "works with drop only"},
		{`{"action":"reload","filter":{"ids":["A"]}}` + "\n", "takes no filter"},
		{`{"action":"list","filter":{"older":-1}}` + "\n", "negative"},
		{`{"action":"list","filter":{"status":"lost"}}` + "\n", "unknown status"},
		{`{"action":"list","filter":{"recipientDomain":"a b"}}` + "\n", "recipient domain"},
		{`{"action":"list","filter":{"sender":"a@@b"}}` + "\n", "sender"},
		{`{"action":"list","filter":{"nextHop":"a\u0007"}}` + "\n", "control characters"},
		{strings.Repeat(" ", 2<<20) + "\n", "no request"},
	} {
		answer := raw(t, dir, tt.line)
		var e control.Event
		if tt.reason == "no request" && len(tt.line) > 1<<20 && answer == "" {
			continue // the rest of so much made the system drop the answer
		}
		if err := json.Unmarshal([]byte(answer), &e); err != nil || e.End == nil || !strings.Contains(e.End.Error, tt.reason) {
			t.Errorf("%.60q: %q, want %q", tt.line, answer, tt.reason)
		}
	}
	if len(q.done) > 0 {
		t.Errorf("done: %q", q.done)
	}
}
