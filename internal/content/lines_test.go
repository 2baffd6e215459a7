package content

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestWithCRLF: lines get CRLF, and a message that can be read again stays one if nothing changes.
func TestWithCRLF(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		err        error
	}{
		{"", "", nil},
		{"a: b\r\n\r\nx\r\n", "a: b\r\n\r\nx\r\n", nil},
		{"a: b\n\nx\n", "a: b\r\n\r\nx\r\n", nil},
		{"a: b\r\n\r\nx", "a: b\r\n\r\nx\r\n", nil},
		{"a\rb", "", ErrBareCR},
		{"a\r", "", ErrBareCR},
		{"a\n\x00", "", ErrNUL},
	} {
		for name, r := range map[string]io.Reader{"source": strings.NewReader(tc.text), "stream": iotest.OneByteReader(strings.NewReader(tc.text))} {
			lines, err := WithCRLF(r)
			var got []byte
			if err == nil {
				got, err = io.ReadAll(lines)
			}
			if !errors.Is(err, tc.err) || IsLineError(err) != (tc.err != nil) || tc.err == nil && string(got) != tc.want {
				t.Errorf("%s %q: %q, %v", name, tc.text, got, err)
			}
			if same := tc.text == tc.want && name == "source"; same != (lines == r) {
				t.Errorf("%s %q: the reader is the same: %v", name, tc.text, !same)
			}
		}
	}
}
