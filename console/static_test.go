package console

import (
	"regexp"
	"testing"
)

// TestStaticIsKept: browsers keep a file under the address that the pages have for it, and under no other.
func TestStaticIsKept(t *testing.T) {
	b := newTester(t, "")
	at := regexp.MustCompile(`/static/console\.css\?[0-9a-f]+`).FindString(b.get("/").body)
	for address, want := range map[string]string{
		at:                                 "max-age=31536000, immutable",
		"/static/console.css":              "no-store",
		"/static/console.css?0123456789ab": "no-store",
	} {
		if got := b.get(address).header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control is %q, want %q", address, got, want)
		}
	}
}
