package oauth_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// next returns the events since the last call, and fails the test unless they are of these kinds.
func (w *world) next(kinds ...event.Kind) []event.Event {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.events[w.seen:]
	w.seen = len(w.events)
	for i, e := range got {
		if len(got) != len(kinds) || e.Kind != kinds[i] || e.Connector != "Out" || e.Time.IsZero() {
			w.Fatalf("%v, want %v", got, kinds)
		}
	}
	if len(got) != len(kinds) {
		w.Fatalf("no event, want %v", kinds)
	}
	return got
}

// TestEvents: a reader learns of each token and of each failure, with its cause, its cure, and how long
// the present token is valid; one that lasts is reported each hour, and at once when mail begins to wait.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var answer atomic.Pointer[entra.Answer]
		w.server.Script = func(url.Values) *entra.Answer { return answer.Load() }
		c := app()
		c.SmartHost = param.MustParseSmartHost("smtp.office365.com")
		set(t, w.sources, c)
		begin := time.Now()
		if e := w.next(event.TokenFetched)[0]; e.Host != "smtp.office365.com" || e.Failures != 0 || !e.Until.Equal(begin.Add(time.Hour)) {
			t.Errorf("the first token: %+v", e)
		}

		answer.Store(&entra.Answer{Status: 503, Body: "busy"})
		time.Sleep(56 * time.Minute)
		e := w.next(event.TokenNotRenewed)[0]
		if e.Level().String() != "WARN" || e.Detail != string(oauth.CauseUnavailable) || e.Failures != 1 || e.Retry.Round(time.Second) != 5*time.Second || !e.Until.Equal(begin.Add(time.Hour)) {
			t.Errorf("the token server is away: %+v", e)
		}
		time.Sleep(14 * time.Minute)
		if e := w.next(event.TokenMissing)[0]; e.Level().String() != "ERROR" || e.Failures < 5 || !e.Until.IsZero() {
			t.Errorf("the token has ended: %+v", e)
		}
		time.Sleep(70 * time.Minute)
		last := w.next(event.TokenMissing)[0]

		answer.Store(&entra.Answer{Error: "invalid_client", Description: "AADSTS7000222: The provided client secret keys are expired."})
		time.Sleep(15 * time.Minute)
		e = w.next(event.TokenMissing)[0]
		var why *oauth.Error
		if !errors.As(e.Err, &why) || why.Cause != oauth.CauseExpired || e.Detail != string(why.Cause) || !strings.HasPrefix(e.Advice, "make a new client secret") ||
			strings.Contains(e.Err.Error(), "make a new") || e.Failures <= last.Failures {
			t.Errorf("the secret has expired: %+v", e)
		}
		answer.Store(nil)
		time.Sleep(15 * time.Minute)
		if got := w.next(event.TokenFetched)[0]; got.Failures < e.Failures {
			t.Errorf("fetched again: %+v", got)
		}
	})
}

// TestEventNotRenewed: a failure that lasts is an error although the present token is valid, and comes before mail waits.
func TestEventNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var answer atomic.Pointer[entra.Answer]
		w.server.Script = func(url.Values) *entra.Answer { return answer.Load() }
		set(t, w.sources, app())
		w.next(event.TokenFetched)
		answer.Store(&entra.Answer{Error: "invalid_client", Description: "AADSTS7000215: Invalid client secret provided."})
		time.Sleep(56 * time.Minute)
		if e := w.next(event.TokenNotRenewed)[0]; e.Level().String() != "ERROR" || e.Host != "" || e.Detail != string(oauth.CauseSecret) {
			t.Errorf("%+v", e)
		}
	})
}

// TestEventsHideSecrets: a token server that repeats secrets puts them neither in events nor in the errors behind
// those. The world looks at all events when the test ends.
func TestEventsHideSecrets(t *testing.T) {
	for name, repeat := range map[string]func(secret string) *entra.Answer{
		"words": func(s string) *entra.Answer {
			return &entra.Answer{Error: "invalid_client", Description: s + " is wrong"}
		},
		"code": func(s string) *entra.Answer { return &entra.Answer{Error: s, Description: "no"} },
		"body": func(s string) *entra.Answer { return &entra.Answer{Status: 500, Body: s} },
		"redirect": func(s string) *entra.Answer {
			return &entra.Answer{Status: 302, Location: "https://attacker.example/" + s}
		},
		"number": func(s string) *entra.Answer {
			return &entra.Answer{Status: 200, Body: `{"access_token": "a", "token_type": "Bearer", "expires_in": "` + s + `"}`}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.server.Script = func(params url.Values) *entra.Answer { return repeat(params.Get("client_secret")) }
				set(t, w.sources, app())
				w.next(event.TokenMissing)
			})
		})
	}
}

// TestSlowReader: a reader that hangs delays no delivery.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		begin := time.Now()
		w.sources.Events = []event.Reader{func(context.Context, event.Event) { time.Sleep(time.Minute) }}
		source := set(t, w.sources, app())
		if w.must(source.Token(t.Context())); time.Since(begin) > 0 {
			t.Errorf("the token came after %v", time.Since(begin))
		}
	})
}
