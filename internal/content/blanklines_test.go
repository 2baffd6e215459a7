package content

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestLimitBlankLines: as many blank lines as are allowed pass wherever they are, and one more doesn't.
func TestLimitBlankLines(t *testing.T) {
	most := MaxBlankLines
	for name, body := range map[string]func(lines int) string{
		"at the start":  func(lines int) string { return strings.Repeat("\r\n", lines) + "x\r\n" },
		"in the middle": func(lines int) string { return "x\r\n" + strings.Repeat("\r\n", lines) + "y\r\n" },
		"at the end":    func(lines int) string { return "x\r\n" + strings.Repeat("\r\n", lines) },
		"nothing else":  func(lines int) string { return strings.Repeat("\r\n", lines) },
		"with blanks":   func(lines int) string { return "x\r\n" + strings.Repeat(" \t\r\n", lines) },
		"of several kinds": func(lines int) string {
			return "x\r\n" + strings.Repeat("\r\n \r\n", lines/2) + strings.Repeat("\r\n", lines%2)
		},
		"the second time": func(lines int) string {
			return "x\r\n" + strings.Repeat("\r\n", most) + "y\r\n" + strings.Repeat("\r\n", lines) + "z"
		},
		"bare CR": func(lines int) string { return "x\r\n" + strings.Repeat("\r", 2*lines) },
		"bare LF": func(lines int) string { return "x\r\n" + strings.Repeat("\n", 2*lines) },
	} {
		for lines, want := range map[int]error{most: nil, most + 1: ErrBlankLines} {
			text := body(lines)
			for way, r := range map[string]io.Reader{"blocks": strings.NewReader(text), "bytes": iotest.OneByteReader(strings.NewReader(text))} {
				got, err := io.ReadAll(LimitBlankLines(r))
				if !errors.Is(err, want) || want == nil && string(got) != text {
					t.Errorf("%d lines %s, in %s: %d of %d bytes, %v", lines, name, way, len(got), len(text), err)
				}
			}
		}
	}
}
