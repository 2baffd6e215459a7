package oauth_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// A token is replaced five to six minutes before it expires, while deliveries get the old one.
func TestTokensAreFetchedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		hang := make(chan struct{})
		var slow atomic.Bool
		w.server.Script = func(url.Values) *entra.Answer {
			if slow.Load() {
				<-hang
			}
			return nil
		}
		source := set(t, w.sources, app())
		first := w.must(source.Token(t.Context()))
		time.Sleep(53 * time.Minute)
		if n := len(w.server.Requests()); n != 1 || w.must(source.Token(t.Context())) != first {
			t.Fatalf("%d requests after 53 minutes", n)
		}
		slow.Store(true)
		w.nextRequest(5 * time.Second)
		if now := time.Now(); now.Minute() != 54 && now.Minute() != 55 {
			t.Fatalf("renewed at %v", now)
		}
		begin := time.Now()
		if w.must(source.Token(t.Context())) != first || time.Since(begin) != 0 {
			t.Error("a delivery waits while the token is renewed")
		}
		close(hang)
		synctest.Wait()
		if second := w.must(source.Token(t.Context())); second == first {
			t.Error("the token was not replaced")
		}
		time.Sleep(24 * time.Hour)
		w.must(source.Token(t.Context()))
		if n := len(w.server.Requests()); n < 26 || n > 29 {
			t.Errorf("%d requests in a day", n)
		}
		for i, e := range w.reported() {
			if e.Kind != event.TokenFetched || e.Connector != "Out" || e.Failures != 0 || e.Until.Sub(e.Time) != time.Hour {
				t.Errorf("event %d is %v: %+v", i, e.Kind, e)
			}
		}
	})
}

// While the token server is away, attempts become rarer, tokens are used to their end, and
// then the error says why.
func TestTokenServerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var away atomic.Pointer[entra.Answer]
		w.server.Script = func(url.Values) *entra.Answer { return away.Load() }
		source := set(t, w.sources, app())
		w.must(source.Token(t.Context()))
		away.Store(&entra.Answer{Status: 503, Body: "busy"})
		time.Sleep(59 * time.Minute)
		w.must(source.Token(t.Context()))
		time.Sleep(2 * time.Hour)
		var why *oauth.Error
		if _, err := source.Token(t.Context()); !errors.As(err, &why) || why.Cause != oauth.CauseUnavailable || !why.Temporary() || !strings.Contains(err.Error(), "503") {
			t.Errorf("without a token: %v", err)
		}
		n := len(w.server.Requests())
		if n < 15 || n > 25 {
			t.Errorf("%d requests in two hours", n)
		}
		away.Store(&entra.Answer{Status: 429, RetryAfter: "1800", Error: "temporarily_unavailable"})
		asked := w.nextRequest(10 * time.Second)
		time.Sleep(29 * time.Minute)
		if n := len(w.server.Requests()); n != asked {
			t.Errorf("%d requests although the token server asks to wait", n-asked)
		}
		away.Store(nil)
		time.Sleep(10 * time.Minute)
		w.must(source.Token(t.Context()))
		log := w.logged()
		for _, line := range []string{"level=WARN msg=\"cannot renew the OAuth token\"", "level=ERROR msg=\"no OAuth token: mail waits\"", "level=INFO msg=\"OAuth token fetched\""} {
			if !strings.Contains(log, line) {
				t.Errorf("the log lacks %s:\n%s", line, log)
			}
		}
		if n := strings.Count(log, "\n"); n > 8 {
			t.Errorf("%d lines:\n%s", n, log)
		}
	})
}

// A first token that takes long: deliveries wait for ten seconds, or until their context ends.
func TestFirstToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Script = func(url.Values) *entra.Answer { time.Sleep(12 * time.Second); return nil }
		source := set(t, w.sources, app())
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := source.Token(short); !errors.Is(err, context.DeadlineExceeded) || time.Now().Second() != 1 {
			t.Errorf("%v after %v", err, time.Now())
		}
		var why *oauth.Error
		if _, err := source.Token(t.Context()); !errors.As(err, &why) || !why.Temporary() {
			t.Errorf("%v", err)
		}
		w.must(source.Token(t.Context()))
	})
}

// A refused token is renewed once for all, a caller with an older one gets the present one,
// and another refusal within a minute fetches nothing.
func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		source := set(t, w.sources, app())
		first := w.must(source.Token(t.Context()))
		w.server.RevokeTokens()
		w.server.Script = func(url.Values) *entra.Answer { time.Sleep(time.Second); return nil }
		var all sync.WaitGroup
		results := make([]auth.Secret, 5)
		for i := range results {
			all.Go(func() { results[i], _ = source.Renew(t.Context(), first) })
		}
		all.Wait()
		for _, r := range results {
			if w.must(r, nil) != results[0] {
				t.Error("two renewals for one refusal")
			}
		}
		if late := w.must(source.Renew(t.Context(), first)); late != results[0] {
			t.Error("a late caller got another token")
		}
		if n := len(w.server.Requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
		var why *oauth.Error
		if _, err := source.Renew(t.Context(), results[0]); !errors.As(err, &why) || why.Cause != oauth.CauseTokenRefused {
			t.Errorf("a second renewal at once: %v", err)
		}
		time.Sleep(time.Minute)
		if again := w.must(source.Renew(t.Context(), results[0])); again == results[0] {
			t.Error("not renewed after a minute")
		}
	})
}

// A renewal that fails says why.
func TestRenewFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		source := set(t, w.sources, app())
		first := w.must(source.Token(t.Context()))
		w.server.Apps[0].Secret = "another"
		var why *oauth.Error
		if _, err := source.Renew(t.Context(), first); !errors.As(err, &why) || why.Code != "AADSTS7000215" || why.Cause != oauth.CauseSecret {
			t.Errorf("%v", err)
		}
		if log := w.logged(); !strings.Contains(log, `level=ERROR msg="cannot renew the OAuth token"`) {
			t.Error(log)
		}
	})
}

// Set keeps the tokens of settings that are the same, tries again what has failed, and ends
// what is gone.
func TestSetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := app()
		first := w.must(set(t, w.sources, c).Token(t.Context()))
		if w.must(set(t, w.sources, c).Token(t.Context())) != first {
			t.Error("the token was fetched again")
		}
		c.ClientSecret.Value = "mistaken"
		source := set(t, w.sources, c)
		if _, err := source.Token(t.Context()); err == nil {
			t.Error("a token for a wrong secret")
		}
		n := len(w.server.Requests())
		w.server.Apps[0].Secret = "mistaken"
		source = set(t, w.sources, c)
		synctest.Wait()
		if w.must(source.Token(t.Context())); len(w.server.Requests()) != n+1 {
			t.Errorf("%d requests, before %d", len(w.server.Requests()), n)
		}
		for st := range w.sources.Status() {
			if st.Connector != "Out" || st.Err != nil || time.Until(st.Expires) != time.Hour || !st.Next.After(time.Now()) {
				t.Errorf("%+v", st)
			}
		}
		p := policy(t, "Other")
		if err := w.sources.Set(&oauth.Settings{Connectors: []oauth.Config{c}}, p); err != nil {
			t.Error(err)
		}
		for out := range p.Send() {
			if w.sources.For(out, param.MustParseSmartHost("smtp.office365.com")) != nil {
				t.Error("tokens of another connector")
			}
		}
		if _, err := source.Token(t.Context()); err != nil {
			t.Error("the token of a source that has ended is valid still")
		}
		if w.sources.Close(); w.sources.Set(nil, p) == nil {
			t.Error("set after Close")
		}
	})
}
