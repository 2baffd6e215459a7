package gateway_test

import (
	"os"
	"path/filepath"
	"testing"
)

// The data directory keeps what counts for the limits of smart hosts, unless the program has another
// place for that. Without a data directory nothing is kept.
func TestSmartHostCountsAreKept(t *testing.T) {
	dir, elsewhere := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "elsewhere")
	for _, row := range []struct{ dir, set, want string }{
		{dir, "", filepath.Join(dir, "smart-host-counts")},
		{filepath.Join(t.TempDir(), "data"), elsewhere, elsewhere},
		{"", "", ""},
	} {
		w := &world{t: t}
		w.sink(0)
		cfg := config("fabrikam.com", server+":25")
		cfg.Send[0].SmartHostRecipientRateLimit = 3
		g := w.gateway(cfg)
		g.Dir, g.Dispatcher.SmartHostCounts = row.dir, row.set
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := w.session(server + ":25")
		submit(c, "bob@fabrikam.com")
		c.Expect(250)
		if err := g.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if g.Dispatcher.SmartHostCounts != row.want {
			t.Errorf("the file is %q, want %q", g.Dispatcher.SmartHostCounts, row.want)
		}
		if row.want != "" {
			if info, err := os.Stat(row.want); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", row.want, err)
			}
		}
	}
}
