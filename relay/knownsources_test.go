package relay_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/event"
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

// A file of known sources that can't be read, or written, is an event of the Server. Each Shutdown and Close
// tries to write it.
func TestKnownSourcesAreReported(t *testing.T) {
	for kind, file := range map[event.Kind]string{
		event.SourcesUnreadable: filepath.Join(t.TempDir(), "damaged"),
		event.SourcesNotStored:  filepath.Join(t.TempDir(), "absent", "known-sources"),
	} {
		if kind == event.SourcesUnreadable {
			if err := os.WriteFile(file, []byte("known"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var events []event.Event
		r := defaultHub()
		r.AuthMechanism, r.PermissionGroups = param.Value(auth.BasicAuth), param.Value(permission.ExchangeUsers)
		w := serve(t, policy(t, r), func(s *relay.Server) {
			s.KnownSources = file
			s.Verifier = auth.VerifierFunc(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
				return auth.Identity{Principal: permission.Authenticated(userName)}, nil
			})
			s.Events = []event.Reader{func(_ context.Context, e event.Event) {
				if e.Kind == event.SourcesUnreadable || e.Kind == event.SourcesNotStored {
					_ = s.CurrentPolicy() // a reader may call the Server
					events = append(events, e)
				}
			}}
		})
		w.hello(stranger, hub).Do("AUTH PLAIN "+plain(userName, password), 235)
		w.stop()
		if len(events) == 0 || events[0].Kind != kind || events[0].Time.IsZero() || !strings.Contains(events[0].Err.Error(), filepath.Base(filepath.Dir(file))) {
			t.Errorf("%v: %+v", kind, events)
		}
	}
}
