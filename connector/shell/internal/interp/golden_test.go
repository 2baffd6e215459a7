package interp_test

import (
	"bytes"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/golden"
	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
)

// TestGolden runs each script in testdata and compares what it prints, and its
// errors, with the file beside it.
func TestGolden(t *testing.T) {
	golden.Scripts(t, "testdata", ".txt", func(t *testing.T, name string, src []byte) string {
		var out bytes.Buffer
		if err := interp.New(options(new(store), &out)).Run(t.Context(), name, src); err != nil {
			out.WriteString("--- errors\n" + err.Error() + "\n")
		}
		return out.String()
	})
}
