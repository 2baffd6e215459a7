package message_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/relay/message"
)

// parse returns a message that the end of the test closes.
func parse(t *testing.T, text string) *message.Message {
	t.Helper()
	m, err := new(message.Pool).Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// TestHeaderChanges does to a header what a milter may ask for.
func TestHeaderChanges(t *testing.T) {
	const header = "A: 1\r\nB: 2\r\nB: 3\r\n\tfolded\r\n"
	for _, tc := range []struct {
		name   string
		header string
		change func(h *message.Header) error
		want   string
	}{
		{"prepend", header, func(h *message.Header) error { return h.Prepend("X: y") }, "X: y\r\n" + header},
		{"append", header, func(h *message.Header) error { return h.Append("X: y\r\n\tz") }, header + "X: y\r\n\tz\r\n"},
		{"append to an empty header", "", func(h *message.Header) error { return h.Append("X: y") }, "X: y\r\n"},
		{"insert", header, func(h *message.Header) error { return h.Insert(2, "X: y") }, "A: 1\r\nB: 2\r\nX: y\r\nB: 3\r\n\tfolded\r\n"},
		{"insert in front of all", header, func(h *message.Header) error { return h.Insert(-1, "X: y") }, "X: y\r\n" + header},
		{"replace", header, func(h *message.Header) error { return h.Replace(h.Index("b", 1), "B: 4") }, "A: 1\r\nB: 2\r\nB: 4\r\n"},
		{"replace the last", header, func(h *message.Header) error { return h.Replace(2, "C: 4") }, "A: 1\r\nB: 2\r\nC: 4\r\n"},
		{"two changes", header, func(h *message.Header) error {
			return errors.Join(h.Append("X: 1"), h.Insert(1, "Y: 2"), h.Replace(0, "Z: 3"))
		}, "Z: 3\r\nY: 2\r\nB: 2\r\nB: 3\r\n\tfolded\r\nX: 1\r\n"},
		{"removed before and after", header, func(h *message.Header) error {
			h.Drop("A")
			err := h.Append("X: 1")
			h.Drop("b")
			return err
		}, "X: 1\r\n"},
		{"behind lines without colon", "A: 1\r\njunk\r\n more: junk\r\n", func(h *message.Header) error { return h.Insert(2, "X: y") }, "A: 1\r\nX: y\r\njunk\r\n more: junk\r\n"},
		{"bare line ends", "A: 1\nB: 2\r\n", func(h *message.Header) error { return h.Append("X: y") }, "A: 1\r\nB: 2\r\nX: y\r\n"},
		{"an empty line that is no end", "A: 1\n\r\nB: 2\r\n", func(h *message.Header) error { return h.Append("X: y") }, "A: 1\r\nB: 2\r\nX: y\r\n"},
	} {
		m := parse(t, tc.header+"\r\nbody\r\n")
		if err := tc.change(m.Header()); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := read(t, m.Open()); got != tc.want+"\r\nbody\r\n" || m.Size() != int64(len(got)) {
			t.Errorf("%s: %q of %d bytes, want %q", tc.name, got, m.Size(), tc.want)
		}
		if got := read(t, m.Body()); got != "body\r\n" {
			t.Errorf("%s: the body is %q", tc.name, got)
		}
	}
}

// TestContinuedAttack: lines at the beginning of a message that belong to no field don't become
// part of a field that is added in front of them, and nothing of them is lost.
func TestContinuedAttack(t *testing.T) {
	m := parse(t, " injected\r\nSubject: a\r\n\r\nbody\r\n")
	for _, f := range []string{"X: y", "Z: y"} {
		if err := m.Header().Prepend(f); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := read(t, m.Open()), "Z: y\r\nX: y\r\n\r\n injected\r\nSubject: a\r\n\r\nbody\r\n"; got != want || m.Header().Get("X") != "y" || m.Size() != int64(len(want)) {
		t.Errorf("the message is %q", got)
	}
	if got := read(t, m.Body()); got != " injected\r\nSubject: a\r\n\r\nbody\r\n" {
		t.Errorf("the body is %q", got)
	}
}

// TestReplaceFails: there is only a field to replace where one is, and a field that isn't one
// changes nothing.
func TestReplaceFails(t *testing.T) {
	const text = "A: 1\r\njunk\r\n\r\n"
	m := parse(t, text)
	for i, field := range map[int]string{-1: "X: y", 1: "X: y", 2: "X: y", 0: "X: y\r\n\r\nbody"} {
		if err := m.Header().Replace(i, field); err == nil {
			t.Errorf("Replace(%d, %q) replaced a field", i, field)
		}
	}
	if i := m.Header().Index("A", 1); i != -1 {
		t.Errorf("there is a second field A at %d", i)
	}
	if got := read(t, m.Open()); got != text {
		t.Errorf("the message is %q", got)
	}
}

// TestAuthorsNow: Authors follow the changes, Hops don't.
func TestAuthorsNow(t *testing.T) {
	m := parse(t, "Received: from a\r\nFrom: kim@contoso.com\r\n\r\n")
	h := m.Header()
	h.Drop("Received")
	if err := h.Replace(h.Index("From", 0), "From: scanner@contoso.com"); err != nil {
		t.Fatal(err)
	}
	authors, err := h.Authors()
	if got := fmt.Sprint(authors, err, h.Hops()); got != "[scanner@contoso.com] <nil> 1" {
		t.Errorf("authors, error and hops: %s", got)
	}
	h.Drop("From")
	if authors, err = h.Authors(); len(authors) > 0 || err != nil {
		t.Errorf("without From: %v, %v", authors, err)
	}
}

// TestSetBody replaces bodies of every length by others, and by what is made of them.
func TestSetBody(t *testing.T) {
	const header = "Subject: a\r\n\r\n"
	for _, size := range []int{0, 10, 1 << 20} {
		for name, source := range sources {
			if name == "stream" && size > 10 {
				continue
			}
			m, err := (&message.Pool{Dir: t.TempDir()}).Read(source(header + strings.Repeat("12345678\r\n", size/10)))
			if err != nil {
				t.Fatal(err)
			}
			before := m.Open()
			if err := m.SetBody(strings.NewReader("gr\u00fc\u00dfe\nto you")); err != nil {
				t.Fatal(err)
			}
			want := header + "gr\u00fc\u00dfe\r\nto you\r\n"
			if got := read(t, m.Open()); got != want || m.Size() != int64(len(want)) || !m.EightBit() {
				t.Errorf("%s, %d: %q, 8-bit %v", name, size, got, m.EightBit())
			}
			if _, err := before.Read(make([]byte, 1)); err == nil {
				t.Errorf("%s, %d: a reader from before holds the old body", name, size)
			}
			if err := m.SetBody(iotest.OneByteReader(m.Body())); err != nil || read(t, m.Open()) != want {
				t.Errorf("%s, %d: the body by itself: %v", name, size, err)
			}
			for _, bad := range []string{"a\rb", "a\x00b"} {
				if err := m.SetBody(strings.NewReader(bad)); err == nil || read(t, m.Open()) != want {
					t.Errorf("%s, %d: %q became the body", name, size, bad)
				}
			}
			if err := m.Header().Append("X: y"); err != nil {
				t.Error(err)
			}
			if err := m.SetBody(strings.NewReader("x")); err != nil || read(t, m.Open()) != "Subject: a\r\nX: y\r\n\r\nx\r\n" || m.EightBit() {
				t.Errorf("%s, %d: a short body: %v", name, size, err)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSetBodyWithoutEnd: a body never becomes part of a header that had no empty line.
func TestSetBodyWithoutEnd(t *testing.T) {
	m := parse(t, "Subject: a")
	if err := m.SetBody(strings.NewReader("X: y\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, m.Open()); got != "Subject: a\r\n\r\nX: y\r\n" || m.Header().Has("X") {
		t.Errorf("the message is %q", got)
	}
}

// FuzzInsert: a field that Insert takes stands where it was to be, and all others are the fields
// from before; the body stays.
func FuzzInsert(f *testing.F) {
	f.Add("A: 1\r\nB: 2\r\n\r\nbody", 1, "X: y")
	f.Add(" junk\r\n", 0, "X: y")
	f.Add("A: 1\n\r\njunk\n more\r\n\r\nbody", 2, "X: y\r\n z")
	f.Add("A\rB: 1\r\nC", 9, "X: y")
	f.Add("\n \r\n", 0, "X:")
	f.Add("\n\n\r\n \r\n", 0, "X:")
	f.Add("\r :", 5, "X: y")
	f.Fuzz(func(t *testing.T, text string, i int, field string) {
		m := parse(t, text)
		before := slices.Collect(m.Header().Fields())
		body := read(t, m.Body())
		if err := m.Header().Insert(i, field); err != nil {
			if got := read(t, m.Open()); got != text {
				t.Fatalf("refused, but %q became %q", text, got)
			}
			return
		}
		again := parse(t, read(t, m.Open()))
		now := slices.Collect(again.Header().Fields())
		at := slices.IndexFunc(now, func(f message.Field) bool { return string(f.Raw) == strings.TrimSuffix(field, "\r\n")+"\r\n" })
		if at < 0 {
			t.Fatalf("%q isn't a field of %q", field, read(t, m.Open()))
		}
		if !strings.HasSuffix(read(t, m.Body()), body) || read(t, m.Body()) != read(t, again.Body()) {
			t.Fatalf("the body %q became %q", body, read(t, m.Body()))
		}
		for _, f := range before {
			if f.Name != "" && !strings.Contains(read(t, m.Open()), strings.TrimRight(string(f.Raw), "\r\n")) && !strings.ContainsAny(strings.TrimSuffix(string(f.Raw), "\r\n"), "\r\n") {
				t.Fatalf("%q is gone", f.Raw)
			}
		}
	})
}
