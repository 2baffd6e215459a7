package conversion_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/conversion"
	"github.com/interchange-smtp/interchange/internal/mailheader"
)

// leaves reads a message with the standard library, all of it in memory, and returns
// what its parts decode to, and their types. It fails where the standard library
// can't read the message, and at fields whose names hold blanks or are longer than a
// line: other readers begin the body there.
func leaves(header textproto.MIMEHeader, body io.Reader) (all []string, err error) {
	for name := range header {
		if len(name) > 900 || !mailheader.IsField([]byte(name+":")) {
			return nil, fmt.Errorf("%.40q is no field", name)
		}
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if header.Get("Content-Type") == "" {
		kind, err = "text/plain", nil
	}
	if err != nil {
		return nil, err
	}
	if !strings.Contains(kind, "/") {
		kind = "text/plain" // RFC 2045, section 5.2
	}
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return all, nil
			}
			if err != nil {
				return nil, err
			}
			some, err := leaves(p.Header, p)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
	case kind == "message/rfc822":
		m, err := mail.ReadMessage(body)
		if err != nil {
			return nil, err
		}
		return leaves(textproto.MIMEHeader(m.Header), m.Body)
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	return []string{kind + ": " + string(content)}, err
}

func leavesOf(msg string) ([]string, error) {
	m, err := mail.ReadMessage(strings.NewReader(msg))
	if err != nil {
		return nil, err
	}
	return leaves(textproto.MIMEHeader(m.Header), m.Body)
}

// writer makes random messages in good form.
type writer struct {
	*rand.Rand
	binary bool
	b      bytes.Buffer
	n      int // boundaries so far
}

func (w *writer) any(all ...string) string { return all[w.IntN(len(all))] }

// text writes content; of a binary message any.
func (w *writer) text() {
	pieces := []string{"plain ", "trailing \t\r\n", "\r\n", ".\r\n", "From x\r\n", "=", "=3D", "--b", "--b1\r\nx", "Grüße", "\xfc", strings.Repeat("0123456789", 20)}
	if w.binary {
		pieces = append(pieces, "\n", "\r", "\x00", "\r\r\n", "\n\n")
	}
	for range w.IntN(12) {
		w.b.WriteString(w.any(pieces...))
	}
	if w.IntN(30) == 0 {
		w.b.WriteString(strings.Repeat(w.any("x\r\n", "\xe4\r\n", "long "), 12_000))
	}
}

