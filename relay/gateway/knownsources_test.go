package gateway_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// The data directory keeps where users have logged on, unless the program has another place for
// that. Without a data directory nothing is kept.
func TestKnownSourcesAreKept(t *testing.T) {
	dir, elsewhere := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "elsewhere")
	for _, row := range []struct{ dir, set, want string }{
		{dir, "", filepath.Join(dir, "known-sources")},
		{filepath.Join(t.TempDir(), "data"), elsewhere, elsewhere},
		{"", "", ""},
	} {
		w := &world{t: t}
		cfg := config("fabrikam.com", server+":25")
		cfg.Receive[0].AuthMechanism = param.Value(auth.BasicAuth)
		cfg.Receive[0].PermissionGroups = param.Value(permission.ExchangeUsers)
		g := w.gateway(cfg)
		g.Dir, g.Server.KnownSources = row.dir, row.set
		g.Config.Verifier = auth.VerifierFunc(func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
			return auth.Identity{Principal: permission.Authenticated(c.Username)}, nil
		})
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.session(server+":25").Do("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00ann\x00tea")), 235)
		if err := g.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if g.Server.KnownSources != row.want {
			t.Errorf("the file is %q, want %q", g.Server.KnownSources, row.want)
		}
		if row.want != "" {
			if info, err := os.Stat(row.want); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", row.want, err)
			}
		}
	}
}
