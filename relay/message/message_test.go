package message_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/relay/message"
)

const text = "Received: by b\r\nReceived: by a\r\nFrom: kim@contoso.com\r\nSubject: a\r\n long one\r\nX-Spam: no\r\n\r\nHello\r\n"

// sources are the ways in which a message comes.
var sources = map[string]func(s string) io.Reader{
	"stream":     func(s string) io.Reader { return iotest.OneByteReader(strings.NewReader(s)) },
	"rereadable": func(s string) io.Reader { return strings.NewReader(s) },
	"advanced": func(s string) io.Reader { // can't be read from its start
		r := strings.NewReader("xx" + s)
		_, _ = r.Seek(2, io.SeekStart)
		return r
	},
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestMessage reads messages of every length that is held differently, changes their headers,
// and reads them again.
func TestMessage(t *testing.T) {
	for name, source := range sources {
		for _, size := range []int{0, 10 << 10, 100 << 10, 1 << 20} {
			if name == "stream" && size > 100<<10 {
				source = func(s string) io.Reader { return io.MultiReader(strings.NewReader(s)) }
			}
			whole := text + strings.Repeat("0123456\r\n", size/9)
			dir := t.TempDir()
			p := &message.Pool{Dir: dir}
			m, err := p.Read(source(whole))
			if err != nil {
				t.Fatal(err)
			}
			first := m.Open()
			if got := read(t, m.Open()); got != whole || m.Size() != int64(len(whole)) {
				t.Errorf("%s, %d: read %d bytes, Size %d, want %d", name, size, len(got), m.Size(), len(whole))
			}
			h := m.Header()
			if h.Hops() != 2 || h.Get("subject") != "a long one" || !h.Has("X-SPAM") || h.Get("To") != "" {
				t.Errorf("%s, %d: the header is read wrongly", name, size)
			}
			if n := h.Drop("x-spam"); n != 1 {
				t.Errorf("Drop removed %d fields", n)
			}
			for _, f := range []string{"X-Second: 2\r\n", "X-First: 1\r\n folded"} {
				if err := h.Prepend(f); err != nil {
					t.Error(err)
				}
			}
			want := "X-First: 1\r\n folded\r\nX-Second: 2\r\n" + strings.Replace(whole, "X-Spam: no\r\n", "", 1)
			if got := read(t, m.Open()); got != want || m.Size() != int64(len(want)) {
				t.Errorf("%s, %d: changed: %d bytes, Size %d, want %d: %.200q", name, size, len(got), m.Size(), len(want), got)
			}
			if got := read(t, first); got != whole {
				t.Errorf("%s, %d: the reader from before has changed", name, size)
			}
			if _, body, _ := strings.Cut(want, "\r\n\r\n"); read(t, m.Body()) != body {
				t.Errorf("%s, %d: the body is wrong", name, size)
			}
			var names []string
			for f := range h.Fields() {
				names = append(names, f.Name)
			}
			if want := []string{"X-First", "X-Second", "Received", "Received", "From", "Subject"}; !slices.Equal(names, want) {
				t.Errorf("fields %q, want %q", names, want)
			}
			late := m.Open()
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			if n, err := late.Read(make([]byte, 1)); n > 0 || err == nil || err == io.EOF {
				t.Errorf("after Close a reader returns %d, %v", n, err)
			}
			if list, _ := filepath.Glob(filepath.Join(dir, "*")); len(list) > 0 {
				t.Errorf("files %v stay", list)
			}
		}
	}
}

// TestReadFails: the error is the source's, or says that there is no room.
func TestReadFails(t *testing.T) {
	broken := errors.New("broken")
	for _, size := range []int{0, 1 << 20} {
		r := io.MultiReader(strings.NewReader(text), bytes.NewReader(make([]byte, size)), iotest.ErrReader(broken))
		if _, err := new(message.Pool).Read(r); !errors.Is(err, broken) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	p := &message.Pool{Dir: filepath.Join(t.TempDir(), "missing")}
	if _, err := p.Read(io.MultiReader(strings.NewReader(text), bytes.NewReader(make([]byte, 1<<20)))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a directory: %v", err)
	}
}

// TestPrependAttack: no text from elsewhere adds a second field, or ends the header.
func TestPrependAttack(t *testing.T) {
	m, err := new(message.Pool).Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, field := range []string{
		"", ":", " ", "X", "X: a\r\nY: b", "X: a\nY: b", "X: a\rY: b", "X: a\r\n\r\nbody", "X: a\r\n", "X: a\x00", "X Y: b", "X\r\n: b", "\xc3\xa9: b",
		" X: b", "X: a\r\n ", "X: a\r\n \r\n b", "X: a\r\n\r\n",
	} {
		err := m.Header().Prepend(field)
		if valid := field == "X: a\r\n"; valid != (err == nil) {
			t.Errorf("Prepend(%q): %v", field, err)
		}
	}
	if got := read(t, m.Open()); got != "X: a\r\n"+text {
		t.Errorf("the message is %q", got)
	}
}

// TestDropFunc removes fields by what they say.
func TestDropFunc(t *testing.T) {
	m, err := new(message.Pool).Read(strings.NewReader("Authentication-Results: ours.example; spf=pass\r\nAuthentication-Results: other.example; none\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	n := m.Header().DropFunc(func(f message.Field) bool {
		return strings.EqualFold(f.Name, "Authentication-Results") && strings.HasPrefix(f.Value(), "ours.example;")
	})
	if got := read(t, m.Open()); n != 1 || got != "Authentication-Results: other.example; none\r\n\r\n" {
		t.Errorf("%d dropped, the message is %q", n, got)
	}
}

// FuzzPrepend: a field that Prepend takes is the first one of the message, and all others are
// the fields from before.
func FuzzPrepend(f *testing.F) {
	for _, s := range []string{"X: a", "X: a\r\n b\r\n", "X: a\r\nY: b", "\r\n", ": x", "X:\r\n\ta", "X:\t", "X: \x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		var p message.Pool
		m, err := p.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if m.Header().Prepend(field) != nil {
			return
		}
		again, err := p.Read(m.Open())
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		var got []string
		for f := range again.Header().Fields() {
			got = append(got, string(f.Raw))
		}
		want := []string{strings.TrimSuffix(field, "\r\n") + "\r\n"}
		for line := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSuffix(text, "\r\n\r\nHello\r\n"), "\r\n ", "\x00"), "\r\n") {
			want = append(want, strings.ReplaceAll(line, "\x00", "\r\n ")+"\r\n")
		}
		if !slices.Equal(got, want) {
			t.Errorf("Prepend(%q): fields %q, want %q", field, got, want)
		}
	})
}
