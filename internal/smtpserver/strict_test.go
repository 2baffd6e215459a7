package smtpserver_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// A message that another server has read is held to the same rules, however it is cut.
func TestStrictReader(t *testing.T) {
	lost := errors.New("lost")
	for _, tc := range []struct {
		text       string
		linefeedOK bool
		end        error
		want       string
		forbidden  bool
	}{
		{"a: b\r\n\r\n.\r\n", false, io.EOF, "a: b\r\n\r\n.\r\n", false},
		{"a\nb\r\n", true, io.EOF, "a\r\nb\r\n", false},
		{"a\nb\r\n", false, io.EOF, "", true},
		{"a\rb\r\n", true, io.EOF, "", true},
		{"a\r\r\n", false, io.EOF, "", true},
		{"a\r", false, io.EOF, "", true},
		{"a\x00\r\n", false, io.EOF, "", true},
		{"a\r\n", false, lost, "a\r\n", false},
	} {
		text := io.MultiReader(strings.NewReader(tc.text), iotest.ErrReader(tc.end))
		for _, r := range []io.Reader{text, iotest.OneByteReader(io.MultiReader(strings.NewReader(tc.text), iotest.ErrReader(tc.end)))} {
			s := smtpserver.NewStrictReader(r, tc.linefeedOK)
			got, err := io.ReadAll(s)
			_, again := s.Read(make([]byte, 1))
			switch {
			case s.Forbidden() != tc.forbidden, !tc.forbidden && string(got) != tc.want:
				t.Errorf("%q: %q, forbidden %v", tc.text, got, s.Forbidden())
			case tc.forbidden && (err == nil || again == nil), tc.end == lost && (err != lost || again != lost):
				t.Errorf("%q: %v, then %v", tc.text, err, again)
			}
		}
	}
}
