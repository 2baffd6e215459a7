package content

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBufferWith reads Buffers around others, at every offset, against plain strings.
func TestBufferWith(t *testing.T) {
	const text = "header\r\n\r\nbody"
	dir := t.TempDir()
	for name, b := range map[string]func() *Buffer{
		"memory": func() *Buffer { return read(t, &Pool{}, text) },
		"file":   func() *Buffer { return read(t, &Pool{Dir: dir, Memory: 1}, text) },
		"other":  func() *Buffer { return Around(strings.NewReader(text), int64(len(text))) },
	} {
		for _, head := range []string{"", "new\r\n\r\n"} {
			for skip := range int64(len(text)) + 1 {
				base := b()
				w := base.With([]byte(head), skip)
				base.Release()
				want := head + text[skip:]
				if got := readAll(t, w.Reader(new(bytes.Reader))); got != want || w.Size() != int64(len(want)) {
					t.Errorf("%s, %q, %d: %q of %d bytes, want %q", name, head, skip, got, w.Size(), want)
				}
				if err := iotest.TestReader(w.Reader(new(bytes.Reader)), []byte(want)); err != nil {
					t.Errorf("%s, %q, %d: %v", name, head, skip, err)
				}
				w.Release()
			}
		}
	}
}

func read(t *testing.T, p *Pool, text string) *Buffer {
	t.Helper()
	b, _, err := p.Read(strings.NewReader(text), false)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReaderIsShared: a Pool that reads a Reader of another Pool uses no memory of its own, and
// the message outlives the first owner.
func TestReaderIsShared(t *testing.T) {
	text := strings.Repeat("x", 100_000)
	first, second := &Pool{}, &Pool{}
	b := read(t, first, text)
	r := NewReader(b)
	b.Release()
	shared, unread, err := second.Read(r, true)
	if err != nil || unread != nil || second.used.Load() != 0 {
		t.Fatalf("%v, unread %v, %d bytes of memory", err, unread, second.used.Load())
	}
	if !r.Whole() {
		t.Error("a shared message wasn't read to its end")
	}
	_ = r.Close()
	if _, err := r.Read(make([]byte, 1)); err != ErrClosed {
		t.Errorf("after Close: %v", err)
	}
	if got := readAll(t, shared.Reader(new(bytes.Reader))); got != text {
		t.Error("the message has changed")
	}
	shared.Release()
	if n := first.used.Load(); n != 0 {
		t.Errorf("%d bytes of memory stay in use", n)
	}
}

// TestReaderBegun: a message of which something was read is read on, not shared.
func TestReaderBegun(t *testing.T) {
	b := read(t, &Pool{}, "ab")
	r := NewReader(b)
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	second := &Pool{}
	rest, _, err := second.Read(r, false)
	if err != nil || readAll(t, rest.Reader(new(bytes.Reader))) != "b" || !r.Whole() {
		t.Errorf("the rest of the message is wrong: %v", err)
	}
}
