package smtpclient_test

import (
	"bufio"
	"bytes"
	"io"
	"net/textproto"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

func FuzzStuff(f *testing.F) {
	f.Add([]byte("A: b\r\n\r\nbody\r\n"), 3)       // plain
	f.Add([]byte(".\r\n..\r\n.x\r\n\r\n.\r\n"), 1) // dots everywhere, cut everywhere
	f.Add([]byte("a\r\n.\rb\r\n"), 5)              // an end for some
	f.Add([]byte("no end of line"), 100)           // CRLF is added
	f.Fuzz(func(t *testing.T, msg []byte, part int) {
		var wire bytes.Buffer
		err := smtpclient.Stuff(&wire, msg, max(part, 1))
		bare := bytes.ContainsAny(bytes.ReplaceAll(msg, []byte("\r\n"), nil), "\r\n")
		if (err != nil) != bare {
			t.Fatalf("%q: %v, bare CR or LF: %t", msg, err, bare)
		}
		if err != nil {
			return
		}
		sent := wire.Bytes()
		if n := bytes.Count(sent, []byte("\r\n.\r\n")); n > 1 || n == 0 && string(sent) != ".\r\n" {
			t.Fatalf("%q became %q with %d ends", msg, sent, n)
		}
		got, err := io.ReadAll(textproto.NewReader(bufio.NewReader(bytes.NewReader(sent))).DotReader())
		want := strings.ReplaceAll(string(msg), "\r\n", "\n") // as DotReader has it
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if err != nil || string(got) != want {
			t.Fatalf("%q came out as %q, %v", msg, got, err)
		}
	})
}

func FuzzReadReply(f *testing.F) {
	f.Add("250-a\r\n250 2.1.0 b\r\n")                   // plain
	f.Add("250 ok\n")                                   // bare LF
	f.Add("250-a\r\n550 b\r\n")                         // two codes
	f.Add("354\r\n")                                    // without text
	f.Add("550 5.1.1.1 \x1b[31m\r\n")                   // what mustn't be printed
	f.Add(strings.Repeat("250-\r\n", 500) + "250 \r\n") // more lines than are kept
	f.Add("250 " + strings.Repeat("x", 3000) + "\r\n")  // too long
	f.Fuzz(func(t *testing.T, wire string) {
		r, err := smtpclient.ReadReply(bufio.NewReader(strings.NewReader(wire)))
		if err != nil {
			if r.Code != 0 {
				t.Fatalf("%q: %v and %v", wire, r, err)
			}
			return
		}
		// 4 KiB of text are kept, in which a line counts 16 bytes at least, and one more.
		if r.Code < 200 || r.Code > 599 || len(r.Lines) == 0 || len(r.Lines) > 257 || r.Enhanced[0] != 0 && r.Enhanced[0] != r.Code/100 {
			t.Fatalf("%q: %+v", wire, r)
		}
		for _, c := range []byte(r.String()) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q prints as %q", wire, r.String())
			}
		}
		again, err := smtpclient.ReadReply(bufio.NewReader(strings.NewReader(r.String() + "\r\n")))
		if err != nil || again.Code != r.Code || again.Enhanced[0] != r.Enhanced[0] && r.Enhanced[0] != 0 {
			t.Fatalf("%q: %+v, %v", r, again, err)
		}
	})
}

func BenchmarkStuff(b *testing.B) {
	msg := []byte(strings.Repeat(strings.Repeat("x", 74)+"\r\n", 1<<20/76))
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		if err := smtpclient.Stuff(io.Discard, msg, 64<<10); err != nil {
			b.Fatal(err)
		}
	}
}
