package replay_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/interchange-smtp/interchange/connector/replay"
)

// utf16Text encodes s with a byte order mark.
func utf16Text(s string, big bool) []byte {
	var b []byte
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

func TestDecode(t *testing.T) {
	const text = "Grüße 🖨\r\nzwei"
	for name, in := range map[string][]byte{
		"utf8":    []byte(text),
		"bom":     []byte("\xef\xbb\xbf" + text),
		"little":  utf16Text(text, false),
		"big":     utf16Text(text, true),
		"gzip":    zipped([]byte(text)),
		"gzip-16": zipped(utf16Text(text, false)),
	} {
		r, err := replay.Decode(iotest.OneByteReader(bytes.NewReader(in)))
		if err != nil {
			t.Fatal(name, err)
		}
		if got, err := io.ReadAll(iotest.OneByteReader(r)); string(got) != text || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for in, want := range map[string]string{
		"":                         "",
		"a":                        "a",
		"\xff\xfea\x00b":           "a�",
		"\xff\xfe\x3d\xd8a\x00":    "�a",
		"\xff\xfe\x00\xdca\x00":    "�a",
		"\xff\xfe\x3d\xd8":         "�",
		"\xff\xfe\x3d\xd8\x3d\xd8": "��",
	} {
		r, err := replay.Decode(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestLines(t *testing.T) {
	in := "a\r\n\nb\n" + strings.Repeat("x", 1<<17) + "\nc\r\r\nlast"
	got, err := replay.Lines(strings.NewReader(in))
	if want := []string{"a", "", "b", "...", "c", "last"}; !slices.Equal(got, want) || err != io.EOF {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := replay.Lines(iotest.TimeoutReader(strings.NewReader(in))); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("the reader's error is lost: %v", err)
	}
}

// FuzzSplit holds the splitting of fields against encoding/csv.
func FuzzSplit(f *testing.F) {
	f.Add(`a,b,"c, ""d""",`)    // quotes doubled
	f.Add(`,"","x"`)            // empty fields
	f.Add(`"a"b,c`)             // text after a quote
	f.Add(`"open`)              // a quote that isn't closed
	f.Add(`a"b,"c""d","e""""f`) // a quote inside
	f.Fuzz(func(t *testing.T, line string) {
		got, ok := replay.Split([]byte(line))
		if strings.ContainsAny(line, "\r\n") || line == "" || strings.Count(line, ",") > 30 {
			return // a line has no line ends; csv skips empty ones; we read 32 fields
		}
		r := csv.NewReader(strings.NewReader(line))
		r.LazyQuotes = false
		want, err := r.Read()
		if err == nil && (!ok || !slices.Equal(got, want)) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
		// csv refuses a bare quote inside a field without quotes; logs have it.
		if err != nil && ok && !strings.Contains(line, `"`) {
			t.Errorf("%q: %q, want %v", line, got, err)
		}
	})
}

// FuzzRead feeds every reader: nothing may panic, all lines are accounted for,
// and what is printed cannot steer a terminal.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"receive.log", "send.log", "mail.log"} { // one log of each kind
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(utf16Text(string(data), true))
		for line := range strings.Lines(string(data)) { // and each line by itself
			f.Add([]byte(line))
		}
	}
	f.Add([]byte("#Fields: event\r\n#Software: Interchange\r\n"))                                                                                          // columns are missing
	f.Add([]byte("#Fields: data,event,remote-endpoint,local-endpoint,session-id\n,+,192.0.2.1:1,10.2.3.4:25,1\nEHLO \\x1b,<,192.0.2.1:1,10.2.3.4:25,1\n")) // in another order
	p := policy(f, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		r := replay.New(p, replay.Options{MaxOpen: 2, MaxClients: 1, MaxProblems: 2})
		err := r.Read("log", bytes.NewReader(data))
		got := r.Report()
		if got.Sessions != got.Alike+got.Different+got.Unjudged || got.Unjudged < got.Partial+got.Removed+got.Silent {
			t.Errorf("sessions don't add up: %+v", got)
		}
		if err == nil && bytes.IndexByte(data, '\x00') < 0 && !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
			if n := int64(bytes.Count(data, []byte("\n"))); got.Lines != n && got.Lines != n+1 {
				t.Errorf("%d lines, want %d", got.Lines, n)
			}
		}
		if text := got.String(); strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\n' || c == 0x7f }) {
			t.Errorf("a control character is printed: %q", text)
		}
	})
}

func TestUnknownFormat(t *testing.T) {
	r := replay.New(policy(t, 0), replay.Options{})
	if err := replay.New(policy(t, 0), replay.Options{}).Read("line", strings.NewReader(strings.Repeat("x", 1<<20))); !errors.Is(err, replay.ErrUnknownFormat) {
		t.Errorf("one endless line: %v", err)
	}
	if err := r.Read("x", strings.NewReader("a\nb\n")); !errors.Is(err, replay.ErrUnknownFormat) {
		t.Errorf("%v", err)
	}
	if err := r.Read("empty", strings.NewReader("")); err != nil {
		t.Errorf("an empty log: %v", err)
	}
	if got := r.Report(); got.Malformed != 2 || got.Problems[1].Line != 2 {
		t.Errorf("%+v", got)
	}
}

// A session may go on in the next file.
func TestRotation(t *testing.T) {
	log, err := os.ReadFile("testdata/receive.log")
	if err != nil {
		t.Fatal(err)
	}
	whole := replay.New(policy(t, 0), replay.Options{})
	if err := whole.Read("log", bytes.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	want := whole.Report()
	lines := bytes.SplitAfter(log, []byte("\n"))
	for cut := 6; cut < len(lines); cut += 7 {
		r := replay.New(policy(t, 0), replay.Options{})
		for _, part := range [][][]byte{lines[:cut], lines[cut:]} {
			if err := r.Read("log", bytes.NewReader(bytes.Join(part, nil))); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.Report(); got.Alike != want.Alike || got.Different != want.Different || got.Partial != want.Partial || got.Commands != want.Commands {
			t.Errorf("cut at %d: %v\nwant %v", cut, got, want)
		}
	}
}

// TestClientCounts holds the sketch against exact counts: a client with more than a
// fair share is there, and no count is wrong by more than it admits.
func TestClientCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, room := range []int{0, 100, 100_000} {
		s, exact, total := replay.NewClientCounts(room), map[netip.Addr]int64{}, int64(0)
		for range 50_000 {
			n := uint32(rng.ExpFloat64() * 300)
			a := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
			s.Add(a)
			exact[a]++
			total++
		}
		all := s.Top(1 << 20)
		if s.Exact() != (room == 100_000) {
			t.Errorf("room %d: exact %v", room, s.Exact())
		}
		listed := map[netip.Addr]bool{}
		for _, x := range all {
			listed[x.Address] = true
			if n := exact[x.Address]; x.Sessions < n || x.Sessions-x.Error > n {
				t.Errorf("room %d: %v has %d, listed as %d with error %d", room, x.Address, n, x.Sessions, x.Error)
			}
		}
		for a, n := range exact {
			if n > total/int64(len(all)) && !listed[a] {
				t.Errorf("room %d: %v with %d is missing", room, a, n)
			}
		}
	}
}
