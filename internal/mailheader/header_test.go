package mailheader_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

func read(t testing.TB, msg string) *mailheader.Header {
	t.Helper()
	h, err := mailheader.Read(strings.NewReader(msg), 0)
	if err != nil {
		t.Fatalf("Read(%q): %v", msg, err)
	}
	return h
}

func all(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// firewalled refuses the class that most of these tests strip.
func firewalled(name string) bool {
	const class = "x-org-"
	return len(name) < len(class) || !strings.EqualFold(name[:len(class)], class)
}

func TestFields(t *testing.T) {
	for _, tc := range []struct{ msg, names, body string }{
		{"From: a\r\nTo: b\r\n\r\nbody", "From|To", "body"},
		{"From : a\r\n\tb\r\n c\r\nX:\r\n\r\n", "From|X", ""},
		{"no colon\r\nTo: b\r\n\r\nbody", "|To", "body"},
		{" folded: at once\r\nTo: b\r\n\r\nbody", "folded|To", "body"},
		{"\r\nbody: no header\r\n", "", "body: no header\r\n"},
		{"A: only\r\nB: header", "A|B", ""},
		{"", "", ""},
		{"A: a\nB: b\n\nbody", "A|B", "body"},
		{"A: a\n\r\nB: b\r\n\r\nbody", "A||B", "body"},
		{"A: a\rB: b\r\n\r\nbody", "A|B", "body"},
		{"A: a\r\r\nB: b\r\n\r\nbody", "A||B", "body"},
		{"\nA: a\r\n\r\nbody", "|A", "body"},
	} {
		h := read(t, tc.msg)
		var names []string
		for f := range h.Fields() {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, "|"); got != tc.names {
			t.Errorf("Fields(%q) = %s, want %s", tc.msg, got, tc.names)
		}
		if got := all(t, h.Body()); got != tc.body {
			t.Errorf("Body(%q) = %q, want %q", tc.msg, got, tc.body)
		}
	}
}

func TestFilter(t *testing.T) {
	for _, tc := range []struct{ msg, want string }{
		{"A: a\r\nX-Org-SCL: 1\r\n -1\r\nB: b\r\n\r\nx", "A: a\r\nB: b\r\n\r\nx"},
		{"junk\r\nx-oRG-scl\t : 1\r\n\r\nx", "junk\r\n\r\nx"},
		{"junk\r\n X-Org-SCL: 1\r\n\r\nx", "junk\r\n\r\nx"},
		{"\tX-Org-SCL: 1\r\nA: a\r\n\r\nx", "A: a\r\n\r\nx"},
		{"A: a\r\n X-Org-SCL: 1\r\n\r\nx", "A: a\r\n X-Org-SCL: 1\r\n\r\nx"},
		{"X-Org-SCL\r\n : 1\r\nA: a\r\n\r\nx", "A: a\r\n\r\nx"},
		{"A: a\r\nX-Org-SCL\r\n \r\n\t\t: 1\r\n\r\nx", "A: a\r\n\r\nx"},
		{"\xa0X-Org-SCL: 1\r\n\r\nx", "\r\nx"},
		{"\xef\xbb\xbfX-Org-SCL\x00: 1\r\n\r\nx", "\r\nx"},
		{"A: a\rX-Org-SCL: 1\r\n\r\nX-Org-B: 1", "A: a\r\n\r\nX-Org-B: 1"},
		{"A: a\n\r\nX-Org-SCL: 1\r\n\r\nx", "A: a\r\n\r\n\r\nx"},
		{"A: a\nX-Org-SCL: 1\n\nx", "A: a\r\n\r\nx"},
		{"A: a\nB: b\n\nx", "A: a\nB: b\n\nx"},
		{"X-Org-SCL: 1\r\n\r\nX-Org-SCL: body\r\n", "\r\nX-Org-SCL: body\r\n"},
	} {
		h := read(t, tc.msg)
		h.Filter(firewalled)
		if got := all(t, h.Message()); got != tc.want {
			t.Errorf("Filter(%q) = %q, want %q", tc.msg, got, tc.want)
		}
	}
}

func TestMaxHeaderSize(t *testing.T) {
	const msg = "A: 3456\r\n\r\nbody"
	for max, want := range map[int64]error{10: mailheader.ErrTooLarge, 11: nil, 0: nil} {
		h, err := mailheader.Read(strings.NewReader(msg), max)
		if !errors.Is(err, want) {
			t.Errorf("max %d: %v, want %v", max, err, want)
		}
		if err == nil && h.Size() != 11 {
			t.Errorf("Size = %d, want 11", h.Size())
		}
	}
	endless := iotest.ErrReader(errors.New("read too far"))
	r := bufio.NewReader(io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<16)), endless))
	if _, err := mailheader.Read(r, 1<<15); !errors.Is(err, mailheader.ErrTooLarge) {
		t.Errorf("a header of one line: %v, want ErrTooLarge", err)
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("client gone")
	r := io.MultiReader(strings.NewReader("A: a\r\nB"), iotest.ErrReader(broken))
	if _, err := mailheader.Read(r, 0); !errors.Is(err, broken) {
		t.Errorf("Read = %v, want the reader's error", err)
	}
	h, err := mailheader.Read(io.MultiReader(strings.NewReader("A: a\r\n\r\nbo"), iotest.ErrReader(broken)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(h.Message()); !errors.Is(err, broken) || string(b) != "A: a\r\n\r\nbo" {
		t.Errorf("Message = %q, %v", b, err)
	}
}

func TestPrependAndWriteTo(t *testing.T) {
	h := read(t, "A: a\r\n\r\nbody")
	h.Prepend([]byte("B: b\r\n"))
	h.Prepend([]byte("C: c\r\n"))
	const want = "C: c\r\nB: b\r\nA: a\r\n\r\nbody"
	var b bytes.Buffer
	if _, err := h.WriteTo(&b); err != nil || b.String() != strings.TrimSuffix(want, "body") {
		t.Errorf("WriteTo = %q, %v", b.String(), err)
	}
	if got := all(t, iotest.OneByteReader(h.Message())); got != want {
		t.Errorf("Message = %q, want %q", got, want)
	}
	h = read(t, "A: a\r\n\r\nbody")
	b.Reset()
	n, err := io.Copy(&b, h.Message())
	if err != nil || n != 12 || b.String() != "A: a\r\n\r\nbody" {
		t.Errorf("Copy = %d, %v, %q", n, err, b.String())
	}
}

// What begins folded must not continue the field that is put in front of it.
func TestPrependToFoldedLine(t *testing.T) {
	for _, tc := range []struct{ msg, want string }{
		{" by evil.example\r\nA: a\r\n\r\nx", "\r\n by evil.example\r\nA: a\r\n\r\nx"},
		{"\tby evil.example", "\r\n\tby evil.example"},
		{" X-Org-SCL: 1\r\nA: a\r\n\r\nx", "A: a\r\n\r\nx"},
		{"\r\n x", "\r\n x"},
	} {
		h := read(t, tc.msg)
		h.Filter(firewalled)
		h.Prepend([]byte("Received: us\r\n"))
		if got := all(t, h.Message()); got != "Received: us\r\n"+tc.want {
			t.Errorf("%q became %q", tc.msg, got)
		}
	}
}

// Were lines looked at again and again, these headers would take hours.
func TestLinearTime(t *testing.T) {
	for _, line := range []string{"\r", "\n", " \n", " \r\n", ":\n", "a\n", "a\n :\n", "\r\r\n"} {
		msg := "a\n" + strings.Repeat(line, 1<<19/len(line)) + " : x\r\n\r\n"
		h := read(t, msg)
		h.Filter(firewalled)
		if got := all(t, h.Message()); got != msg {
			t.Errorf("a header of %q has changed", line)
		}
	}
}

var lineEnd = regexp.MustCompile(`\r\n|\n|\r`)

// survivors returns the names that some reader may see in the header of msg:
// one that ends lines at CRLF alone, and one that ends them at anything.
func survivors(msg string) (names []string) {
	lenient := lineEnd.Split(msg, -1)
	// A third joins folded lines before it looks for colons.
	head, _, _ := strings.Cut("\r\n"+msg, "\r\n\r\n")
	unfolded := strings.NewReplacer("\r\n ", " ", "\r\n\t", "\t").Replace(strings.TrimPrefix(head, "\r\n"))
	for _, lines := range [][]string{strings.Split(msg, "\r\n"), lenient, strings.Split(unfolded, "\r\n")} {
		folds := false
		for _, line := range lines {
			if line == "" {
				break
			}
			if folds && (line[0] == ' ' || line[0] == '\t') {
				continue
			}
			var name string
			if name, _, folds = strings.Cut(line, ":"); folds {
				names = append(names, strings.TrimSpace(name))
			}
		}
	}
	return names
}

func FuzzHeader(f *testing.F) {
	for _, seed := range []string{
		"From: a\r\nX-Org-A: b\r\n\r\nbody",               // the plain case
		"junk\r\nX-Org-A: b\r\n\r\n",                      // behind a malformed line
		"A: b\n\r\nX-Org-A: b\r\n\r\n",                    // an empty line for some
		"A: b\r\n\nX-Org-A: b\r\n\r\n",                    // the other way round
		"A: b\rX-Org-B: c\r\n\r\nX-Org-A: b\r\n\r\n",      // a cut that would join lines
		"A: b\r\r\nX-Org-A: b\r\n\r\n",                    // CR in front of CRLF
		" X-Org-A: b\r\n\tX-Org-A: c\r\nX-Org-A :\r\n",    // folds of nothing
		"A: b\r\nX-Org-A\n\n: b\r\n",                      // a name across lines
		"\nX-Org-A: b",                                    // an empty line to some programs only
		"X-Org-A\r\n \r\n\t: b",                           // folded in front of the colon
		"X-Org-\rb:", "X-Org-\r\n +:", "0\r\n X-Org-\n+:", // a name that begins in the line before
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, msg string) {
		if got := all(t, read(t, msg).Message()); got != msg {
			t.Fatalf("unfiltered %q became %q", msg, got)
		}
		h := read(t, msg)
		if h.Filter(firewalled) == 0 {
			if got := all(t, h.Message()); got != msg {
				t.Fatalf("nothing cut, but %q became %q", msg, got)
			}
		}
		out := all(t, h.Message())
		for _, name := range survivors(out) {
			if !firewalled(name) {
				t.Fatalf("%q keeps %q in %q", msg, name, out)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	msg := strings.Repeat("X-Field: some forty bytes of contents here\r\n", 12) + "\r\nbody"
	r := strings.NewReader(msg)
	br := bufio.NewReader(r)
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		r.Reset(msg)
		br.Reset(r)
		h, err := mailheader.Read(br, 1<<18)
		if err != nil {
			b.Fatal(err)
		}
		h.Filter(firewalled)
	}
}