// entity writes a header and a body.
func (w *writer) entity(depth int) {
	label := w.any("", "", "7bit", "8bit", "8BIT", "binary")
	w.b.WriteString("X-Number: 1\r\n")
	kind := w.IntN(6)
	if depth > 4 {
		kind = 5
	}
	switch kind {
	case 0, 1:
		w.n++
		boundary := fmt.Sprintf("=_%d_", w.n)
		fmt.Fprintf(&w.b, "Content-Type: multipart/%s; boundary=\"%s\"\r\n", w.any("mixed", "alternative", "related"), boundary)
		w.label(label)
		w.b.WriteString("\r\n" + w.any("", "preämble\r\n"))
		for range 1 + w.IntN(3) {
			w.b.WriteString("--" + boundary + w.any("", " \t") + "\r\n")
			w.entity(depth + 1)
			w.b.WriteString("\r\n")
		}
		w.b.WriteString("--" + boundary + "--" + w.any("", "\r\n", "\r\nepilögue"))
	case 2:
		w.b.WriteString("Content-Type: message/rfc822\r\n")
		w.label(label)
		w.b.WriteString("\r\nSubject: Grüße\r\n")
		w.entity(depth + 1)
	case 3:
		w.b.WriteString("Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			base64.StdEncoding.EncodeToString([]byte(w.any("", "x", strings.Repeat("some more of it", 200)))))
	case 4:
		w.b.WriteString("Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + w.any("a=3Db=\r\n c", "=C3=BC \r\n", strings.Repeat("=C3=BC", 900)))
	default:
		w.b.WriteString(w.any("", "Content-Type: text/plain; charset=utf-8\r\n", "Content-Type: text/html\r\n", "Content-Type: image/png\r\n"))
		w.label(label)
		w.b.WriteString("\r\n")
		w.text()
	}
}

func (w *writer) label(label string) {
	if label != "" {
		w.b.WriteString("Content-Transfer-Encoding: " + label + "\r\n")
	}
}

// TestAgainstStandardLibrary wants every part of random messages to decode to the
// same bytes before and after.
func TestAgainstStandardLibrary(t *testing.T) {
	judged := 0
	for seed := range uint64(3000) {
		w := writer{Rand: rand.New(rand.NewPCG(seed, 88))}
		w.binary = w.IntN(2) == 0
		w.entity(0)
		to := conversion.Content(w.IntN(2))
		msg := w.b.String()
		want, err := leavesOf(msg)
		if err != nil {
			continue // a bare LF made something else of it
		}
		got, err := convert(t, msg, to)
		if err != nil {
			t.Fatalf("seed %d: %v\n%q", seed, err, msg)
		}
		checkForm(t, msg, got, to)
		after, err := leavesOf(got)
		if err != nil || !slices.Equal(after, want) {
			t.Fatalf("seed %d: %q became %q, %v: parts were\n%.2000q\nand are\n%.2000q", seed, msg, got, err, want, after)
		}
		judged++
	}
	if judged < 2000 {
		t.Errorf("only %d messages could be judged", judged)
	}
}

var untouched = regexp.MustCompile(`(?i)signed|encrypted|pkcs7|partial|external|x-`)

// checkForm wants a converted message to have lines that a hop can take, and
// nothing in it that takes conversion.
func checkForm(t *testing.T, msg, got string, to conversion.Content) {
	t.Helper()
	for line := range strings.SplitAfterSeq(got, "\r\n") {
		line = strings.TrimSuffix(line, "\r\n")
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("%q became %q, with a bare CR, LF or NUL", msg, got)
		}
		if len(line) > 998 && !untouched.MatchString(msg) {
			t.Fatalf("%q became %q, with a line of %d bytes", msg, got, len(line))
		}
		if to == conversion.SevenBit && strings.ContainsFunc(line, func(c rune) bool { return c >= 0x80 }) {
			t.Fatalf("%q became %q, which isn't ASCII", msg, got)
		}
	}
}

// FuzzConvert: whatever comes in, what comes out is what the hop takes, a second
// conversion changes nothing, and of a message with CRLF alone that the standard
// library can read every part decodes to what it was.
func FuzzConvert(f *testing.F) {
	for _, seed := range []string{
		"Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xfc\r\n--b--\r\n",
		"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\xfc",
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx",
		"Content-Type: message/rfc822\r\n\r\n\xfc: x\r\n\r\n\xfc",
		"Content-Transfer-Encoding: base64\r\n\r\nYW\nJj\x00\r\n",
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n=C3=\n\xfc",
		"From: \"\xfc\" <\xfc@x>, (\xfc\r\nContent-Type: text/plain; name=\"\xfc\r\n\r\n\x00\r",
		"\n\r\n--\r\n", "a\rb\r\n\r\r\n\xff",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, msg string, eight bool) {
		to := conversion.SevenBit
		if eight {
			to = conversion.EightBit
		}
		got, err := convert(t, msg, to)
		if err != nil {
			return
		}
		checkForm(t, msg, got, to)
		again, err := convert(t, got, to)
		if err != nil || again != got {
			t.Fatalf("%q became %q and then %q, %v", msg, got, again, err)
		}
		if bare := strings.ReplaceAll(msg, "\r\n", ""); strings.ContainsAny(bare, "\r\n\x00") || untouched.MatchString(msg) {
			return
		}
		want, err := leavesOf(msg)
		if err != nil || len(want) == 0 { // no part that the library reads to its end
			return
		}
		if after, err := leavesOf(got); err != nil || !slices.Equal(after, want) {
			t.Fatalf("%q became %q, %v: parts were %q and are %q", msg, got, err, want, after)
		}
	})
}
