package conversion_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/internal/conversion"
)

// convert returns msg as it is fit for to. The reader gives bytes one by one and
// all at once, which must make no difference.
func convert(t testing.TB, msg string, to conversion.Content) (string, error) {
	t.Helper()
	var b, slow strings.Builder
	err := conversion.Convert(&b, strings.NewReader(msg), to)
	slowErr := conversion.Convert(&slow, iotest.OneByteReader(strings.NewReader(msg)), to)
	if slow.String() != b.String() || (err == nil) != (slowErr == nil) {
		t.Fatalf("%q became %q, %v, and byte by byte %q, %v", msg, b.String(), err, slow.String(), slowErr)
	}
	return b.String(), err
}

// lines joins lines with CRLF.
func lines(all ...string) string { return strings.Join(all, "\r\n") + "\r\n" }

func TestConvert(t *testing.T) {
	const seven, eight = conversion.SevenBit, conversion.EightBit
	long := strings.Repeat("0123456789", 110)
	for _, tc := range []struct {
		name      string
		to        conversion.Content
		msg, want string
	}{
		{"7-bit as it is", seven, lines("Subject: x", "Content-Transfer-Encoding: 7bit", "", ".", " ", "=3D"), ""},
		{"empty", seven, "", ""},
		{"header alone", seven, lines("Subject: x"), ""},
		{"text", seven, lines("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "Grüße = x ", "", "."),
			lines("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "Gr=C3=BC=C3=9Fe =3D x=20", "", ".")},
		{"text for a hop that takes it", eight, lines("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "Grüße"), ""},
		{"text without MIME", seven, lines("Subject: x", "", "Grüße"),
			lines("Subject: x", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "Gr=C3=BC=C3=9Fe")},
		{"text in an undeclared charset", seven, lines("", "Gr\xfc\xdfe"),
			lines("MIME-Version: 1.0", "Content-Type: text/plain; charset=unknown-8bit", "Content-Transfer-Encoding: quoted-printable", "", "Gr=FC=DFe")},
		{"text that ends without a line end", seven, "Content-Type: text/html\r\n\r\n\xfc",
			lines("Content-Type: text/html", "MIME-Version: 1.0", "Content-Transfer-Encoding: quoted-printable", "", "=FC=")},
		{"8bit declared, 7-bit in fact", seven, lines("Content-Transfer-Encoding: 8BIT", "", "x"), lines("Content-Transfer-Encoding: 7bit", "MIME-Version: 1.0", "", "x")},
		{"binary", seven, "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x89PNG\r\n\x1a\n\x00\xff",
			lines("Content-Type: image/png", "Content-Transfer-Encoding: base64", "MIME-Version: 1.0", "", "iVBORw0KGgoA/w==")},
		{"binary for a hop that takes 8 bit", eight, "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\na\r\x00",
			lines("Content-Type: image/png", "Content-Transfer-Encoding: base64", "MIME-Version: 1.0", "", "YQ0A")},
		{"binary by name only", eight, lines("Content-Type: image/png", "Content-Transfer-Encoding: binary", "", "\xff"),
			lines("Content-Type: image/png", "Content-Transfer-Encoding: 8bit", "MIME-Version: 1.0", "", "\xff")},
		{"text with bare line ends", eight, "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\na\nb",
			lines("Content-Type: text/plain", "Content-Transfer-Encoding: base64", "MIME-Version: 1.0", "", "YQpi")},
		{"long line", seven, lines("Content-Type: text/plain", "", long),
			lines("Content-Type: text/plain", "MIME-Version: 1.0", "Content-Transfer-Encoding: quoted-printable", "", folded(long, 75))},
		{"base64 with junk", seven, "Content-Transfer-Encoding: base64\r\n\r\nYW\xffJj\nZA\x00==\r\n", lines("Content-Transfer-Encoding: base64", "", "YW?Jj", "ZA?==")},
		{"quoted-printable with 8-bit", seven, lines("Content-Transfer-Encoding: Quoted-Printable (mostly)", "", "=C3=BC ü=", "x"),
			lines("Content-Transfer-Encoding: Quoted-Printable (mostly)", "", "=C3=BC =C3=BC=", "x")},
		{"header", seven, lines("Subject: Grüße aus Köln, Bob", "From: \"Müller, Jörg\" <jm@contoso.com> (Büro)", "X-Raw: \xfc", "", "x"),
			lines("Subject: =?utf-8?b?R3LDvMOfZQ==?= aus =?utf-8?b?S8O2bG4s?= Bob", "From: =?utf-8?b?TcO8bGxlciwgSsO2cmc=?= <jm@contoso.com>",
				" (=?utf-8?b?QsO8cm8=?=)", "X-Raw: =?unknown-8bit?b?/A==?=", "", "x")},
		{"header for a hop that takes it", eight, lines("Subject: Grüße", "", "x"), ""},
		{"parameters", seven, lines("Content-Type: text/plain; charset=us-ascii; name=\"Bücher; neu.txt\"", "", "x"),
			lines("Content-Type: text/plain; charset=us-ascii;", " name*=utf-8''B%C3%BCcher%3B%20neu.txt", "", "x")},
		{"long header line", seven, "X: " + long + " y\r\n\r\nx\r\n", lines("X:", " "+long[:996], " "+long[996:]+" y", "", "x")},
		{"line that is no field", seven, lines("To: b", "jünk", "Cc: c", "", "x"), lines("To: b", "=?utf-8?b?asO8bms=?=", "Cc: c", "", "x")},
	} {
		if tc.want == "" {
			tc.want = tc.msg
		}
		if got, err := convert(t, tc.msg, tc.to); err != nil || got != tc.want {
			t.Errorf("%s: %v\n%q became\n%q, want\n%q", tc.name, err, tc.msg, got, tc.want)
		}
	}
}

// folded returns s in quoted-printable lines of n bytes, of which none is special.
func folded(s string, n int) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + "=\r\n")
		s = s[n:]
	}
	return b.String() + s
}

func TestConvertParts(t *testing.T) {
	const mixed = "Content-Type: multipart/mixed; boundary=\"=_a b\""
	const to8, to7, quoted = "Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: 7bit", "Content-Transfer-Encoding: quoted-printable"
	const text = "Content-Type: text/plain; charset=utf-8"
	for _, tc := range []struct{ name, msg, want string }{
		{"nested", lines(mixed, to8, "", "prëamble", "--=_a b", "Content-Type: multipart/alternative; boundary=in", to8, "", "--in", text, to8, "", "ü", "", "--in \t",
			"Content-Type: text/html", "", "plain", "--in--", "between", "--=_a b", "Content-Type: image/gif", to8, "", "GIF\xff", "--=_a b", "", "no header", "--=_a b--", "epilögue"),
			lines(mixed, to7, "", "pr=C3=ABamble", "--=_a b", "Content-Type: multipart/alternative; boundary=in", to7, "", "--in", text, quoted, "", "=C3=BC", "", "--in",
				"Content-Type: text/html", "", "plain", "--in--", "between", "--=_a b", "Content-Type: image/gif", "Content-Transfer-Encoding: base64", "", "R0lG/w==", "--=_a b", "", "no header",
				"--=_a b--", "epil=C3=B6gue")},
		{"message in a message", lines(mixed, "", "--=_a b", "Content-Type: message/rfc822", to8, "", "Subject: ü", "", "ä", "--=_a b--"),
			lines(mixed, "", "--=_a b", "Content-Type: message/rfc822", to7, "", "Subject: =?utf-8?b?w7w=?=", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", quoted, "", "=C3=A4", "--=_a b--")},
		{"digest", lines("Content-Type: multipart/digest; boundary=d", "", "--d", "", "Subject: x", "", "ä", "--d--"),
			lines("Content-Type: multipart/digest; boundary=d", "", "--d", "", "Subject: x", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", quoted, "", "=C3=A4", "--d--")},
		{"no last delimiter", lines(mixed, "", "--=_a b", text, to8, "", "ü"), lines(mixed, "", "--=_a b", text, quoted, "", "=C3=BC")},
		{"the outer delimiter ends the inner", lines(mixed, "", "--=_a b", "Content-Type: multipart/mixed; boundary=in", "", "--in", "", "ü", "--=_a b", "", "x", "--=_a b--"),
			lines(mixed, "", "--=_a b", "Content-Type: multipart/mixed; boundary=in", "", "--in", "Content-Type: text/plain; charset=utf-8", quoted, "", "=C3=BC", "--=_a b", "", "x", "--=_a b--")},
		{"a delimiter that only begins like one", lines("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "--bb", "--b--x", "ü", "--b--"),
			lines("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain; charset=utf-8", quoted, "", "=2D-bb", "=2D-b--x", "=C3=BC", "--b--")},
		{"boundary not quoted", lines("Content-Type: multipart/mixed; boundary=a=b; x=y=z", "", "--a=b", "Content-Type: text/html", "", "ü", "--a=b--"),
			lines("Content-Type: multipart/mixed; boundary=a=b; x=y=z", "", "--a=b", "Content-Type: text/html", quoted, "", "=C3=BC", "--a=b--")},
		{"no boundary", lines("Content-Type: multipart/mixed", to8, "", "--b", "", "ü"),
			lines("Content-Type: text/plain; charset=utf-8", quoted, "MIME-Version: 1.0", "", "--b", "", "=C3=BC")},
		{"no empty line in a part", lines(mixed, "", "--=_a b", "Content-Type: text/html", "ü: no", "name ü", "--=_a b--"),
			lines(mixed, "", "--=_a b", "Content-Type: text/html", quoted, "", "=C3=BC: no", "name =C3=BC", "--=_a b--")},
		{"parts without bodies", lines(mixed, "", "--=_a b", "Content-Type: text/html", "--=_a b", "--=_a b--"), ""},
		{"signed, and 7-bit in fact", lines("Content-Type: multipart/signed; boundary=s", to8, "", "--s", to8, "", "x ", "--s", "", "sig", "--s--"), ""},
		{"signed beside what is not", lines(mixed, to8, "", "--=_a b", "Content-Type: multipart/signed; boundary=s", "", "--s", "", "x ", "--s--", "--=_a b", text, "", "ü", "--=_a b--"),
			lines(mixed, to7, "", "--=_a b", "Content-Type: multipart/signed; boundary=s", "", "--s", "", "x ", "--s--", "--=_a b", text, quoted, "", "=C3=BC", "--=_a b--")},
	} {
		if tc.want == "" {
			tc.want = tc.msg
		}
		// Of messages in MIME's form only, MIME-Version is no matter here.
		version := "MIME-Version: 1.0\r\n"
		if got, err := convert(t, tc.msg, conversion.SevenBit); err != nil || got != tc.want && got != version+tc.want && strings.Replace(got, version, "", 1) != tc.want {
			t.Errorf("%s: %v\n%q became\n%q, want\n%q", tc.name, err, tc.msg, got, tc.want)
		}
	}
}

// What must not be changed, or can't be, is named.
func TestConvertFails(t *testing.T) {
	mixed := func(part ...string) string {
		return lines("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "x", "--b") + lines(part...) + lines("--b--")
	}
	for msg, want := range map[string]string{
		mixed("Content-Type: multipart/signed; boundary=s", "", "--s", "", "ü", "--s--"): "part 2 (multipart/signed) is signed, encrypted or a fragment, must not be changed, and has 8bit content",
		lines("Content-Type: multipart/encrypted", "", "ü"):                              "the message (multipart/encrypted) is signed, encrypted or a fragment, must not be changed, and has 8bit content",
		"Content-Type: application/pkcs7-mime\r\n\r\n\x30\x00":                           "the message (application/pkcs7-mime) is signed, encrypted or a fragment, must not be changed, and has binary content",
		mixed("Content-Type: message/partial; id=x; number=1", "", "ü"):                  "part 2 (message/partial) is signed, encrypted or a fragment, must not be changed, and has 8bit content",
		mixed("Content-Type: text/plain", "Content-Transfer-Encoding: x-yenc", "", "ü"):  "part 2 (text/plain) has an unknown encoding (x-yenc) and has 8bit content",
		mixed("Content-Type: multipart/mixed; boundary=\"ü\"", "", "--ü", "", "x", ""):   "part 2 (multipart/mixed) has a boundary that is not ASCII",
		lines("X: " + strings.Repeat("x", 2<<20)):                                        "the message has a header of more than 1048576 bytes",
		nested(101, "ü"): "part " + strings.TrimSuffix(strings.Repeat("1.", 10), ".") + " (multipart/mixed) is nested more than 100 deep",
	} {
		_, err := convert(t, msg, conversion.SevenBit)
		var e *conversion.Error
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("%.60q: %v, want %s", msg, err, want)
		}
	}
	got, err := convert(t, nested(100, "ü"), conversion.SevenBit)
	if err != nil || !strings.Contains(got, "=C3=BC") {
		t.Errorf("100 multiparts in each other: %v", err)
	}
}

// nested returns n multiparts in each other with text in the innermost.
func nested(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(lines("Content-Type: multipart/mixed; boundary=b"+strings.Repeat("x", i), "", "--b"+strings.Repeat("x", i)))
	}
	return b.String() + lines("", text)
}

// A failure of the reader or the writer is told as it is, and ends the conversion.
func TestConvertBreaksOff(t *testing.T) {
	broken := errors.New("broken")
	for _, msg := range []string{"A: b\r\n", "A: b\r\n\r\nü", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + strings.Repeat("x", 100_000)} {
		for _, to := range []conversion.Content{conversion.SevenBit, conversion.EightBit} {
			r := io.MultiReader(strings.NewReader(msg), iotest.ErrReader(broken))
			if err := conversion.Convert(io.Discard, r, to); err != broken {
				t.Errorf("%.20q: %v, want the reader's error", msg, err)
			}
			w := iotest.TruncateWriter(io.Discard, 3)
			if err := conversion.Convert(&full{w, 3, broken}, strings.NewReader(msg), to); err != broken {
				t.Errorf("%.20q: %v, want the writer's error", msg, err)
			}
		}
	}
}

// full takes n bytes and then fails.
type full struct {
	w   io.Writer
	n   int
	err error
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return f.n, f.err
	}
	f.n -= len(p)
	return f.w.Write(p)
}

// Memory doesn't grow with the message.
func TestConvertStreams(t *testing.T) {
	const size = 8 << 20
	for name, header := range map[string]string{
		"base64":           "Content-Type: application/zip\r\nContent-Transfer-Encoding: binary\r\n\r\n",
		"quoted-printable": "Content-Type: text/plain\r\n\r\n",
		"one part of many": "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n",
	} {
		peak := testing.AllocsPerRun(1, func() {
			body := io.LimitReader(repeat("Grüße\r\nwithout end, "), size)
			if err := conversion.Convert(io.Discard, io.MultiReader(strings.NewReader(header), body), conversion.SevenBit); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		})
		if peak > 200 {
			t.Errorf("%s: %v allocations for %d MB", name, peak, size>>20)
		}
	}
}

// repeat is a text without an end.
type repeat string

func (s repeat) Read(p []byte) (int, error) {
	n := 0
	for n+len(s) <= len(p) {
		n += copy(p[n:], s)
	}
	if n == 0 {
		n = copy(p, s[:min(len(p), len(s))])
	}
	return n, nil
}
