package delivery_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// tokens is a TokenSource whose next token is the one after the comma.
type tokens struct {
	mu      sync.Mutex
	now     string
	next    string // "": none
	renewed int
}

func (s *tokens) Token(context.Context) (auth.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == "" {
		return "", errors.New("log in with gateway oauth login")
	}
	return auth.Secret(s.now), nil
}

func (s *tokens) Renew(_ context.Context, refused auth.Secret) (auth.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewed++
	if s.now == refused.Reveal() {
		s.now = s.next
	}
	if s.now == "" {
		return "", errors.New("the client secret has expired")
	}
	return auth.Secret(s.now), nil
}

// TestTokens: a connector with OAuth logs on with its token; a refused token is renewed once, on
// one new connection; and without a token no host is called.
func TestTokens(t *testing.T) {
	trusted, _ := authority(t)
	certificate := issued(t, trusted, "smtp.example")
	for _, tc := range []struct {
		name         string
		source       *tokens // nil: none
		want         string
		user         string // that logs on
		renewed      int
		connections  int
		cause        string
		unverifiable bool // the host's certificate
	}{
		{name: "valid", source: &tokens{now: "good"}, want: "ok", user: "scan@contoso.com", connections: 1},
		{name: "renewed", source: &tokens{now: "old", next: "good"}, want: "ok", user: "scan@contoso.com", renewed: 1, connections: 2},
		{name: "refused again", source: &tokens{now: "old", next: "bad"}, want: "451 4.7.", renewed: 1, connections: 2, cause: "535 5.7.3"},
		{name: "not renewed", source: &tokens{now: "old"}, want: "451 4.7.", renewed: 1, connections: 1, cause: "the client secret has expired"},
		{name: "no token", source: &tokens{}, want: "451 4.7.", cause: "log in with gateway oauth login"},
		{name: "no source", want: "451 4.7.", cause: "has no tokens"},
		{name: "a host of another name", source: &tokens{now: "good"}, want: "451 4.7.", unverifiable: true, connections: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := toHosts("smtp.example")
			c.SmartHostAuthMechanism = auth.OAuth
			c.AuthenticationCredential = &param.Credential{UserName: "scan@contoso.com"}
			w := newWorld(t, c)
			w.dns.AddHost("smtp.example", addr("192.0.2.1"))
			if w.sender.RootCAs = trusted.Pool(); tc.unverifiable {
				w.sender.RootCAs = nil
			}
			w.sender.Tokens = func(out *connector.Outbound, _ param.SmartHost) delivery.TokenSource {
				if out.Name() != "out" || tc.source == nil {
					return nil
				}
				return tc.source
			}
			sink := w.sink("192.0.2.1:25", &relaytest.Sink{Certificate: &certificate,
				Tokens: func(user, token string) bool { return user == "scan@contoso.com" && token == "good" }})
			tx := w.begin(newEnvelope())
			err := tx.Rcpt(t.Context(), envelopeTo("b@fabrikam.com").To[0])
			if err == nil {
				_, err = tx.Deliver(t.Context(), strings.NewReader(letter))
			}
			tx.Close()
			expect(t, "reply", said(t, err), tc.want)
			messages := sink.Messages()
			if (len(messages) == 1) != (tc.want == "ok") || len(messages) == 1 && messages[0].User != tc.user {
				t.Errorf("arrived: %+v", messages)
			}
			if n := sink.Connections(); n != tc.connections || tc.source != nil && tc.source.renewed != tc.renewed {
				t.Errorf("%d connections, renewed %d times", n, tc.source.renewed)
			}
			var e *relay.Error
			if errors.As(err, &e) && !strings.Contains(e.Err.Error(), tc.cause) {
				t.Errorf("the cause is %v, want %s", e.Err, tc.cause)
			}
		})
	}
}
