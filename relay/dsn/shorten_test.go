package dsn_test

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// written returns a report as a message, with a boundary that is always the same.
func written(t testing.TB, r io.Reader, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`=_[A-Z2-7]{26}`).ReplaceAllString(string(raw), "=_B")
}

// TestHeaderOnly: a report that is shortened is the one that would have been made
// with RET=HDRS.
func TestHeaderOnly(t *testing.T) {
	eightBit := func(r *dsn.Report) { r.Original.Body = envelope.EightBitMIME }
	for name, tt := range map[string]struct {
		set      func(r *dsn.Report)
		original string
	}{
		"plain":              {func(*dsn.Report) {}, message},
		"8 bit":              {eightBit, "A: b\xe4\r\n\r\n\xe4\r\n"},
		"UTF-8":              {func(r *dsn.Report) { r.UTF8, r.Original.UTF8 = true, true }, "Subject: grüße\r\n\r\nkörper\r\n"},
		"no header":          {func(*dsn.Report) {}, "\r\nbody\r\n"},
		"nothing":            {func(*dsn.Report) {}, ""},
		"header again":       {func(r *dsn.Report) { r.Original.Return = envelope.ReturnHeader }, message},
		"parts of its own":   {eightBit, "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nA: b\xfc\r\n\r\n\r\n--x--\r\n"},
		"several recipients": {func(r *dsn.Report) { r.Recipients = append(r.Recipients, r.Recipients[0]) }, message},
		"lines that pass for more": {func(r *dsn.Report) {
			r.Recipients[0].Reply = "550 5.1.1 Content-Type: message/rfc822"
		}, message},
	} {
		r := report()
		tt.set(&r)
		whole, err := r.Reader(strings.NewReader(tt.original))
		if err != nil {
			t.Fatal(err)
		}
		short, err := dsn.HeaderOnly(iotest.OneByteReader(whole))
		got := written(t, short, err)
		r.Original.Return = envelope.ReturnHeader
		if want, err := r.Reader(strings.NewReader(tt.original)); got != written(t, want, err) {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, written(t, want, err))
		}
	}
}

// TestHeaderOnlyStops: HeaderOnly doesn't read the part that it leaves out.
func TestHeaderOnlyStops(t *testing.T) {
	r := report()
	r.Original.Size, r.MaxSize = 1<<40, 1<<50
	endless := io.MultiReader(strings.NewReader("Subject: hello\r\n\r\n"), &zeros{})
	whole, err := r.Reader(endless)
	if err != nil {
		t.Fatal(err)
	}
	short, err := dsn.HeaderOnly(whole)
	if got := written(t, short, err); !strings.Contains(got, "\r\n\r\nSubject: hello\r\n\r\n--") || len(got) > 10_000 {
		t.Errorf("%d bytes: %.2000q", len(got), got)
	}
}

// TestHeaderOnlyOfOthers: what is no report, or a broken one, comes out as it is.
func TestHeaderOnlyOfOthers(t *testing.T) {
	const typed = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n"
	for _, raw := range []string{
		"", "\r\n", message, typed, typed + "\r\n", typed + "\r\n--b", typed + "\r\n--b\r\n", typed + "\r\n--b\r\nContent-Type: text/plain\r\n\r\nx",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nc\r\n",
	} {
		got, err := dsn.HeaderOnly(strings.NewReader(raw))
		if written(t, got, err) != raw {
			got, err := dsn.HeaderOnly(strings.NewReader(raw))
			t.Errorf("%q became %q", raw, written(t, got, err))
		}
	}
	broken := errors.New("the disk is gone")
	if r, err := dsn.HeaderOnly(io.MultiReader(strings.NewReader(typed+"\r\n"), iotest.ErrReader(broken))); err == nil {
		if _, err = io.ReadAll(r); !errors.Is(err, broken) {
			t.Errorf("a report that can't be read: %v", err)
		}
	}
}

func FuzzHeaderOnly(f *testing.F) {
	f.Add("Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nc\r\n--b--\r\n")
	f.Add(message)
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := dsn.HeaderOnly(strings.NewReader(raw))
		if err != nil {
			return
		}
		if short, err := io.ReadAll(r); err == nil && len(short) > 4*len(raw)+300 {
			t.Errorf("%d bytes became %d", len(raw), len(short))
		}
	})
}
