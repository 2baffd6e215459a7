package relay_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
)

// After a restart under attack from many networks, the user logs on from where that worked before.
func TestKnownSourcesOutliveTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "known-sources")
		start := func() *world {
			r := defaultHub()
			r.AuthMechanism, r.PermissionGroups = param.Value(auth.BasicAuth), param.Value(permission.ExchangeUsers)
			return serve(t, policy(t, r), func(s *relay.Server) {
				s.KnownSources = file
				s.Verifier = auth.VerifierFunc(func(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
					if c.Password.Reveal() != password {
						return auth.Identity{}, auth.ErrBadCredentials
					}
					return auth.Identity{Principal: permission.Authenticated(userName)}, nil
				})
			})
		}
		logOn := func(w *world, from, password string, code int) {
			w.hello(from, hub).Do("AUTH PLAIN "+plain(userName, password), code)
		}
		first := start()
		logOn(first, stranger, password, 235)
		first.stop()
		second := start()
		for i := range 20 {
			logOn(second, fmt.Sprintf("198.51.%d.9", i), "guess", []int{535, 454}[i/10])
		}
		logOn(second, "192.0.2.44", password, 454)
		logOn(second, stranger, password, 235)
	})
}
