package interp_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
)

var update = flag.Bool("update", false, "write what comes out as what should")

// TestGolden runs each script in testdata and compares what it prints, and its
// errors, with the file beside it.
func TestGolden(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.ps1")
	if err != nil || len(scripts) == 0 {
		t.Fatal("there are no scripts", err)
	}
	for _, path := range scripts {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = interp.New(options(new(store), &out)).Run(t.Context(), filepath.Base(path), src)
			if err != nil {
				out.WriteString("--- errors\n" + err.Error() + "\n")
			}
			golden := path[:len(path)-len(".ps1")] + ".txt"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("%s prints\n%s\nwant\n%s", path, &out, want)
			}
		})
	}
}
