package load_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
)

// TestNames holds which files an argument stands for, and their order.
func TestNames(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.json", "with,comma.ps1", "parts/2-Relay.PS1", "parts/1-base.JSON", "parts/10.csv", "parts/3.xml", "parts/4.txt",
		"parts/notes.md", "parts/.ps1", "parts/below/5.ps1", "other/readme"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const parts = "parts/1-base.JSON parts/10.csv parts/2-Relay.PS1 parts/3.xml parts/4.txt"
	absent := fs.ErrNotExist.Error()
	for _, c := range []struct{ arg, want, mistake string }{
		{arg: "a.json", want: "a.json"},
		{arg: "parts", want: parts},
		{arg: "with,comma.ps1", want: "with,comma.ps1"},
		{arg: "a.json,parts,other/readme", want: "a.json " + parts + " other/readme"},
		{arg: "a.json,absent.json", mistake: absent},
		{arg: "a.json,", mistake: absent},
		{arg: "", mistake: absent},
		{arg: "other", mistake: "other: the directory has no policy files (.ps1 .json .xml .csv .txt)"},
		{arg: "a.json,other", mistake: "other: the directory has no policy files"},
	} {
		got, err := load.Names(c.arg)
		if want := strings.Fields(filepath.FromSlash(c.want)); !slices.Equal(got, want) || (err == nil) != (c.mistake == "") {
			t.Errorf("Names(%q) = %q, %v; want %q", c.arg, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), c.mistake) && (c.mistake != absent || !errors.Is(err, fs.ErrNotExist)) {
			t.Errorf("Names(%q): %v; want %q", c.arg, err, c.mistake)
		}
	}
}
