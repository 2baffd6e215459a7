package crypt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/permission"
)

// kinds returns how many of 400 unknown names are checked as a hash of bcrypt, and which.
func kinds(t *testing.T, text string) map[string]bool {
	t.Helper()
	f, err := Parse("shadow", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	slow := make(map[string]bool)
	for i := range 400 {
		name := fmt.Sprint("unknown", i)
		h := f.model(permission.NameSID(name))
		if h.locked() {
			t.Fatal("an unknown name is checked as a user who can't log on")
		}
		slow[name] = h.native != ""
	}
	return slow
}

// TestModels: unknown names are checked against hashes of the users who can log on, of each kind as
// often as users have it, and a change of the file changes the kind of few.
func TestModels(t *testing.T) {
	const ssha = "{SSHA}5vc8RvcqqI+BgdxSzRpuT8tqoDfVIvzz"
	const bcrypt = "$2b$06$abcdefghijklmnopqrstuuEHwu08QoBlwsdIpRKY7V8nJuCxi0OJG"
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "system%d:*\nuser%d:%s\n", i, i, []string{ssha, ssha, ssha, bcrypt}[i%4])
	}
	before := kinds(t, text.String())
	slow := 0
	for _, is := range before {
		if is {
			slow++
		}
	}
	if slow < 50 || slow > 150 {
		t.Errorf("%d of 400 unknown names have the kind of a quarter of the users", slow)
	}
	for _, changed := range []string{
		"# ours\n" + text.String() + "ann:" + ssha + "\n",
		strings.Replace(text.String(), "user39:"+bcrypt+"\n", "", 1),
		strings.Replace(text.String(), "user38:"+ssha, "user38:!", 1),
	} {
		others := 0
		for name, is := range kinds(t, changed) {
			if is != before[name] {
				others++
			}
		}
		if others > 30 {
			t.Errorf("a change of one user changes the kind of %d of 400 unknown names", others)
		}
	}
}
